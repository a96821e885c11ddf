"""A position as one flat row, with labels and texts of the records that it names."""

from typing import Any

from api.evidence import rows as evidence
from api.ledger.noun import Lookup, Record
from api.ledger.rules import drop_repeats, named_records
from api.web.cells import join_values


def make_row(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the flat row of a served position."""
    proposition, issues = record["proposition"], record["issues"]
    issue = next(iter(issues), None)
    answered: Record = record["responds_to"] or {}
    return {
        **evidence.make_leading_columns(record, lookup),
        "force": record["force"],
        "negated": record["negated"],
        "proposition": proposition,
        "proposition_text": evidence.read_label(lookup, "propositions", proposition, "text"),
        "issue": issue,
        "issue_label": evidence.read_label(lookup, "issues", issue),
        "issues": join_values(issues),
        "under": join_values(record["under"]),
        "for_text": join_values(_describe_purposes(record, lookup)),
        "responds_to_proposal": answered.get("proposal"),
        "responds_to_component": answered.get("component"),
        **evidence.make_evidence_columns("positions", record, lookup),
    }


def _describe_purposes(record: Record, lookup: Lookup) -> list[str]:
    """Write the consequents of the preconditions under which it holds: what it is in return for."""
    conditions = named_records(record, lookup, "under", "preconditions")
    literals = drop_repeats(literal for each in conditions for literal in each["consequents"])
    return evidence.write_literals(literals, lookup)
