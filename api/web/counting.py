"""`/v1/<noun>/counts`: how many records there are in each group, for charts.

The filters are those of the list; `by` names what is counted by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson
from flask import Response

from api.ledger import Asked
from api.ledger.noun import Grouping, Noun
from api.ledger.reading.reader import Reader
from api.vocabulary import CodeList
from api.web.auth import public
from api.web.contract.fields import Count, Listed, Many, Told
from api.web.contract.headers import ANSWERED
from api.web.contract.openapi import Blueprint, answers, try_with
from api.web.contract.parameters import ListParameter
from api.web.contract.schemas import StrictSchema
from api.web.formats import ENVELOPE, Format, read_format, with_formats
from api.web.queries import make_clock_fields, make_filter_fields, read_clocks, read_filters
from api.web.reading import answer_asked, refuse_unknown_ids
from api.web.resource import Resource
from api.web.rows import MEDIA_TYPES

TEXT = (
    "How many records fit the filters, counted by one or more of what they say: the largest groups "
    "first. A record with several issues counts once for each; one without any counts under null. "
    "Labels stand beside ids."
)


@dataclass(frozen=True, slots=True)
class CountsQuery:
    """A parsed question for counts: filters, clocks, groupings, format."""

    given: Mapping[str, Any]
    asked: Asked
    by: Sequence[Grouping]
    format: Format = ENVELOPE


class CountsQuerySchema(StrictSchema):
    """Makes a question of the parameters of counts; `_make_query_schema` adds the fields."""

    noun: Noun

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> CountsQuery:
        chosen = read_format(data)
        if "by" not in data:
            raise ma.ValidationError({"by": ["is required"]})
        of = {each.name: each for each in self.noun.groupings}
        by = tuple(of[name] for name in dict.fromkeys(data["by"]))
        return CountsQuery(read_filters(self.noun, data), read_clocks(self.noun, data), by, chosen)


def register_counts(blp: Blueprint, noun: Resource) -> None:
    """Add the counts of a noun to its blueprint."""
    url = f"/v1/{noun.name}/counts"

    @blp.route(url, methods=["GET"], endpoint="counts", formats=MEDIA_TYPES)
    @blp.describe(f"count{noun.name.title()}", f"Count {noun.name}", TEXT)
    @blp.arguments(_make_query_schema(noun), location="query")
    @blp.response(200, _answer_schema(noun)(), headers=ANSWERED)
    @try_with(by=[*noun.counted])
    @answers(304, 422)
    @public
    def count_records(query: CountsQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _answer_counts(noun, query)


def _make_query_schema(noun: Noun) -> CountsQuerySchema:
    groupings = CodeList("grouping", "By what records are counted.",
                         **{each.name: each.about for each in noun.groupings})  # fmt: skip
    about = "By what to count; several, separated by commas, count their combinations."
    fields = {
        "by": ListParameter(about, codes=groupings),
        **make_filter_fields(noun),
        **make_clock_fields(noun),
    }
    name = f"{noun.singular.title()}CountQuerySchema"
    schema = type(name, (CountsQuerySchema,), {**fields, "noun": noun})()
    return with_formats(schema, _column_names(noun.groupings))


def _column_names(by: Sequence[Grouping]) -> list[str]:
    names = [n for g in by for n in ((g.name, f"{g.name}_label") if g.noun else (g.name,))]
    return [*names, "count"]


def _answer_schema(noun: Noun) -> type[ma.Schema]:
    about = {each.name: each.about for each in noun.groupings}
    names = _column_names(noun.groupings)[:-1]
    told = {name: about.get(name, "what people call it") for name in names}
    fields: dict[str, Any] = {name: Told(text, allow_none=True) for name, text in told.items()}
    fields["count"] = Count("how many", required=True)
    group = type(f"{noun.singular.title()}GroupSchema", (StrictSchema,), fields)
    by = Many(Told("a grouping", required=True), "by what was counted", most=None, required=True)
    whole = {"by": by, "data": Listed(group, "the groups, the largest first")}
    return type(f"{noun.singular.title()}CountsSchema", (StrictSchema,), whole)


def _answer_counts(noun: Noun, query: CountsQuery) -> Response:
    def make_body(reader: Reader) -> bytes:
        found = _count_rows(reader, noun, query)
        if not query.format.is_table:
            return orjson.dumps({"by": [each.name for each in query.by], "data": found})
        # `columns` may name a grouping by which nothing was counted.
        nothing = dict.fromkeys(_column_names(noun.groupings))
        rows = [nothing | row for row in found]
        return query.format.write_table(_column_names(query.by), rows)

    return answer_asked(query.asked, make_body, query.format.media_type, heavy=True)


def _count_rows(reader: Reader, counted: Noun, query: CountsQuery) -> list[dict[str, Any]]:
    lookup = reader.open_lookup()
    groups = reader.count_groups(counted, query.given, [each.name for each in query.by])
    if not groups:
        refuse_unknown_ids(reader, counted, query.given)
    named = ((by.noun, id) for g in groups for by, id in zip(query.by, g.values, strict=True))
    lookup.prefetch((noun, id) for noun, id in named if noun and id is not None)
    found: list[dict[str, Any]] = []
    for group in groups:
        row: dict[str, Any] = {}
        for grouping, value in zip(query.by, group.values, strict=True):
            row[grouping.name] = value
            if grouping.noun is not None:
                row[f"{grouping.name}_label"] = lookup.find_label(grouping.noun, cast("Any", value))
        found.append({**row, "count": group.count})
    return found
