"""Random propositions and positions, in which the laws of voice, day and dispute bite often."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.analysis.random_plans import ACTORS, Call

NAMES = ("truce", "talks", "peace", "cession", "withdrawal", "guarantee")
ALL_VOICES = ("own", "authorised", "narrated", "relayed", "anonymous")
DAYS = ("2023-01-01", "2023-06-01", "2024-01-01", "2024-06-01")


def turn_literal(literal: str) -> str:
    return literal[1:] if literal.startswith("!") else f"!{literal}"


class PositionWriter:
    """Writes propositions, and what is said of them."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.calls: list[Call] = []
        self.names = NAMES[: chance.choice((4, 5, 6))]
        self.ambiguous: str | None = None
        self.number = 0
        self.voices = chance.choice((None, None, ALL_VOICES))
        self.holders = ACTORS
        self.closed: set[tuple[str, str]] = set()
        self.wished: list[str] = []
        self.tied: set[tuple[str, str]] = set()
        self.untied: set[tuple[str, str]] = set()
        self.conditions: set[tuple[Any, ...]] = set()

    def add_call(self, method: str, *arguments: Any, **fields: Any) -> None:
        self.calls.append(Call(method, arguments, tuple(fields.items())))

    def draw(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood

    def is_free(self, holder: str, about: str) -> bool:
        """Tell whether others may speak on it: where a lower voice replaces, nobody may."""
        return (holder, about) not in self.closed

    def make_id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def pick(self, *not_these: str) -> str:
        left = [each for each in self.names if each not in not_these]
        return self.chance.choice(left)

    def pick_literal(self, likelihood: float = 0.25, *not_these: str) -> str:
        return ("!" if self.draw(likelihood) else "") + self.pick(*not_these)

    def pick_literals(self, count: int, likelihood: float = 0.2, *not_these: str) -> list[str]:
        left = [each for each in self.names if each not in not_these]
        chosen = self.chance.sample(left, min(count, len(left)))
        return ["!" + each if self.draw(likelihood) else each for each in chosen]

    def pick_day(self) -> dict[str, Any]:
        day = {"on": self.chance.choice(DAYS)}
        if self.draw(0.25):
            return {**day, "stated_on": self.chance.choice((*DAYS, "2023-03", "2023-09"))}
        return day

    def pick_voice(self) -> str:
        return self.chance.choice(("own", "own", "own", "own", "authorised", "narrated", "relayed"))

    def pick_facts(self) -> dict[str, Any]:
        """Pick voice, day, rank and joint holders of a record, mostly the plain ones."""
        facts: dict[str, Any] = {**self.pick_day(), "voice": self.pick_voice()}
        if self.draw(0.12):
            facts["rank"] = self.chance.choice(("preferred", "preferred", "deprecated"))
        return facts

    # What a conflict may have

    def write_propositions(self) -> None:
        if self.draw(0.3):
            self.add_call("put", "actors", "league", name="League", kind="collective",
                      members=[{"actor": "belm"}])  # fmt: skip
            self.holders = (*self.holders, "league")
        if self.draw(0.2):
            self.add_call("put", "actors", "army", name="Army", kind="armed_force", part_of="ardo",
                      wholes=["ardo"])  # fmt: skip
            self.holders = (*self.holders, "army")
        measured = self.chance.choice((0, 0, 0, 0, 0, 2, 3))
        ambiguous = self.draw(0.25)
        for place, name in enumerate(self.names):
            fields: dict[str, Any] = {}
            if self.draw(0.7):
                fields["by"] = self.chance.sample(self.holders, self.chance.choice((1, 1, 1, 2)))
            if place < measured:
                unit = self.chance.choice(("km", "km", "m", "kg"))
                value = self.chance.choice((1, 2, 3)) * (1000 if unit == "m" else 1)
                op = self.chance.choice(("eq", "le", "ge"))
                fields["measure"] = {"scale": "s", "op": op, "value": value, "unit": unit}
            if ambiguous and place == len(self.names) - 1:
                self.ambiguous = name
                fields["readings"] = self.chance.sample(self.names[:place], 2)
            self.add_call("propositions", name, **fields)

    def write_position(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        force = self.chance.choice(("demand", "demand", "accept", "propose", "commit", "concede",
                                    "reject", "reject", "reject", "intend"))  # fmt: skip
        fields: dict[str, Any] = {**self.pick_facts(), "negated": self.draw(0.12)}
        if self.draw(0.1):
            fields["co_holders"] = [self.chance.choice([h for h in self.holders if h != holder])]
        if not self.closed & {(each, about) for each in (holder, *fields.get("co_holders", ()))}:
            self.add_call("position", holder, force, about, id=self.make_id("p"), **fields)

    def write_silence(self) -> None:
        force = self.chance.choice(("warn", "assert", "abstain", "defer", "deny", "accuse"))
        holder, about = self.chance.choice(self.holders), self.pick()
        self.add_call("position", holder, force, about, id=self.make_id("p"))

    def write_contradiction(self) -> None:
        """Write two records of a holder on one proposition that contradict each other."""
        holder, about = self.chance.choice(self.holders), self.pick()
        if not self.is_free(holder, about):
            return
        day, voice = self.pick_day(), self.pick_voice()
        if self.draw(0.2):
            day = {"on": "2024-06-01"}
        for force in self.chance.choice((("reject", "accept"), ("reject", "demand"),
                                         ("reject", "leave_open"))):  # fmt: skip
            self.add_call(
                "position", holder, force, about, id=self.make_id("p"), voice=voice, **day
            )

    def write_leave_open(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        if not self.is_free(holder, about):
            return
        voice = self.pick_voice()
        self.add_call("position", holder, "reject", about, id=self.make_id("p"), voice=voice,
                  on=self.chance.choice(DAYS))  # fmt: skip
        voice = voice if self.draw(0.7) else self.pick_voice()
        self.add_call("position", holder, "leave_open", about, id=self.make_id("p"), voice=voice,
                  on=self.chance.choice(DAYS))  # fmt: skip

    def write_replacement(self) -> None:
        """Let a record replace another; where its voice is lower, no other speaks on it."""
        holder, about = self.chance.choice(self.holders), self.pick()
        key = (holder, about)
        others = [each for each in self.calls if each.method == "position"
                  and about == each.arguments[2]
                  and holder in (each.arguments[0], *dict(each.fields).get("co_holders", ()))
                  ]  # fmt: skip
        whole = any(each.arguments[0] == holder and each.arguments[2] is None
                    for each in self.calls if each.method == "position")  # fmt: skip
        if key in self.closed or others or whole:
            return
        voice = self.pick_voice()
        other = self.chance.choice((voice, self.pick_voice(), "relayed", "narrated", "own"))
        forces = self.chance.choice((("reject", "accept"), ("accept", "reject"),
                                     ("reject", "reject"), ("demand", "reject")))  # fmt: skip
        old = self.make_id("p")
        self.add_call("position", holder, forces[0], about, id=old, voice=voice, on="2023-01-01")
        self.add_call("position", holder, forces[1], about, id=self.make_id("p"), voice=other,
                  on=self.chance.choice(DAYS), replaces=old)  # fmt: skip
        self.closed.add(key)

    def write_denial(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        if not self.is_free(holder, about):
            return
        said = self.make_id("p")
        voice = self.chance.choice(("relayed", "narrated", "narrated", "anonymous", "own"))
        self.add_call("position", holder, self.chance.choice(("demand", "reject")), about, id=said,
                  voice=voice, on="2023-01-01")  # fmt: skip
        denier = holder if self.draw(0.75) else self.chance.choice(self.holders)
        self.add_call("position", denier, "deny", about, id=self.make_id("p"), on="2023-06-01",
                  voice=self.chance.choice(("own", "own", "own", "narrated", "relayed")),
                  responds_to={"position": said})  # fmt: skip
