"""The list of any noun, with its filters, from the noun's declaration."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import marshmallow as ma

from api.actors import ACTORS
from api.explorer.fields import FieldWriter
from api.explorer.pages import Context
from api.ledger.noun import Kind, Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS, RESOURCES_BY_NAME
from api.positions import POSITIONS
from api.web import reading
from api.web.contract.parameters import ValidAtParameter
from api.web.queries import ListQuery, ListQuerySchema, make_query_schema

_ORDERS = {"actors": "id", "sources": "-published", "statements": "-attested_on",
           "proposals": "-made_on", "conflicts": "id", "issues": "id"}  # fmt: skip
"""The order of a list where it differs from the API's."""

_DATES = ("stated_on", "attested_on", "made_on", "published", "valid_from")
_LONGEST = 300
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


def build_list_page(reader: Reader, noun: Noun, query: ListQuery) -> Context:
    """Show a page of a noun's records."""
    found = reading.read_list(reader, noun, query)
    records = [parse_bytes(each) for each in found.whole_bodies]
    lookup = reader.open_lookup()
    write = FieldWriter(lookup)
    links = write.link_records(noun.name, records)
    counts = _count_positions(reader, records) if noun is ACTORS else {}
    return {
        "noun": noun.name,
        "order": LIST_SCHEMAS[noun.name].default_sort,
        "resource": RESOURCES_BY_NAME[noun.name],
        "entries": [
            {"text": text[:_LONGEST] + "…" * (len(text) > _LONGEST), "path": path,
             "count": counts.get(each["id"]), "kind": each.get("kind"),
             "on": next((each[name] for name in _DATES if each.get(name)), None),
             "conflict": each.get("conflict"),
             "conflict_label": lookup.find_label("conflicts", each.get("conflict"))}
            for each, (text, path) in zip(records, links, strict=True)
        ],
        "chosen": [*_list_chosen(write, noun, query)],
        "has_text": any(each.name == "text" for each in noun.filters),
        "letters": [*_list_letters(reader, query)] if query.sort == "id" else [],
        "next": query.next_cursor(reader.moment, found.after) if found.after else None,
    }  # fmt: skip


def _count_positions(reader: Reader, actors: list[Record]) -> dict[str, int]:
    """Count the positions that each actor holds."""
    given = {"holder": [each["id"] for each in actors]}
    groups = reader.count_groups(POSITIONS, given, [_BY_HOLDER]) if actors else []
    return {each.values[0]: each.count for each in groups}


def _list_chosen(write: FieldWriter, noun: Noun, query: ListQuery) -> Iterator[Context]:
    """Yield the filters in use: the parameter, what it asks, and the values in words."""
    for each in noun.filters:
        if each.name in query.given and each.kind is Kind.EQUAL:
            values = query.given[each.name]
            named = [write.name_record(each.noun, id) for id in values] if each.noun else values
            yield {"name": each.name, "about": each.about, "values": ", ".join(named)}


def _list_letters(reader: Reader, query: ListQuery) -> Iterator[tuple[str, str]]:
    """Yield each letter with the cursor at which the ids that begin with it begin."""
    for letter in string.ascii_lowercase:
        yield letter.upper(), query.next_cursor(reader.moment, (letter, 0))
