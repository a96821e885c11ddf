"""The fields of any record in words, as the schema of its noun declares them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import marshmallow as ma

from api.analysis.engine.days import format_day
from api.analysis.engine.model import atom_of
from api.analysis.engine.sentences import Sentences, spell_out
from api.explorer import words
from api.feeds.atom import describe_record
from api.ledger.noun import Record
from api.ledger.versions.lookup import AsOfLookup
from api.nouns import NOUNS_BY_NAME
from api.vocabulary import END_REASON
from api.web.contract.fields import Code, Day, Edtf, Flag, Literal, Many, Part, Ref, Url

Fields = Mapping[str, "ma.fields.Field[Any]"]

Piece = tuple[str, str | None]
"""A text, and the path of the page about it."""

Fact = tuple[str, Sequence[Sequence[Piece]]]
"""The name of a field and its values, each in pieces."""

_ELSEWHERE = frozenset({
    "id", "note", "doubts", "links", "revision", "changeset", "recorded_at", "recorded_by",
    "warnings", "expanded", "derived", "quotes", "proposition_text", "antecedents_text",
    "consequents_text", "valid_from", "valid_to", "end_reason", "attested_on", "last_attested_on",
    "text_sha256", "text_length", "wholes", "components", "evidence", "kind", "text_public",
})  # fmt: skip
"""Fields that a page shows in another place, or that are for programs."""

_EMPTY: tuple[Any, ...] = (None, False, "normal", [], {})
"""Values that say no more than that nothing was said."""


class FieldWriter:
    """Writes the fields of records as names and values with links."""

    def __init__(self, lookup: AsOfLookup) -> None:
        self._lookup, self.say = lookup, Sentences(lookup)

    def name_record(self, noun: str, id: str) -> str:
        """Name the record with an id."""
        record = self._lookup.get(noun, id)
        return id if record is None else self.describe_record(noun, record)

    def describe_record(self, noun: str, record: Record) -> str:
        """Call a record by its name or title, or say what it says."""
        label = NOUNS_BY_NAME[noun].label
        is_told = label in ("id", "gist")
        return describe_record(noun, record, self._lookup) if is_told else record[label]

    def link_records(self, noun: str, records: Sequence[Record]) -> list[Piece]:
        """Describe records of a noun, each with the path of its page."""
        self._lookup.prefetch_referenced((noun, each) for each in records)
        return [(self.describe_record(noun, each), f"/{noun}/{each['id']}") for each in records]

    def list_facts(self, noun: str, record: Record) -> Iterator[Fact]:
        """Yield the fields of a record that say something, in the order of its schema."""
        resource = NOUNS_BY_NAME[noun]
        hidden = {*_ELSEWHERE, resource.label}
        if record.get("antecedents_kind") in ("none", "unspecified"):
            hidden.add("modality")
        for name, field in cast("Any", resource.record_schema).fields.items():
            if name not in hidden and (record.get(name) not in _EMPTY or name == "exhaustive"):
                yield name, [*self._describe_value(field, record[name])]
        if record.get("valid_from") or record.get("valid_to") or "last_attested_on" in record:
            yield "in_force", [[(_describe_period(record), None)]]

    def _describe_value(self, field: ma.fields.Field[Any], value: Any) -> Iterator[list[Piece]]:
        """Yield each value in pieces; a list within a list is one value."""
        if isinstance(field, Many):
            inner: Any = cast("Any", field).inner
            for each in value:
                entries = [*self._describe_value(inner, each)]
                yield from [_join(entries, " and ")] if isinstance(inner, Many) else entries
        elif isinstance(field, Part):
            yield _join(self._describe_parts(cast("Any", field).schema.fields, value), ", ")
        elif value is not None:
            yield [self._describe_scalar(field, value)]

    def _describe_parts(self, fields: Fields, value: Record) -> Iterator[list[Piece]]:
        """Yield each field of an object in pieces; all but the first with their names."""
        first, *_ = fields
        for name, each in fields.items():
            if (inner := value.get(each.data_key or name)) not in _EMPTY:
                named = [] if name == first else [(f"{spell_out(each.data_key or name)} ", None)]
                yield [*named, *_join(self._describe_value(each, inner), " and ")]

    def _describe_scalar(self, field: ma.fields.Field[Any], value: Any) -> Piece:
        match field:
            case Literal():
                return self.say.name_literal(value), f"/propositions/{atom_of(value)}"
            case Ref():
                return self.name_record(field.noun, value), f"/{field.noun}/{value}"
            case Code():
                means = field.codes.values[value].partition(" (")[0]
                return words.VOICES.get(value, f"{spell_out(value)}: {means}"), None
            case Url():
                return value, value
            case Flag():
                return "yes" if value else "no", None
            case _:
                return format_day(value) if isinstance(field, Day | Edtf) else str(value), None


def _describe_period(record: Record) -> str:
    start, end, attested = (record.get(each) for each in ("valid_from", "valid_to", "attested_on"))
    counted = f", counted from {format_day(attested)}" if attested else ""
    since = f"since {format_day(start)}" if start else f"no beginning recorded{counted}"
    if not end:
        last = record.get("last_attested_on")
        return f"{since}; no end recorded{f'; attested last on {format_day(last)}' if last else ''}"
    why = END_REASON.values[record["end_reason"]] if record.get("end_reason") else ""
    return f"{since}; until {format_day(end)}{f' ({why})' if why else ''}"


def _join(entries: Iterable[list[Piece]], between: str) -> list[Piece]:
    """Join entries to one, with a text between them."""
    joined: list[Piece] = []
    for entry in entries:
        joined += [(between, None), *entry] if joined else entry
    return joined
