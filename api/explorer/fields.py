"""The fields of any record in words, as the schema of its noun declares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import marshmallow as ma

from api.analysis.engine.days import format_day
from api.analysis.engine.model import atom_of
from api.analysis.engine.sentences import Sentences, spell_out
from api.explorer import words
from api.feeds.atom import describe_record
from api.ledger.noun import Record
from api.ledger.versions.lookup import AsOfLookup
from api.nouns import RESOURCES_BY_NAME
from api.vocabulary import END_REASON
from api.web.contract.fields import Code, Day, Edtf, Flag, Literal, Many, Part, Ref, Url

Piece = tuple[str, str | None]
"""A text, and the path of the page about it."""

Fact = tuple[str, Sequence[Sequence[Piece]]]
"""A term and its values, each in pieces."""

_ELSEWHERE = frozenset({
    "id", "note", "doubts", "links", "revision", "changeset", "recorded_at", "recorded_by",
    "warnings", "expanded", "derived", "quotes", "proposition_text", "antecedents_text",
    "consequents_text", "valid_from", "valid_to", "end_reason", "attested_on", "last_attested_on",
    "text_sha256", "text_length", "exact_sha256", "start", "end", "wholes", "components",
})  # fmt: skip
"""Fields that a page shows in another place, or that are for programs."""

_EMPTY = (None, False, "normal", [], {})
"""Values that say no more than that nothing was said."""


class FieldWriter:
    """Writes the fields of records as terms and values with links."""

    def __init__(self, lookup: AsOfLookup) -> None:
        self._lookup, self.say = lookup, Sentences(lookup)

    def name_record(self, noun: str, id: str) -> str:
        """Name the record with an id."""
        record = self._lookup.get(noun, id)
        return id if record is None else self.describe_record(noun, record)

    def describe_record(self, noun: str, record: Record) -> str:
        """Call a record by its name or title, or say what it says."""
        label = RESOURCES_BY_NAME[noun].noun.label
        if label not in ("id", "gist"):
            return record[label]
        return describe_record(noun, record, self._lookup)

    def link_records(self, noun: str, records: Sequence[Record]) -> list[Piece]:
        """Describe records of a noun, each with the path of its page."""
        self._lookup.prefetch_referenced((noun, each) for each in records)
        return [(self.describe_record(noun, each), f"/{noun}/{each['id']}") for each in records]

    def list_facts(self, noun: str, record: Record) -> Iterator[Fact]:
        """Yield the fields of a record that have a value, in the order of its schema."""
        resource = RESOURCES_BY_NAME[noun]
        if noun == "statements":
            return
        for name, field in resource.record_schema.fields.items():
            key = field.data_key or name
            if key not in {*_ELSEWHERE, resource.noun.label} and self._is_said(key, record):
                values = [*self._describe_value(key, field, record[key])]
                yield words.TERMS.get(key, spell_out(key).capitalize()), values
        if period := describe_period(record):
            yield "In force", [[(period, None)]]

    def _is_said(self, key: str, record: Record) -> bool:
        if key == "modality" and record["antecedents_kind"] != "stated":
            return False
        return record.get(key) not in _EMPTY or (key == "exhaustive" and record[key] is False)

    def _describe_value(
        self, key: str, field: ma.fields.Field[Any], value: Any
    ) -> Iterator[list[Piece]]:
        """Yield each value in pieces; what belongs together in a list of lists is one value."""
        if isinstance(field, Many):
            for each in value:
                entries = [*self._describe_value(key, field.inner, each)]
                yield from [_join(entries, " and ")] if isinstance(field.inner, Many) else entries
        elif isinstance(field, Part):
            yield _join([*self._describe_part(field, value)], ", ")
        else:
            yield [self._describe_scalar(key, field, value)]

    def _describe_part(self, field: Part, value: Record) -> Iterator[list[Piece]]:
        """Yield each field of an object in pieces; all but the first with their names."""
        is_first = True
        for name, each in field.schema.fields.items():
            key = each.data_key or name
            if (inner := value.get(key)) not in _EMPTY:
                entry = _join([*self._describe_value(key, each, inner)], " and ")
                yield entry if is_first else [(f"{spell_out(key)} ", None), *entry]
                is_first = False

    def _describe_scalar(self, key: str, field: ma.fields.Field[Any], value: Any) -> Piece:
        match field:
            case Literal():
                return self.say.name_literal(value), f"/propositions/{atom_of(value)}"
            case Ref():
                return self.name_record(field.noun, value), f"/{field.noun}/{value}"
            case Url():
                return value, value
            case _:
                return _describe_plain(key, field, value), None


def _describe_plain(key: str, field: ma.fields.Field[Any], value: Any) -> str:
    match field:
        case Code() if key == "voice":
            return words.VOICES[value]
        case Code():
            return f"{spell_out(value)}: {field.codes.values[value].partition(' (')[0]}"
        case Day() | Edtf():
            return format_day(value)
        case Flag():
            return words.FLAGS.get((key, value), "yes" if value else "no")
        case _:
            return str(value)


def describe_period(record: Mapping[str, Any]) -> str | None:
    """Say since when and until when a record holds; None for one without a period."""
    start, end, attested = (record.get(each) for each in ("valid_from", "valid_to", "attested_on"))
    if not (start or end or "last_attested_on" in record):
        return None
    counted = f", counted from {format_day(attested)}" if attested else ""
    since = f"since {format_day(start)}" if start else f"no beginning recorded{counted}"
    if not end:
        last = record.get("last_attested_on")
        until = f"no end recorded{f'; attested last on {format_day(last)}' if last else ''}"
        return f"{since}; {until}"
    why = END_REASON.values[record["end_reason"]] if record.get("end_reason") else ""
    return f"{since}; until {format_day(end)}{f' ({why})' if why else ''}"


def _join(entries: Sequence[list[Piece]], between: str) -> list[Piece]:
    """Join entries to one, with a text between them."""
    joined: list[Piece] = []
    for entry in entries:
        joined += [(between, None), *entry] if joined else entry
    return joined
