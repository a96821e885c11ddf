"""The revisions of a record, each with what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from api import clock
from api.explorer import words
from api.ledger.canonical import parse
from api.ledger.noun import Noun
from api.ledger.reader import Reader

Answer = dict[str, Any]

_MOST = 100


def revisions(reader: Reader, noun: Noun, id: str) -> list[Answer]:
    """Tell the revisions of a record, oldest first, each with what it changed."""
    told: list[Answer] = []
    before: Mapping[str, Any] = {}
    for row in reader.history(noun, id, limit=_MOST):
        body: Mapping[str, Any] = {} if row["tombstone"] else parse(row["body"])
        told.append({
            "number": row["number"],
            "changeset": row["changeset"],
            "recorded_at": clock.instant_text(row["recorded_at"]),
            "author": row["author"],
            "message": row["message"],
            "retracted": row["tombstone"],
            "changes": [] if not told or row["tombstone"] else [*_changes(noun, before, body)],
        })  # fmt: skip
        before = body
    return told


def _changes(
    noun: Noun, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield each field that differs, with its old and its new value as text."""
    for name in noun.fields:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield words.spaced(name), _as_text(old), _as_text(new)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
