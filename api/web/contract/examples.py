"""The documentation's examples: records of the seed, and new ones that can be added to it.

Operations that read show records of the article of 2023, changeset 1 of the seed, rendered by the
functions that render stored records. Operations that write show the noun's own example
(`Resource.example`). So an example that is tried out on the seed gets the answer that is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from api import clock
from api.ledger.noun import Record
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.rendering import render_body, render_suffix
from api.package_data import SEEDS
from api.web.resource import Resource

_ARTICLE = SEEDS / "2023-03-31-kremlin-rules-out-truce"
_RECORDED_AT = clock.parse_instant("2026-01-01T12:00:00Z")


@dataclass(frozen=True)
class RecordLookup:
    """Looks up records by noun and id; it knows no texts."""

    records: Mapping[str, Mapping[str, Record]]

    def get(self, noun: str, id: str) -> Record | None:
        """Return a record, or None."""
        return self.records.get(noun, {}).get(id)

    def text(self, sha256: str) -> str | None:
        """Return None: no text is attached."""
        del sha256
        return None


@cache
def read_article() -> RecordLookup:
    """Read the records of the article as their author wrote them."""
    return RecordLookup({
        path.stem: {
            record["id"]: record for record in map(parse_bytes, path.read_bytes().splitlines())
        }
        for path in sorted(_ARTICLE.glob("*.ndjson"))
    })  # fmt: skip


def authored_example(resource: Resource) -> dict[str, Any]:
    """Return a record of the seed as its author wrote it."""
    return dict(read_article().records[resource.noun.name][resource.example_id])


def record_example(resource: Resource) -> dict[str, Any]:
    """Return the same record as the registry serves it."""
    return serve_example(resource, authored_example(resource), "seed", changeset=1)


def created_example(resource: Resource) -> dict[str, Any]:
    """Return the noun's new record as the answer to its creation serves it."""
    return serve_example(resource, resource.example, "analyst", changeset=3)


def page_example(resource: Resource) -> dict[str, Any]:
    """Return a page with the record of the seed."""
    return {"data": [record_example(resource)], "next": None}


def serve_example(
    resource: Resource, draft: Record, author: str, *, changeset: int
) -> dict[str, Any]:
    """Render a record as a changeset of the seed, or after it, would."""
    record = resource.load_draft(dict(draft))
    derived = resource.noun.derive(record, read_article())
    rendered = render_body(resource.noun, record, 1, derived)
    return parse_bytes(rendered + render_suffix(changeset, _RECORDED_AT, author))
