"""A position as one row of a table, usable as it stands."""

from typing import Any

from api.evidence.rows import closing_columns, flat, label, literal_texts
from api.ledger.noun import Lookup, Record
from api.ledger.rules import named, unique


def row(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Lay out a served position."""
    proposition, issues = record["proposition"], record["issues"]
    issue = next(iter(issues), None)
    answered: Record = record["responds_to"] or {}
    return {
        "id": record["id"],
        "conflict": record["conflict"],
        "conflict_label": label(lookup, "conflicts", record["conflict"]),
        "holder": record["holder"],
        "holder_label": label(lookup, "actors", record["holder"]),
        "force": record["force"],
        "negated": record["negated"],
        "proposition": proposition,
        "proposition_text": label(lookup, "propositions", proposition, "text"),
        "issue": issue,
        "issue_label": label(lookup, "issues", issue),
        "issues": flat(issues),
        "under": flat(record["under"]),
        "for_text": flat(_purposes(record, lookup)),
        "responds_to_proposal": answered.get("proposal"),
        "responds_to_component": answered.get("component"),
        **closing_columns("positions", record, lookup),
    }


def _purposes(record: Record, lookup: Lookup) -> list[str]:
    """Say what is to be had for it: the consequents of the preconditions it is under."""
    conditions = named(record, lookup, "under", "preconditions")
    literals = unique(literal for each in conditions for literal in each["consequents"])
    return literal_texts(literals, lookup)
