"""A precondition as one flat row, with labels and texts of the records that it names."""

from typing import Any

from api.evidence import rows as evidence
from api.ledger.noun import Lookup, Record
from api.web.cells import join_values


def make_row(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the flat row of a served precondition; `antecedents` `a&b|c` means a and b, or c."""
    alternatives: list[list[str]] = record["antecedents"]
    return {
        **evidence.make_leading_columns(record, lookup),
        "antecedents_kind": record["antecedents_kind"],
        "antecedents_text": evidence.write_alternatives(alternatives, lookup),
        "antecedents": join_values("&".join(each) for each in alternatives),
        "obligors": join_values(record["obligors"]),
        "consequents": join_values(record["consequents"]),
        "consequents_text": join_values(evidence.write_literals(record["consequents"], lookup)),
        **{
            name: record[name]
            for name in ("modality", "timing", "deadline", "scope", "exhaustive", "cue")
        },
        **evidence.make_evidence_columns("preconditions", record, lookup),
    }
