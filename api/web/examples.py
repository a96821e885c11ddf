"""The documentation's examples: records of the invented world in `fixtures/`.

The tests use the same files, so an example that no longer fits breaks a test. A record example is
rendered by the same functions that render stored records.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from api import clock
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.render import closing, opening
from api.package_data import FIXTURES
from api.web.resource import Resource

_RECORDED_AT = clock.instant("2026-01-01T12:00:00Z")


@lru_cache
def world() -> dict[str, dict[str, Record]]:
    """Read the invented world: records by noun and id; empty where it is not installed."""
    return {
        path.stem: {
            record["id"]: record
            for line in path.read_bytes().splitlines()
            if (record := parse(line))
        }
        for path in sorted(FIXTURES.glob("*.ndjson"))
    }


class _World:
    """Looks records of the invented world up."""

    def get(self, noun: str, id: str) -> Record | None:
        return world().get(noun, {}).get(id)

    def text(self, sha256: str) -> str | None:
        del sha256
        return None


def draft_example(resource: Resource) -> dict[str, Any] | None:
    """Give a record as an author writes it."""
    return next((dict(r) for r in world().get(resource.noun.name, {}).values()), None)


def record_example(resource: Resource) -> dict[str, Any] | None:
    """Give the same record as the registry serves it."""
    draft = draft_example(resource)
    if draft is None:
        return None
    record = resource.load(draft)
    rendered = opening(resource.noun, record, 1, resource.noun.derive(record, _World()))
    return parse(rendered + closing(1, _RECORDED_AT, "analyst"))


def page_example(resource: Resource) -> dict[str, Any] | None:
    """Give a page with that record."""
    record = record_example(resource)
    return None if record is None else {"data": [record], "next": None}
