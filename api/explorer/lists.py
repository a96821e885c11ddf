"""The list of any noun, with its filters, from the noun's declaration."""

from __future__ import annotations

from functools import partial
from typing import Any

import marshmallow as ma

from api.actors import ACTORS
from api.explorer.fields import FieldWriter
from api.explorer.pages import Context
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS, RESOURCES_BY_NAME
from api.positions import POSITIONS
from api.web import reading
from api.web.contract.parameters import ValidAtParameter
from api.web.queries import ListQuery, ListQuerySchema, make_query_schema

_ORDERS = {"actors": "id", "conflicts": "id", "issues": "id", "sources": "-published",
           "statements": "-attested_on", "proposals": "-made_on"}  # fmt: skip
"""The order of a list where it differs from the API's."""

_BY_HOLDER = next(each for each in POSITIONS.groupings if each.name == "holder")


class _PageQuerySchema(ListQuerySchema):
    """The query of a list as a page: it takes a day, for its links, also where none matters."""

    valid_at = ValidAtParameter()

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> ListQuery:
        if not self.noun.has_validity:
            data.pop("valid_at", None)
        return super().make_query(data)


def _make_schema(noun: Noun) -> ListQuerySchema:
    made = make_query_schema(noun, sort=_ORDERS.get(noun.name, ""))
    own = {"noun": noun, "default_sort": made.default_sort}
    return type(f"{noun.singular.title()}PageQuerySchema", (_PageQuerySchema, type(made)), own)()


LIST_SCHEMAS = {each.name: _make_schema(each) for each in NOUNS}


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


def _count_positions(reader: Reader, actors: list[Record]) -> dict[str, int]:
    """Count the positions that each actor holds."""
    given = {"holder": [each["id"] for each in actors]}
    groups = reader.count_groups(POSITIONS, given, [_BY_HOLDER]) if actors else []
    return {each.values[0]: each.count for each in groups}
