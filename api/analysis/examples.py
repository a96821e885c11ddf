"""The documentation's examples: real answers, worked out from the seed's article of 2023.

They are made by the same functions as every answer, from that article's records alone, when the
contract is asked for; so they cannot grow old, and cost nobody else anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices, Scene
from api.nouns import RESOURCES
from api.web.contract.document import RecordLookup, read_article, serve_example

CONFLICT = "war-in-ukraine"
_LABELS = {each.noun.name: each.noun.label for each in RESOURCES}


@dataclass
class _ServedLookup(RecordLookup):
    """Looks up records of the article as they are served."""

    def find_label(self, noun: str, id: str | None) -> str | None:
        record = self.get(noun, id) if id else None
        return id if record is None else record.get(_LABELS[noun]) or id


@cache
def load_seed_scene() -> Scene:
    """Return the seed's conflict, with all records of the article in force."""
    authored = read_article().records
    served = _ServedLookup({
        resource.noun.name: {
            id: serve_example(resource, record, "seed", changeset=1)
            for id, record in authored[resource.noun.name].items()
        }
        for resource in RESOURCES
    })  # fmt: skip
    of = {noun: list(records.values()) for noun, records in served.records.items()}
    conflict = served.records["conflicts"][CONFLICT]
    return Scene(conflict, of["positions"], of["preconditions"], of["axioms"], served)


def work_out_seed_deadlock() -> dict[str, Any]:
    """Answer what stands in the way of peace."""
    worked = work_out_deadlock(load_seed_scene(), Choices(goals=("peace",)), seconds=10)
    return asdict(worked.answer)
