"""When an actor makes sense beside the records it names."""

from collections.abc import Iterator
from typing import Any

from api import clock
from api.errors import Problem
from api.evidence.voice import wholes
from api.ledger.noun import Lookup, Record
from api.ledger.rules import cycle, fold, unique
from api.ledger.words import plain


def check(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Nothing is a part of itself; offices and memberships end after they begin."""
    yield from cycle(record, lookup, "actors", "part_of")
    for field in ("offices", "members"):
        for index, each in enumerate(record.get(field, ())):
            if _ends_too_early(each):
                yield Problem(f"/{field}/{index}/to", "must not lie before `from`")


def derive(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Its folded names, together and each, and every whole that it is a part of, however far up."""
    whole = record.get("part_of")
    return {
        "search": fold(*names(record)),
        "names": unique(each for name in names(record) if (each := plain([name]))),
        "wholes": wholes(whole, lookup) if whole else [],
    }


def names(record: Record) -> list[str]:
    """Give what it is called, the name that people call it by first: the search meets these."""
    return [record["name"], *record.get("aliases", ())]


def _ends_too_early(period: Record) -> bool:
    start, end = period.get("from"), period.get("to")
    if start is None or end is None:
        return False
    return clock.parse_edtf(start).earliest > clock.parse_edtf(end).latest
