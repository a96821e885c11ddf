"""The revisions of a record and the fields that each changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from api import clock
from api.analysis.engine.sentences import spell_out
from api.explorer.pages import Context
from api.ledger.noun import Noun
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes

_MAX_REVISIONS = 100


def list_revisions(reader: Reader, noun: Noun, id: str) -> list[Context]:
    """List the revisions of a record, oldest first, with the fields that each changed."""
    told: list[Context] = []
    before: Mapping[str, Any] = {}
    for row in reader.read_history(noun, id, limit=_MAX_REVISIONS):
        body: Mapping[str, Any] = {} if row["tombstone"] else parse_bytes(row["body"])
        is_amended = bool(told) and not row["tombstone"]
        told.append(
            {
                **{name: row[name] for name in ("number", "changeset", "author", "message")},
                "recorded_at": clock.format_instant(row["recorded_at"]),
                "retracted": row["tombstone"],
                "changes": [*list_changed_fields(noun, before, body)] if is_amended else [],
            }
        )
        before = body
    return told


def list_changed_fields(
    noun: Noun, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each field that differs, with its old and new value as text."""
    for name in noun.fields:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield spell_out(name), _format_value(old), _format_value(new)


def _format_value(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
