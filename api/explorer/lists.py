"""The list of any noun, with its filters, from the noun's declaration."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from api.actors import ACTORS
from api.explorer.fields import FieldWriter
from api.explorer.pages import Context
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS, RESOURCES_BY_NAME
from api.positions import POSITIONS
from api.web import reading
from api.web.queries import ListQuery, make_query_schema

_ORDERS = {"actors": "id", "conflicts": "id", "issues": "id", "sources": "-published",
           "statements": "-attested_on", "proposals": "-made_on"}  # fmt: skip
"""The order of a list where it differs from the API's."""

_BY_HOLDER = next(each for each in POSITIONS.groupings if each.name == "holder")


LIST_SCHEMAS = {
    each.name: make_query_schema(each, sort=_ORDERS.get(each.name, ""), for_page=True)
    for each in NOUNS
}


def build_list_page(noun: Noun, reader: Reader, query: ListQuery) -> Context:
    """Show a page of a noun's records."""
    found = reading.read_list(reader, noun, query)
    records = [parse_bytes(each) for each in found.whole_bodies]
    lookup = reader.open_lookup()
    write = FieldWriter(lookup)
    name_value, cursor_at = write.name_record, partial(query.next_cursor, reader.moment)
    return {
        "resource": RESOURCES_BY_NAME[noun.name],
        "query": query,
        "entries": [*zip(records, write.link_records(noun.name, records), strict=True)],
        "find_label": lookup.find_label,
        "counts": _count_positions(reader, records) if noun is ACTORS else {},
        "chosen": [(each, (each.noun and name_value(each.noun, value)) or value)
                   for each in noun.filters if isinstance(query.given.get(each.name), list)
                   for value in query.given[each.name]],
        "cursor_at": cursor_at,
        "next": cursor_at(found.after) if found.after else None,
    }  # fmt: skip


def _count_positions(reader: Reader, actors: Sequence[Record]) -> dict[str, int]:
    """Count the positions that each actor holds."""
    given = {"holder": [each["id"] for each in actors]}
    groups = reader.count_groups(POSITIONS, given, [_BY_HOLDER]) if actors else []
    return {each.values[0]: each.count for each in groups}
