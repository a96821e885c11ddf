"""Records in memory, which rules look up, and how tests put them there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.errors import Problem

DEFAULTS: dict[str, dict[str, Any]] = {
    "sources": {"title": "A report", "kind": "news_report", "language": "en", "text_public": False},
    "actors": {"name": "Norland", "kind": "state"},
    "conflicts": {"name": "The strait", "kind": "dispute"},
    "issues": {"name": "Passage", "conflict": "strait"},
    "propositions": {"text": "Ships pass freely.", "conflict": "strait"},
    "statements": {
        "source": "report", "start": 0, "end": 5, "attestation": "indirect", "gist": "They refuse.",
        "attested_on": "2024-03-05",
    },
    "positions": {
        "holder": "norland", "force": "demand", "proposition": "passage", "negated": False,
        "evidence": ["said"], "attestation": "indirect", "attested_on": "2024-03-05",
        "rank": "normal",
    },
    "preconditions": {
        "holder": "norland", "antecedents_kind": "stated", "antecedents": [["withdrawal"]],
        "consequents": ["passage"], "modality": "necessary", "evidence": ["said"],
        "attestation": "indirect", "attested_on": "2024-03-05", "rank": "normal",
    },
    "proposals": {
        "title": "The plan", "conflict": "strait", "proposers": ["kestria"],
        "components": [{"id": "a", "propositions": ["passage"]}],
    },
    "axioms": {
        "conflict": "strait", "author": "an analyst", "kind": "excludes",
        "propositions": ["passage", "withdrawal"],
    },
}  # fmt: skip


class World:
    """Records and texts in memory; a field given as None is left out."""

    searched = 0
    copied = 0

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.texts: dict[str, str] = {}

    def get(self, noun: str, id: str) -> dict[str, Any] | None:
        return self.records.get((noun, id))

    def text(self, sha256: str) -> str | None:
        return self.texts.get(sha256)

    def put_record(self, noun: str, id: str, **fields: Any) -> dict[str, Any]:
        merged = {**DEFAULTS[noun], "id": id, **fields}
        record = {name: value for name, value in merged.items() if value is not None}
        self.records[noun, id] = record
        return record

    def attach_text(self, text: str) -> str:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.texts[sha256] = text
        return sha256


def make_small_world() -> World:
    """Make a dispute about a strait, with another conflict beside it."""
    world = World()
    for actor in ("norland", "sudmark", "kestria"):
        world.put_record("actors", actor, name=actor.title())
    world.put_record("conflicts", "strait")
    world.put_record("conflicts", "elsewhere", name="Elsewhere")
    world.put_record("issues", "transit", name="Transit")
    world.put_record("issues", "patrols", name="Patrols")
    world.put_record("propositions", "passage", issues=["transit"])
    world.put_record(
        "propositions", "withdrawal", text="Patrols withdraw.", issues=["patrols"], by=["sudmark"]
    )
    world.put_record("propositions", "far-away", text="It rains.", conflict="elsewhere")
    world.put_record("sources", "report")
    world.put_record("statements", "said")
    return world


def list_problems(found: Iterable[Problem]) -> list[str]:
    """Return the pointers of the problems that are no warnings."""
    return [each.pointer for each in found if not each.warning]


def list_warnings(found: Iterable[Problem]) -> list[str]:
    """Return the pointers of the warnings."""
    return [each.pointer for each in found if each.warning]
