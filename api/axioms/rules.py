"""When an analyst's rule makes sense beside the records it names."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import same_conflict


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """All its propositions are of its conflict."""
    yield from same_conflict(record, lookup, "propositions[]", "propositions", record["conflict"])


def derive_fields(_record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Nothing follows that its author did not write."""
    return {}
