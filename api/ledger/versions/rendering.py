"""The served form of a record: rendered once, when its version is written.

The stored body is a JSON object without its last brace. The changeset's number, time and author
are known only when it ends; `render_suffix` renders them, and a read appends them to the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from api import clock
from api.ledger.noun import Noun, Record
from api.ledger.truth.canonical import parse_bytes


class ServedRecord(NamedTuple):
    """A record's bytes and the tag of its version; a tombstone has no bytes."""

    body: bytes
    tag: str


def render_body(noun: Noun, record: Record, number: int, derived: Mapping[str, Any]) -> bytes:
    """Render a revision with every field of its noun, without the changeset's suffix."""
    served: dict[str, Any] = dict(noun.fields)
    for facts in (derived, record):
        for name, value in facts.items():
            if name in served:
                served[name] = value
    url = f"/v1/{noun.name}/{record['id']}"
    served["revision"] = number
    served["links"] = {"self": url, "history": f"{url}/history", **_render_links(noun, served)}
    return orjson.dumps(served)[:-1]


def _render_links(noun: Noun, served: Record) -> dict[str, str]:
    found = ((link.name, link.build_address(served)) for link in noun.links)
    return {name: address for name, address in found if address is not None}


def parse_body(noun: Noun, whole: bytes) -> dict[str, Any]:
    """Parse a whole served record; a field that was added to the noun later is empty."""
    return {**noun.fields, **orjson.loads(whole)}


@lru_cache(maxsize=4096)
def render_suffix(changeset: int, recorded_at: int, author: str) -> bytes:
    """Render the suffix that the changeset adds to each of its records, with the last brace."""
    added = {
        "changeset": changeset,
        "recorded_at": clock.format_instant(recorded_at),
        "recorded_by": author,
    }
    return b"," + orjson.dumps(added)[1:]


def have_same_content(noun: Noun, old: bytes, new: bytes) -> bool:
    """Check that two rendered bodies differ only in empty fields, and in later fields and links.

    An older body lacks fields and links that were added to its noun later. It is not rendered again
    for these, because an answer that was given must stay as it was. A stored body that a shell has
    turned into text, or that is no JSON, never has the same content.
    """
    try:
        before, after = parse_bytes(old + b"}"), parse_bytes(new + b"}")
    except (TypeError, ValueError):
        return False
    for name in noun.later:
        if name not in before:
            after.pop(name, None)
    if before.get("links") == {name: after["links"][name] for name in _FIRST_LINKS}:
        after["links"] = before["links"]
    return _drop_empty(before) == _drop_empty(after)


_FIRST_LINKS = ("self", "history")
"""The links of bodies that were rendered before nouns declared links."""


def _drop_empty(served: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in served.items() if value is not None and value != []}
