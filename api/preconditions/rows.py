"""A precondition as one row of a table, usable as it stands."""

from typing import Any

from api.evidence.rows import (
    write_alternatives,
    make_evidence_columns,
    join_values,
    read_label,
    write_literals,
)
from api.ledger.noun import Lookup, Record


def make_row(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Lay out a served precondition; `antecedents` as `a&b|c`: a and b, or c."""
    alternatives: list[list[str]] = record["antecedents"]
    return {
        "id": record["id"],
        "conflict": record["conflict"],
        "conflict_label": read_label(lookup, "conflicts", record["conflict"]),
        "holder": record["holder"],
        "holder_label": read_label(lookup, "actors", record["holder"]),
        "antecedents_kind": record["antecedents_kind"],
        "antecedents_text": write_alternatives(alternatives, lookup),
        "antecedents": join_values("&".join(each) for each in alternatives),
        "obligors": join_values(record["obligors"]),
        "consequents": join_values(record["consequents"]),
        "consequents_text": join_values(write_literals(record["consequents"], lookup)),
        **{
            name: record[name]
            for name in ("modality", "timing", "deadline", "scope", "exhaustive", "cue")
        },
        **make_evidence_columns("preconditions", record, lookup),
    }
