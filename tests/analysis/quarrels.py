"""Small conflicts, written as briefly as their deadlocks are worked out by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices, Scene
from api.nouns import NOUNS

FIELDS = {noun.name: noun.fields for noun in NOUNS}
LABELS = {noun.name: noun.label for noun in NOUNS}


class Quarrel:
    """A conflict `quarrel` between the parties `ardo` and `belm`, with `cors` looking on."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.met: list[dict[str, Any]] = []
        self.day: str | None = None
        for actor in ("ardo", "belm", "cors"):
            self.put("actors", actor, name=actor.title(), kind="state")
        parties = [("ardo", "party"), ("belm", "party"), ("cors", "mediator")]
        self.put("conflicts", "quarrel", parties=[{"actor": a, "status": s} for a, s in parties])

    def put(self, noun: str, id: str, **fields: Any) -> None:
        self.records[noun, id] = {**FIELDS[noun], "id": id, "revision": 1, **fields}

    def propositions(self, *ids: str, **fields: Any) -> None:
        for id in ids:
            self.put("propositions", id, text=f"It is {id}.", conflict="quarrel", **fields)

    def make_position(
        self, holder: str, force: str, proposition: str | None, **fields: Any
    ) -> dict[str, Any]:
        """Return a position that has ended, and is not in force."""
        id = self.position(holder, force, proposition, **fields)
        return self.records.pop(("positions", id))

    def position(self, holder: str, force: str, proposition: str | None, **fields: Any) -> str:
        id = fields.pop("id", None) or f"{holder}-{force}-{proposition}"
        day = fields.pop("on", "2024-01-01")
        facts = {"voice": "own", "rank": "normal", "negated": False, "conflict": "quarrel",
                 "attested_on": day, "last_attested_on": day, "responds_to": None}  # fmt: skip
        named = {"holder": holder, "force": force, "proposition": proposition}
        self.put("positions", id, **{**facts, **named, **fields})
        return id

    def condition(
        self,
        holder: str,
        consequents: str,
        *alternatives: str,
        modality: str = "necessary",
        **fields: Any,
    ) -> str:
        """Let a holder tie literals, in one text, to alternatives of literals."""
        id = fields.pop("id", None) or f"{holder}-{consequents.replace(' ', '-')}"
        facts = {"voice": "own", "rank": "normal", "conflict": "quarrel",
                 "attested_on": "2024-01-01", "last_attested_on": "2024-01-01",
                 "antecedents_kind": "stated"}  # fmt: skip
        self.put(
            "preconditions",
            id,
            **{
                **facts,
                "holder": holder,
                "consequents": consequents.split(),
                "antecedents": [each.split() for each in alternatives],
                "modality": modality,
                **fields,
            },
        )
        return id

    def axiom(self, id: str, kind: str, literals: str) -> None:
        self.put("axioms", id, conflict="quarrel", kind=kind, propositions=literals.split())

    def proposal(self, id: str, *components: str) -> None:
        made = [
            {"id": f"c{n}", "propositions": each.split()} for n, each in enumerate(components, 1)
        ]
        self.put("proposals", id, title=f"Plan {id}", conflict="quarrel", proposers=["cors"],
                 addressees=["ardo", "belm"], components=made)  # fmt: skip

    def get(self, noun: str, id: str) -> dict[str, Any] | None:
        return self.records.get((noun, id))

    def text(self, _sha256: str) -> None:
        return None

    def find_label(self, noun: str, id: str | None) -> str | None:
        record = self.get(noun, id) if id else None
        return id if record is None else record.get(LABELS[noun]) or id

    def scene(self) -> Scene:
        positions, preconditions, axioms = (
            [record for (n, _), record in self.records.items() if n == noun]
            for noun in ("positions", "preconditions", "axioms")
        )
        return Scene(
            self.records["conflicts", "quarrel"], positions, preconditions, axioms, self,
            met=self.met, day=self.day,
        )  # fmt: skip

    def deadlock(self, *goals: str, **choices: Any) -> dict[str, Any]:
        choices = Choices(goals=goals, **choices)
        return asdict(work_out_deadlock(self.scene(), choices, seconds=10).answer)


def ids(sets: list[dict[str, Any]]) -> list[list[str]]:
    """Give the ids of the members of each set, sorted."""
    return [sorted(member["id"] for member in each["members"]) for each in sets]


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    """Map the records that were left out to the reason."""
    return {each["id"]: each["reason"] for each in answer["left_out"]}
