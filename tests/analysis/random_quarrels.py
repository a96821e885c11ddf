"""Random conflicts as records, in which each law of a true answer bites often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.analysis.quarrels import FIELDS, Quarrel

NAMES = ("truce", "talks", "peace", "cession", "withdrawal", "guarantee")
ACTORS = ("ardo", "belm", "cors")
BY = ("ardo", "belm", "cors", "league", "army")
ALL_VOICES = ("own", "authorised", "narrated", "relayed", "anonymous")
DAYS = ("2023-01-01", "2023-06-01", "2024-01-01", "2024-06-01")


@dataclass(frozen=True)
class Call:
    """A call of a method of `Quarrel`, which writes one record."""

    method: str
    arguments: tuple[Any, ...]
    fields: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        fields = [f"{name}={value!r}" for name, value in self.fields]
        return f"quarrel.{self.method}({', '.join([*map(repr, self.arguments), *fields])})"


@dataclass(frozen=True)
class Plan:
    """How a conflict is written, and what is asked of it."""

    calls: tuple[Call, ...]
    goals: tuple[str, ...]
    choices: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        asked = [*map(repr, self.goals), *(f"{name}={value!r}" for name, value in self.choices)]
        return "\n".join([*map(str, self.calls), f"quarrel.deadlock({', '.join(asked)})"])

    def write(self) -> Quarrel:
        quarrel = Quarrel()
        for each in self.calls:
            if each.method == "met":
                fields = dict(each.fields)
                noun = "positions" if "proposition" in fields else "preconditions"
                quarrel.met.append({**FIELDS[noun], "voice": "own", "rank": "normal", **fields})
            else:
                getattr(quarrel, each.method)(*each.arguments, **dict(each.fields))
        return quarrel

    def is_whole(self) -> bool:
        """Tell whether every record that is named is there."""
        names = [each.arguments[1 if each.method == "put" else 0] for each in self.calls
                 if each.method in ("propositions", "axiom", "put")]  # fmt: skip
        names += [dict(each.fields).get("id") for each in self.calls]
        there = {*names, *ACTORS, None}
        named = {each.removeprefix("!") for each in self.goals}
        for call in self.calls:
            named |= find_named(call)
        return named <= there


def find_named(call: Call) -> set[str]:
    """Find the ids that a call names."""
    fields = dict(call.fields)
    found = {fields["replaces"]} if fields.get("replaces") else set[str]()
    found |= {*fields.get("under", ()), *fields.get("by", ()), *fields.get("readings", ())}
    found |= {*fields.get("co_holders", ())}
    found |= {*map(str, (fields.get("responds_to") or {}).values())}
    if call.method == "position":
        found |= {call.arguments[0], call.arguments[2]} - {None}
    if call.method == "condition":
        found |= {call.arguments[0]}
        found |= {each.removeprefix("!") for some in call.arguments[1:] for each in some.split()}
    if call.method == "axiom":
        found |= {each.removeprefix("!") for each in call.arguments[2].split()}
    for part in fields.get("components", ()):
        literals = (*part["propositions"], *part.get("if", ()))
        found |= {each.removeprefix("!") for each in literals} | {*part.get("after", ())}
        found -= {each["id"] for each in fields["components"]}
    if call.method == "met":
        found |= {fields["proposition"]} if fields.get("proposition") else set()
        found |= {e.removeprefix("!") for some in fields.get("antecedents", ()) for e in some}
    return found


def turn(literal: str) -> str:
    return literal[1:] if literal.startswith("!") else f"!{literal}"


class Writer:
    """Writes one random conflict."""

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
        self.kinds_of: dict[tuple[str, str], str] = {}
        self.conditions: set[tuple[Any, ...]] = set()

    def call(self, method: str, *arguments: Any, **fields: Any) -> None:
        self.calls.append(Call(method, arguments, tuple(fields.items())))

    def is_so(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood

    def make_id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def pick(self, *not_these: str) -> str:
        left = [each for each in self.names if each not in not_these]
        return self.chance.choice(left)

    def pick_literal(self, likelihood: float = 0.25, *not_these: str) -> str:
        return ("!" if self.is_so(likelihood) else "") + self.pick(*not_these)

    def pick_literals(self, count: int, likelihood: float = 0.2, *not_these: str) -> list[str]:
        left = [each for each in self.names if each not in not_these]
        chosen = self.chance.sample(left, min(count, len(left)))
        return ["!" + each if self.is_so(likelihood) else each for each in chosen]

    def pick_day(self) -> dict[str, Any]:
        day = {"on": self.chance.choice(DAYS)}
        if self.is_so(0.25):
            return {**day, "stated_on": self.chance.choice((*DAYS, "2023-03", "2023-09"))}
        return day

    def pick_voice(self) -> str:
        return self.chance.choice(("own", "own", "own", "own", "authorised", "narrated", "relayed"))

    def pick_facts(self) -> dict[str, Any]:
        """Pick voice, day, rank and joint holders of a record, mostly the plain ones."""
        facts: dict[str, Any] = {**self.pick_day(), "voice": self.pick_voice()}
        if self.is_so(0.12):
            facts["rank"] = self.chance.choice(("preferred", "preferred", "deprecated"))
        return facts

    # What a conflict may have

    def write_propositions(self) -> None:
        if self.is_so(0.3):
            self.call("put", "actors", "league", name="League", kind="collective",
                      members=[{"actor": "belm"}])  # fmt: skip
            self.holders = (*self.holders, "league")
        if self.is_so(0.2):
            self.call("put", "actors", "army", name="Army", kind="armed_force", part_of="ardo",
                      wholes=["ardo"])  # fmt: skip
            self.holders = (*self.holders, "army")
        measured = self.chance.choice((0, 0, 0, 0, 0, 2, 3))
        ambiguous = self.is_so(0.25)
        for place, name in enumerate(self.names):
            fields: dict[str, Any] = {}
            if self.is_so(0.7):
                fields["by"] = self.chance.sample(self.holders, self.chance.choice((1, 1, 1, 2)))
            if place < measured:
                unit = self.chance.choice(("km", "km", "m", "kg"))
                value = self.chance.choice((1, 2, 3)) * (1000 if unit == "m" else 1)
                op = self.chance.choice(("eq", "le", "ge"))
                fields["measure"] = {"scale": "s", "op": op, "value": value, "unit": unit}
            if ambiguous and place == len(self.names) - 1:
                self.ambiguous = name
                fields["readings"] = self.chance.sample(self.names[:place], 2)
            self.call("propositions", name, **fields)

    def write_position(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        force = self.chance.choice(("demand", "demand", "accept", "propose", "commit", "concede",
                                    "reject", "reject", "reject", "intend"))  # fmt: skip
        fields: dict[str, Any] = {**self.pick_facts(), "negated": self.is_so(0.12)}
        if self.is_so(0.1):
            fields["co_holders"] = [self.chance.choice([h for h in self.holders if h != holder])]
        if not self.closed & {(each, about) for each in (holder, *fields.get("co_holders", ()))}:
            self.call("position", holder, force, about, id=self.make_id("p"), **fields)

    def write_silence(self) -> None:
        force = self.chance.choice(("warn", "assert", "abstain", "defer", "deny", "accuse"))
        holder, about = self.chance.choice(self.holders), self.pick()
        self.call("position", holder, force, about, id=self.make_id("p"))

    def write_contradiction(self) -> None:
        """Write two records of a holder on one proposition that contradict each other."""
        holder, about = self.chance.choice(self.holders), self.pick()
        if (holder, about) in self.closed:
            return
        day, voice = self.pick_day(), self.pick_voice()
        if self.is_so(0.2):
            day = {"on": "2024-06-01"}
        for force in self.chance.choice((("reject", "accept"), ("reject", "demand"),
                                         ("reject", "leave_open"))):  # fmt: skip
            self.call("position", holder, force, about, id=self.make_id("p"), voice=voice, **day)

    def write_leave_open(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        if (holder, about) in self.closed:
            return
        voice = self.pick_voice()
        self.call("position", holder, "reject", about, id=self.make_id("p"), voice=voice,
                  on=self.chance.choice(DAYS))  # fmt: skip
        voice = voice if self.is_so(0.7) else self.pick_voice()
        self.call("position", holder, "leave_open", about, id=self.make_id("p"), voice=voice,
                  on=self.chance.choice(DAYS))  # fmt: skip

    def write_replacement(self) -> None:
        """Let a record replace another; where its voice is lower, no other speaks on it."""
        holder, about = self.chance.choice(self.holders), self.pick()
        key = (holder, about)
        taken = {k for k in self.closed if k == key}
        others = [each for each in self.calls if each.method == "position"
                  and about in (each.arguments[2],)
                  and holder in (each.arguments[0], *dict(each.fields).get("co_holders", ()))]  # fmt: skip
        whole = any(each.arguments[0] == holder and each.arguments[2] is None
                    for each in self.calls if each.method == "position")  # fmt: skip
        if taken or others or whole:
            return
        voice = self.pick_voice()
        other = self.chance.choice((voice, self.pick_voice(), "relayed", "narrated", "own"))
        forces = self.chance.choice((("reject", "accept"), ("accept", "reject"),
                                     ("reject", "reject"), ("demand", "reject")))  # fmt: skip
        old = self.make_id("p")
        self.call("position", holder, forces[0], about, id=old, voice=voice, on="2023-01-01")
        self.call("position", holder, forces[1], about, id=self.make_id("p"), voice=other,
                  on=self.chance.choice(DAYS), replaces=old)  # fmt: skip
        self.closed.add(key)

    def write_denial(self) -> None:
        holder, about = self.chance.choice(self.holders), self.pick()
        if (holder, about) in self.closed:
            return
        said = self.make_id("p")
        voice = self.chance.choice(("relayed", "narrated", "narrated", "anonymous", "own"))
        self.call("position", holder, self.chance.choice(("demand", "reject")), about, id=said,
                  voice=voice, on="2023-01-01")  # fmt: skip
        denier = holder if self.is_so(0.75) else self.chance.choice(self.holders)
        self.call("position", denier, "deny", about, id=self.make_id("p"), on="2023-06-01",
                  voice=self.chance.choice(("own", "own", "own", "narrated", "relayed")),
                  responds_to={"position": said})  # fmt: skip

    def write_condition(self) -> None:
        holder = self.chance.choice(self.holders)
        consequents = self.pick_literals(1 if self.is_so(0.85) else 2, 0.15)
        abouts = [each.removeprefix("!") for each in consequents]
        alternatives = [
            " ".join(self.pick_literals(self.chance.choice((1, 1, 1, 2)), 0.2, *abouts))
            for _ in range(self.chance.choice((1, 1, 1, 1, 2)))
        ]
        modality = self.chance.choice(("necessary", "necessary", "necessary", "sufficient",
                                       "necessary_and_sufficient", "offer", "unknown"))  # fmt: skip
        fields: dict[str, Any] = {"modality": modality}
        if self.is_so(0.6):
            fields["timing"] = self.chance.choice(("before", "before", "simultaneous", "unknown"))
        if modality == "necessary" and self.is_so(0.15):
            fields["exhaustive"] = True
        if self.is_so(0.15):
            fields["voice"] = self.pick_voice()
        if self.is_so(0.1):
            fields["co_holders"] = [self.chance.choice([h for h in self.holders if h != holder])]
        self.add_condition(holder, consequents, alternatives, fields)

    def add_condition(
        self, holder: str, consequents: list[str], alternatives: list[str], fields: dict[str, Any]
    ) -> str | None:
        """Add a condition unless its holders have another one that overlaps in part."""
        holders = (holder, *fields.get("co_holders", ()))
        mine = " ".join(sorted(consequents))
        for each in holders:
            for literal in consequents:
                if self.kinds_of.get((each, literal), mine) != mine:
                    return None
        claims = {(h, frozenset(consequents), frozenset(frozenset(a.split()) for a in alternatives))
                  for h in holders}  # fmt: skip
        if claims & self.conditions or len({*alternatives}) < len(alternatives):
            return None
        self.conditions |= claims
        self.kinds_of.update({(each, literal): mine for each in holders for literal in consequents})
        id = self.make_id("c")
        self.call("condition", holder, " ".join(consequents), *alternatives, id=id, **fields)
        return id

    def write_no_condition(self) -> None:
        """Write a condition, and the word of its holder that there is none."""
        holder, (about,) = self.chance.choice(self.holders), self.pick_literals(1, 0.1)
        if (holder, about) in self.kinds_of:
            return
        days = [self.chance.choice(DAYS) for _ in range(2)]
        if self.is_so(0.5):
            days[1] = days[0]
        voice = self.pick_voice()
        voices = [voice, voice if self.is_so(0.7) else self.pick_voice()]
        antecedent = self.pick_literal(0.2, about.removeprefix("!"))
        first = self.add_condition(holder, [about], [antecedent], {
            "voice": voices[0], "last_attested_on": days[0], "attested_on": days[0],
            "timing": self.chance.choice((None, "before")),
        })  # fmt: skip
        if first is None:
            return
        fields: dict[str, Any] = {"voice": voices[1], "last_attested_on": days[1],
                                  "attested_on": days[1]}  # fmt: skip
        if self.is_so(0.25):
            fields["replaces"] = first
        kind = "none" if self.is_so(0.85) else "stated"
        others = [self.pick_literal(0.2, about.removeprefix("!"))] if kind == "stated" else []
        modality = "necessary" if kind == "stated" else "unknown"
        if others != [antecedent]:
            self.call("condition", holder, about, *others, id=self.make_id("c"),
                      modality=modality, antecedents_kind=kind, **fields)  # fmt: skip
        self.kinds_of[holder, about] = "closed"

    def write_loop(self) -> None:
        """Write conditions that wait for each other."""
        one, two, three = self.pick_literals(3, 0.1)
        holders = [self.chance.choice(self.holders) for _ in range(3)]
        chain = [(one, two), (two, one)]
        if self.is_so(0.3):
            chain = [(one, two), (two, three), (three, one)]
        for holder, (consequent, antecedent) in zip(holders, chain, strict=False):
            ways = [antecedent]
            if self.is_so(0.2):
                left = [consequent.removeprefix("!"), antecedent.removeprefix("!")]
                ways.append(self.pick_literal(0.1, *left))
            timing = self.chance.choice(("before", "before", "simultaneous", None))
            self.add_condition(holder, [consequent], ways, {"timing": timing})

    def write_under(self) -> None:
        """Write a position that holds only under a condition of its holder."""
        conditions = [each for each in self.calls if each.method == "condition"]
        if conditions:
            condition = self.chance.choice(conditions)
            force = self.chance.choice(("demand", "accept_conditionally", "threaten"))
            about = condition.arguments[1].split()[0].removeprefix("!")
            self.call("position", condition.arguments[0], force, about, id=self.make_id("p"),
                      under=[dict(condition.fields)["id"]])  # fmt: skip

    def write_proposal(self) -> None:
        """Write a proposal with options, conditions and an order, and answers to it."""
        if any(each.method == "put" and each.arguments[0] == "proposals" for each in self.calls):
            return
        wholes = [each for each in self.names if each != self.ambiguous]
        if self.ambiguous and self.is_so(0.5):
            wholes.insert(0, self.ambiguous)
        else:
            self.chance.shuffle(wholes)
        literals = ["!" + each if self.is_so(0.1) else each for each in wholes]
        components: list[dict[str, Any]] = []
        for number, literal in enumerate(literals[: self.chance.choice((2, 3, 3, 4))]):
            part: dict[str, Any] = {"id": f"k{number}", "propositions": [literal]}
            is_plain = literal.removeprefix("!") != self.ambiguous
            if number and self.is_so(0.45):
                part["option"] = self.chance.choice("ab")
            elif number and is_plain and self.is_so(0.35):
                about = literal.removeprefix("!")
                part["if"] = [self.pick_literal(0.1, about, self.ambiguous or "")]
            if number and is_plain and self.is_so(0.35):
                plain = [e for e in components if e["propositions"][0] != self.ambiguous]
                part["after"] = [each["id"] for each in plain[-1:]]
            components.append(part)
        self.call("put", "proposals", "plan", title="Plan", conflict="quarrel",
                  proposers=["cors"], addressees=["ardo", "belm"], components=components)  # fmt: skip
        for _ in range(self.chance.choice((1, 2, 2, 3))):
            holder = self.chance.choice(self.holders)
            if any(each == holder for each, _ in self.closed):
                continue
            force = self.chance.choice(("accept", "accept", "reject", "leave_open", "abstain"))
            self.call("position", holder, force, None, id=self.make_id("p"),
                      responds_to={"proposal": "plan"}, **self.pick_facts())  # fmt: skip

    def write_axiom(self) -> None:
        kind = self.chance.choice(("excludes", "excludes", "not_all", "at_least_one", "implies",
                                   "implies", "equivalent", "fact"))  # fmt: skip
        count = 1 if kind == "fact" else self.chance.choice((2, 2, 3))
        self.call("axiom", self.make_id("a"), kind, " ".join(self.pick_literals(count, 0.2)))

    def write_clash(self) -> None:
        """Write a rule, and positions which it keeps from holding together."""
        kind = self.chance.choice(("excludes", "not_all", "at_least_one", "implies", "equivalent"))
        literals = self.pick_literals(self.chance.choice((2, 3, 3)), 0.2)
        wanted = {
            "excludes": self.chance.sample(literals, 2), "not_all": literals,
            "at_least_one": [turn(each) for each in literals],
            "implies": [literals[0], turn(literals[-1])],
            "equivalent": [literals[-1], turn(literals[0])],
        }[kind]  # fmt: skip
        for literal in wanted:
            holder, about = self.chance.choice(self.holders), literal.removeprefix("!")
            if (holder, about) not in self.closed:
                force = "reject" if literal.startswith("!") else "demand"
                self.call("position", holder, force, about, id=self.make_id("p"))
        self.call("axiom", self.make_id("a"), kind, " ".join(literals))

    def write_need(self) -> None:
        """Write a condition of a goal, and maybe what closes that ask."""
        goal, needed = self.pick_literals(2, 0.1)
        about = needed.removeprefix("!")
        fields = dict(next(e for e in self.calls if e.arguments[0] == about).fields)
        self.add_condition(self.chance.choice(self.holders), [goal], [needed], {})
        self.wished.append(goal)
        actors = fields.get("by", [*self.holders])
        relatives = {"belm": "league", "league": "belm", "ardo": "army"}
        close = self.chance.choice(("fact", "met", "relative", "relative", "nothing"))
        relative = relatives.get(self.chance.choice(actors))
        if close == "fact":
            self.call("axiom", self.make_id("a"), "fact", needed)
        elif close == "met":
            self.call("met", id=self.make_id("m"), proposition=about, holder="ardo",
                      negated=needed != about, force="demand", end_reason="met")  # fmt: skip
        elif close == "relative" and relative in self.holders:
            if (relative, about) not in self.closed:
                force = self.chance.choice(("accept", "reject", "reject", "abstain"))
                self.call("position", relative, force, about, id=self.make_id("p"))

    def write_late_report(self) -> None:
        """Write two words of which the one reported later was said first."""
        holder, about = self.chance.choice(self.holders), self.pick()
        if (holder, about) not in self.closed:
            forces = self.chance.choice((("accept", "reject"), ("reject", "accept")))
            voice = self.pick_voice()
            self.call("position", holder, forces[0], about, id=self.make_id("p"), voice=voice,
                      on="2024-06-01", stated_on=self.chance.choice(("2023-03", "2023-06-01")))  # fmt: skip
            self.call("position", holder, forces[1], about, id=self.make_id("p"), voice=voice,
                      on=self.chance.choice(("2023-06-01", "2024-01-01")))  # fmt: skip

    def write_fact(self) -> None:
        self.call("axiom", self.make_id("a"), "fact", self.pick_literal(0.15))

    def write_met(self) -> None:
        if self.is_so(0.5):
            self.call("met", id=self.make_id("m"), proposition=self.pick(), holder="ardo",
                      negated=self.is_so(0.2), force="demand", end_reason="met")  # fmt: skip
        else:
            self.call("met", id=self.make_id("m"), antecedents=[self.pick_literals(1)],
                      consequents=[self.pick()], holder="ardo", end_reason="met")  # fmt: skip

    def write_choice_of_reading(self) -> None:
        if self.ambiguous:
            fields = next(dict(e.fields) for e in self.calls if e.arguments[0] == self.ambiguous)
            if self.is_so(0.15):
                kind = self.chance.choice(("implies", "equivalent"))
                rule = f"{self.ambiguous} {fields['readings'][0]}"
                self.call("axiom", self.make_id("a"), kind, rule)
            for _ in range(2):
                force = self.chance.choice(("demand", "accept", "accept", "reject"))
                about = self.chance.choice((self.ambiguous, *fields["readings"]))
                holder = self.chance.choice(self.holders)
                if (holder, about) not in self.closed:
                    self.call("position", holder, force, about, id=self.make_id("p"))

    def write(self) -> Plan:
        self.write_propositions()
        kinds: list[tuple[int, Callable[[], None]]] = [
            (6, self.write_position), (1, self.write_silence), (2, self.write_contradiction),
            (1, self.write_leave_open), (2, self.write_replacement), (1, self.write_denial),
            (6, self.write_condition), (2, self.write_no_condition), (3, self.write_loop),
            (1, self.write_under), (3, self.write_proposal), (4, self.write_axiom),
            (1, self.write_fact), (1, self.write_met), (2, self.write_choice_of_reading),
            (3, self.write_clash), (4, self.write_need), (1, self.write_late_report),
        ]  # fmt: skip
        weights, writers = zip(*kinds, strict=True)
        if self.ambiguous:
            self.write_choice_of_reading()
        for write in self.chance.choices(writers, weights, k=self.chance.choice((3, 4, 5, 6, 7))):
            write()
        goals = self.pick_literals(self.chance.choice((0, 1, 1, 1, 2)), 0.15)
        if self.wished and self.is_so(0.7):
            goals = [self.chance.choice(self.wished)]
        if self.ambiguous and self.is_so(0.2):
            goals = [self.ambiguous]
        choices: list[tuple[str, Any]] = [("voices", self.voices)] if self.voices else []
        axioms = [each.arguments[0] for each in self.calls if each.method == "axiom"]
        if axioms and self.is_so(0.08):
            choices.append(("axioms", tuple(axioms[1:])))
        return Plan(tuple(self.calls), tuple(goals), tuple(choices))


def make_random_plan(chance: Random) -> Plan:
    """Write a random conflict."""
    while True:
        plan = Writer(chance).write()
        if plan.is_whole():
            return plan


def minimise(plan: Plan, differs: Callable[[Plan], Any]) -> Plan:
    """Drop records and goals while the answers still differ."""
    smaller = True
    while smaller:
        smaller = False
        for less in list_smaller(plan):
            if less.is_whole() and differs(less):
                plan, smaller = less, True
                break
    return plan


def list_smaller(plan: Plan) -> Sequence[Plan]:
    """Give the plans with one record, goal, choice or field less."""
    calls = plan.calls
    found = [replace(plan, calls=calls[:n] + calls[n + 1 :]) for n in range(len(calls))]
    for n, call in enumerate(calls):
        for field in call.fields:
            if field[0] not in ("id", "components", "kind", "name", "proposition", "antecedents",
                                "negated", "holder", "title", "conflict", "force", "part_of",
                                "consequents", "responds_to", "members", "wholes", "on",
                                "last_attested_on", "attested_on", "voice", "modality",
                                "antecedents_kind", "end_reason"):  # fmt: skip
                less = replace(call, fields=tuple(each for each in call.fields if each != field))
                found.append(replace(plan, calls=(*calls[:n], less, *calls[n + 1 :])))
    found += [replace(plan, goals=tuple(g for g in plan.goals if g != each)) for each in plan.goals]
    found += [replace(plan, choices=tuple(c for c in plan.choices if c != each))
              for each in plan.choices]  # fmt: skip
    return found
