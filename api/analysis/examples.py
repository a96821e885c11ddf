"""The documentation's examples: real answers, worked out from the seed's article of 2023.

They are made by the same functions as every answer, from that article's records alone, when the
contract is asked for; so they cannot grow old, and cost nobody else anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.analysis.choices import Choices
from api.analysis.deadlock import deadlock
from api.analysis.scene import Scene
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.render import opening
from api.nouns import RESOURCES
from api.package_data import SEEDS
from api.web.resource import Resource

ARTICLE = SEEDS / "2023-03-31-kremlin-rules-out-truce"
CONFLICT = "war-in-ukraine"


@dataclass(frozen=True)
class _World:
    """Looks records up in a folder of NDJSON files."""

    records: dict[str, dict[str, Record]]

    def get(self, noun: str, id: str) -> Record | None:
        return self.records.get(noun, {}).get(id)

    def text(self, sha256: str) -> str | None:
        del sha256
        return None

    def label(self, noun: str, id: str | None) -> str | None:
        record = self.get(noun, id) if id else None
        field = next(each.noun.label for each in RESOURCES if each.noun.name == noun)
        return id if record is None else record.get(field) or id


@lru_cache
def seed() -> _World | None:
    """Read the seed as it is served; None where it is not installed."""
    if not ARTICLE.is_dir():
        return None
    drafts = _World({
        path.stem: {
            record["id"]: record for record in map(parse, path.read_bytes().splitlines())
        }
        for path in sorted(ARTICLE.glob("*.ndjson"))
    })  # fmt: skip
    return _World({each.noun.name: _served(each, drafts) for each in RESOURCES})


def _served(resource: Resource, drafts: _World) -> dict[str, Record]:
    noun = resource.noun
    return {
        id: parse(opening(noun, record, 1, noun.derive(record, drafts)) + b"}")
        for id, record in drafts.records.get(noun.name, {}).items()
    }


def seed_scene() -> Scene | None:
    """Give the seed's conflict, with all its records in force."""
    world = seed()
    if world is None:
        return None
    positions, preconditions, axioms = (
        list(world.records[noun].values()) for noun in ("positions", "preconditions", "axioms")
    )
    conflict = world.records["conflicts"][CONFLICT]
    return Scene(conflict, positions, preconditions, axioms, world)


def seed_deadlock() -> dict[str, Any] | None:
    """Answer what stands in the way of peace; None where the seed is not installed."""
    scene = seed_scene()
    if scene is None:
        return None
    return deadlock(scene, Choices(goals=("peace",)), seconds=10).answer
