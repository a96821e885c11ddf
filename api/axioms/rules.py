"""The rules for axioms: what is refused."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import check_same_conflict


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse an axiom with a proposition of another conflict."""
    yield from check_same_conflict(
        record, lookup, "propositions[]", "propositions", record["conflict"]
    )


def derive_fields(_record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return nothing: an axiom has no derived fields."""
    return {}
