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


class Served(NamedTuple):
    """A record's bytes and the tag of its version; a tombstone has no bytes."""

    body: bytes
    tag: str


def opening(noun: Noun, record: Record, number: int, derived: Mapping[str, Any]) -> bytes:
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
    found = ((link.name, link.address(served)) for link in noun.links)
    return {name: address for name, address in found if address is not None}


def reopened(noun: Noun, whole: bytes) -> dict[str, Any]:
    """Parse a whole served record; a field that was added to the noun later is empty."""
    return {**noun.fields, **orjson.loads(whole)}


@lru_cache(maxsize=4096)
def closing(changeset: int, recorded_at: int, author: str) -> bytes:
    """Render the suffix that the changeset adds to each of its records, with the last brace."""
    added = {
        "changeset": changeset,
        "recorded_at": clock.format_instant(recorded_at),
        "recorded_by": author,
    }
    return b"," + orjson.dumps(added)[1:]
