"""`/v1/<noun>/counts`: how many records there are of what, for charts.

The filters are those of the list; `by` names what is counted by. The same as flat rows, for
dashboards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson
from flask import Response

from api.ledger import Asked
from api.ledger.noun import Grouping, Noun
from api.ledger.reader import Reader
from api.vocabulary import CodeList
from api.web import reading
from api.web import rows as flat
from api.web.auth import public
from api.web.fields import Count, Many, Part, Told
from api.web.openapi import Blueprint, answers
from api.web.parameters import ListParameter
from api.web.queries import (
    OF_ROWS,
    asked_of,
    clock_fields,
    filter_fields,
    given_of,
    table_parameters,
)
from api.web.resource import Resource
from api.web.routes import ANSWERED
from api.web.schemas import StrictSchema
from api.web.state import ledger

TEXT = (
    "How many records fit the filters, counted by one or more of what they say: the largest groups "
    "first. A record with several issues counts once for each; one without any counts under null. "
    "Labels stand beside ids."
)


@dataclass(frozen=True, slots=True)
class CountsQuery:
    """What is counted, by what, and how it is shown."""

    given: Mapping[str, Any]
    asked: Asked
    by: Sequence[Grouping]
    columns: tuple[str, ...] | None = None
    excel: bool = False


class CountsQuerySchema(StrictSchema):
    """What turns the parameters of counts into a question; `_query` adds the fields."""

    noun: Noun
    of_rows = OF_ROWS

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> CountsQuery:
        """Give the parsed question."""
        if "by" not in data:
            raise ma.ValidationError({"by": ["is required"]})
        of = {each.name: each for each in self.noun.groupings}
        by = tuple(of[name] for name in dict.fromkeys(data["by"]))
        return CountsQuery(
            given=given_of(self.noun, data),
            asked=asked_of(self.noun, data),
            by=by,
            columns=data.get("columns"),
            excel=data.get("excel") == "1",
        )


def register(blp: Blueprint, resource: Resource) -> None:
    """Add the counts of a noun to its blueprint."""
    noun = resource.noun
    title, url = noun.singular.title(), f"/v1/{noun.name}/counts"

    @blp.route(url, methods=["GET"], endpoint="counts")
    @blp.describe(f"count{noun.name.title()}", f"Count {noun.name}", TEXT)
    @blp.arguments(_query(noun), location="query")
    @blp.response(200, _answer_schema(noun)(), headers=ANSWERED)
    @answers(304, 422)
    @public
    def counts(query: CountsQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _answer(noun, query, None)

    @blp.route(f"{url}.<any(json, csv, ndjson):form>", methods=["GET"], endpoint="count_rows")
    @blp.describe(f"list{title}CountRows", f"Count {noun.name}, as flat rows", TEXT)
    @blp.arguments(_query(noun, flat=True), location="query")
    @blp.rows(_columns(noun.groupings))
    @answers(304, 404, 416, 422)
    @public
    def count_rows(query: CountsQuery, form: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _answer(noun, query, form)


def _query(noun: Noun, *, flat: bool = False) -> CountsQuerySchema:
    groupings = CodeList("grouping", "By what records are counted.",
                         {each.name: each.about for each in noun.groupings})  # fmt: skip
    about = "By what to count; several, separated by commas, count their combinations."
    fields = {
        "by": ListParameter(about, codes=groupings),
        **filter_fields(noun),
        **clock_fields(noun),
        **(table_parameters(_columns(noun.groupings)) if flat else {}),
    }
    name = f"{noun.singular.title()}Count{'Row' if flat else ''}QuerySchema"
    return type(name, (CountsQuerySchema,), {**fields, "noun": noun})()


def _columns(by: Sequence[Grouping]) -> list[str]:
    names = [n for g in by for n in ((g.name, f"{g.name}_label") if g.noun else (g.name,))]
    return [*names, "count"]


def _answer_schema(noun: Noun) -> type[ma.Schema]:
    about = {each.name: each.about for each in noun.groupings}
    fields: dict[str, Any] = {
        name: Told(about.get(name, "what people call it"), allow_none=True)
        for name in _columns(noun.groupings)[:-1]
    }
    fields |= {"count": Count("how many", required=True), "__doc__": "A group and its size."}
    group = type(f"{noun.singular.title()}GroupSchema", (StrictSchema,), fields)
    whole = {
        "by": Many(Told("a grouping", required=True), "by what was counted", most=None,
                   required=True),
        "data": Many(Part(group, required=True), "the groups, the largest first", most=None,
                     required=True),
        "__doc__": f"Counts of {noun.name}.",
    }  # fmt: skip
    return type(f"{noun.singular.title()}CountsSchema", (StrictSchema,), whole)


def _answer(noun: Noun, query: CountsQuery, form: str | None) -> Response:
    with ledger().reading(query.asked) as reader:

        def body() -> bytes:
            found = _rows(reader, noun, query)
            if form is None:
                return orjson.dumps({"by": [each.name for each in query.by], "data": found})
            names = query.columns or _columns(query.by)
            known = [{name: row.get(name) for name in names} for row in found]
            return flat.table(names, known, form, excel=query.excel)

        media_type = reading.JSON if form is None else flat.MEDIA_TYPES[form]
        return reading.computed(reader.moment, body, media_type, pinned=query.asked.is_pinned)


def _rows(reader: Reader, noun: Noun, query: CountsQuery) -> list[dict[str, Any]]:
    lookup = reader.lookup()
    groups = reader.counts(noun, query.given, query.by)
    named = [(place, grouping.noun) for place, grouping in enumerate(query.by) if grouping.noun]
    lookup.prefetch((to, g.values[place]) for g in groups for place, to in named
                    if g.values[place] is not None)  # fmt: skip
    found: list[dict[str, Any]] = []
    for group in groups:
        row: dict[str, Any] = {}
        for grouping, value in zip(query.by, group.values, strict=True):
            row[grouping.name] = value
            if grouping.noun is not None:
                row[f"{grouping.name}_label"] = lookup.label(grouping.noun, cast("Any", value))
        found.append({**row, "count": group.count})
    return found
