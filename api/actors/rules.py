"""The rules for actors: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api import clock
from api.errors import Problem
from api.evidence.rules import check_copies, list_wholes
from api.ledger.noun import Lookup, Record
from api.ledger.rules import check_cycle, drop_repeats, fold_text
from api.ledger.words import join_words


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse an actor that is a part of itself, and offices and memberships that end too early."""
    yield from check_cycle(record, lookup, "actors", "part_of")
    yield from check_copies("/part_of", _list_wholes(record, lookup), lookup)
    for field in ("offices", "members"):
        for index, each in enumerate(record.get(field, ())):
            if _ends_too_early(each):
                yield Problem(f"/{field}/{index}/to", "must not be before `from`")


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return its folded names, together and singly, and every actor that it is a part of."""
    return {
        "search": fold_text(*list_names(record)),
        "names": drop_repeats(each for name in list_names(record) if (each := join_words([name]))),
        "wholes": _list_wholes(record, lookup),
    }


def _list_wholes(record: Record, lookup: Lookup) -> list[str]:
    return list_wholes(record["part_of"], lookup) if "part_of" in record else []


def list_names(record: Record) -> list[str]:
    """List its name and its aliases, for the search, suggestions and likenesses alike."""
    return [record["name"], *record.get("aliases", ())]


def map_identities(record: Record) -> dict[str, str]:
    """Return its code and its item, which no two actors share."""
    return {name: each for name in ("iso3166", "wikidata") if (each := record.get(name))}


def _ends_too_early(period: Record) -> bool:
    start, end = period.get("from"), period.get("to")
    known = start is not None and end is not None
    return known and clock.parse_edtf(start).earliest > clock.parse_edtf(end).latest
