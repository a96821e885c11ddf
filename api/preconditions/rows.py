"""A precondition as one row of a table, usable as it stands."""

from typing import Any

from api.evidence.rows import alternatives_text, closing_columns, flat, label, literal_texts
from api.ledger.noun import Lookup, Record


def row(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Lay out a served precondition; `antecedents` as `a&b|c`: a and b, or c."""
    alternatives: list[list[str]] = record["antecedents"]
    return {
        "id": record["id"],
        "conflict": record["conflict"],
        "conflict_label": label(lookup, "conflicts", record["conflict"]),
        "holder": record["holder"],
        "holder_label": label(lookup, "actors", record["holder"]),
        "antecedents_kind": record["antecedents_kind"],
        "antecedents_text": alternatives_text(alternatives, lookup),
        "antecedents": flat("&".join(each) for each in alternatives),
        "obligors": flat(record["obligors"]),
        "consequents": flat(record["consequents"]),
        "consequents_text": flat(literal_texts(record["consequents"], lookup)),
        **{
            name: record[name]
            for name in ("modality", "timing", "deadline", "scope", "exhaustive", "cue")
        },
        **closing_columns("preconditions", record, lookup),
    }
