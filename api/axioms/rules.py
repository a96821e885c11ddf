"""The rules for axioms: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import bound_validity, check_period, check_same_conflict, named_records


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse propositions of another conflict and a wrong period; warn of a fact unproven."""
    yield from check_same_conflict(
        record, lookup, "propositions[]", "propositions", record["conflict"]
    )
    yield from check_period(_date_by_evidence(record, lookup))
    if record["kind"] == "fact" and "evidence" not in record:
        detail = "was left out, so nothing shows that it came about; name statements that do"
        yield Problem("/evidence", detail, warning=True)


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the bounds of its period; a rule that is no fact counts on every day."""
    return {**bound_validity(_date_by_evidence(record, lookup))}


def _date_by_evidence(record: Record, lookup: Lookup) -> Record:
    """Add the day of the first statement, which stands for an unknown `valid_from`."""
    days = [each["attested_on"] for each in named_records(record, lookup, "evidence", "statements")]
    return {**record, "attested_on": days[0]} if days else record
