"""Random conflicts as records, in which each law of a true answer bites often."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

from tests.analysis.random_plans import Plan
from tests.analysis.random_positions import DAYS, PositionWriter, turn_literal


class Writer(PositionWriter):
    """Writes one random conflict."""

    def write_condition(self) -> None:
        holder = self.chance.choice(self.holders)
        consequents = self.pick_literals(1 if self.draw(0.85) else 2, 0.15)
        abouts = [each.removeprefix("!") for each in consequents]
        alternatives = [
            " ".join(self.pick_literals(self.chance.choice((1, 1, 1, 2)), 0.2, *abouts))
            for _ in range(self.chance.choice((1, 1, 1, 1, 2)))
        ]
        modality = self.chance.choice(("necessary", "necessary", "necessary", "sufficient",
                                       "necessary_and_sufficient", "offer", "unknown"))  # fmt: skip
        fields: dict[str, Any] = {"modality": modality}
        if self.draw(0.6):
            fields["timing"] = self.chance.choice(("before", "before", "simultaneous", "unknown"))
        if modality == "necessary" and self.draw(0.15):
            fields["exhaustive"] = True
        if self.draw(0.15):
            fields["voice"] = self.pick_voice()
        if self.draw(0.1):
            fields["co_holders"] = [self.chance.choice([h for h in self.holders if h != holder])]
        self.add_condition(holder, consequents, alternatives, fields)

    def add_condition(
        self, holder: str, consequents: list[str], alternatives: list[str], fields: dict[str, Any]
    ) -> str | None:
        """Add a condition unless its holders have the same, or said that there is none."""
        holders = (holder, *fields.get("co_holders", ()))
        pairs = {*product(holders, consequents)}
        if pairs & self.untied:
            return None
        claims = {(h, frozenset(consequents), frozenset(frozenset(a.split()) for a in alternatives))
                  for h in holders}  # fmt: skip
        if claims & self.conditions or len({*alternatives}) < len(alternatives):
            return None
        self.conditions |= claims
        self.tied |= pairs
        id = self.make_id("c")
        self.add_call("condition", holder, " ".join(consequents), *alternatives, id=id, **fields)
        return id

    def write_no_condition(self) -> None:
        """Write a condition, and the word of its holder that there is none, or none for a part."""
        holder = self.chance.choice(self.holders)
        about, *others = self.pick_literals(1 if self.draw(0.6) else 2, 0.1)
        if {(holder, about), *((holder, each) for each in others)} & self.tied:
            return
        days = [self.chance.choice(DAYS) for _ in range(2)]
        if self.draw(0.5):
            days[1] = days[0]
        voice = self.pick_voice()
        voices = [voice, voice if self.draw(0.7) else self.pick_voice()]
        abouts = [each.removeprefix("!") for each in (about, *others)]
        antecedent = self.pick_literal(0.2, *abouts)
        first = self.add_condition(holder, [about, *others], [antecedent], {
            "voice": voices[0], "last_attested_on": days[0], "attested_on": days[0],
            "timing": self.chance.choice((None, "before")),
        })  # fmt: skip
        if first is None:
            return
        fields: dict[str, Any] = {"voice": voices[1], "last_attested_on": days[1],
                                  "attested_on": days[1]}  # fmt: skip
        if self.draw(0.25):
            fields["replaces"] = first
        kind = "none" if self.draw(0.85) else "stated"
        ways = [self.pick_literal(0.2, about.removeprefix("!"))] if kind == "stated" else []
        modality = "necessary" if kind == "stated" else "unknown"
        if ways != [antecedent]:
            self.add_call("condition", holder, about, *ways, id=self.make_id("c"),
                      modality=modality, antecedents_kind=kind, **fields)  # fmt: skip
        self.untied |= {(holder, each) for each in (about, *others)}

    def write_loop(self) -> None:
        """Write conditions that wait for each other."""
        one, two, three = self.pick_literals(3, 0.1)
        holders = [self.chance.choice(self.holders) for _ in range(3)]
        chain = [(one, two), (two, one)]
        if self.draw(0.3):
            chain = [(one, two), (two, three), (three, one)]
        for holder, (consequent, antecedent) in zip(holders, chain, strict=False):
            ways = [antecedent]
            if self.draw(0.2):
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
            self.add_call("position", condition.arguments[0], force, about, id=self.make_id("p"),
                      under=[dict(condition.fields)["id"]])  # fmt: skip

    def write_proposal(self) -> None:
        """Write a proposal with options, conditions and an order, and answers to it."""
        if any(each.method == "put" and each.arguments[0] == "proposals" for each in self.calls):
            return
        wholes = [each for each in self.names if each != self.ambiguous]
        if self.ambiguous and self.draw(0.5):
            wholes.insert(0, self.ambiguous)
        else:
            self.chance.shuffle(wholes)
        literals = ["!" + each if self.draw(0.1) else each for each in wholes]
        components: list[dict[str, Any]] = []
        for number, literal in enumerate(literals[: self.chance.choice((2, 3, 3, 4))]):
            part: dict[str, Any] = {"id": f"k{number}", "propositions": [literal]}
            is_plain = literal.removeprefix("!") != self.ambiguous
            if number and self.draw(0.45):
                part["option"] = self.chance.choice("ab")
            elif number and is_plain and self.draw(0.35):
                about = literal.removeprefix("!")
                part["if"] = [self.pick_literal(0.1, about, self.ambiguous or "")]
            if number and is_plain and self.draw(0.35):
                plain = [e for e in components if e["propositions"][0] != self.ambiguous]
                part["after"] = [each["id"] for each in plain[-1:]]
            components.append(part)
        self.add_call("put", "proposals", "plan", title="Plan", conflict="quarrel",
                      proposers=["cors"], addressees=["ardo", "belm"],
                      components=components)  # fmt: skip
        for _ in range(self.chance.choice((1, 2, 2, 3))):
            holder = self.chance.choice(self.holders)
            if any(each == holder for each, _ in self.closed):
                continue
            force = self.chance.choice(("accept", "accept", "reject", "leave_open", "abstain"))
            self.add_call("position", holder, force, None, id=self.make_id("p"),
                      responds_to={"proposal": "plan"}, **self.pick_facts())  # fmt: skip

    def write_axiom(self) -> None:
        kind = self.chance.choice(("excludes", "excludes", "not_all", "at_least_one", "implies",
                                   "implies", "equivalent", "fact"))  # fmt: skip
        count = 1 if kind == "fact" else self.chance.choice((2, 2, 3))
        self.add_call("axiom", self.make_id("a"), kind, " ".join(self.pick_literals(count, 0.2)))

    def write_clash(self) -> None:
        """Write a rule, and positions which it keeps from holding together."""
        kind = self.chance.choice(("excludes", "not_all", "at_least_one", "implies", "equivalent"))
        literals = self.pick_literals(self.chance.choice((2, 3, 3)), 0.2)
        wanted = {
            "excludes": self.chance.sample(literals, 2), "not_all": literals,
            "at_least_one": [turn_literal(each) for each in literals],
            "implies": [literals[0], turn_literal(literals[-1])],
            "equivalent": [literals[-1], turn_literal(literals[0])],
        }[kind]  # fmt: skip
        for literal in wanted:
            holder, about = self.chance.choice(self.holders), literal.removeprefix("!")
            if self.is_free(holder, about):
                force = "reject" if literal.startswith("!") else "demand"
                self.add_call("position", holder, force, about, id=self.make_id("p"))
        self.add_call("axiom", self.make_id("a"), kind, " ".join(literals))

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
            self.add_call("axiom", self.make_id("a"), "fact", needed)
        elif close == "met":
            self.add_call("met", id=self.make_id("m"), proposition=about, holder="ardo",
                      negated=needed != about, force="demand", end_reason="met")  # fmt: skip
        elif (
            close == "relative"
            and relative
            and relative in self.holders
            and self.is_free(relative, about)
        ):
            force = self.chance.choice(("accept", "reject", "reject", "abstain"))
            self.add_call("position", relative, force, about, id=self.make_id("p"))

    def write_late_report(self) -> None:
        """Write two words of which the one reported later was said first."""
        holder, about = self.chance.choice(self.holders), self.pick()
        if self.is_free(holder, about):
            forces = self.chance.choice((("accept", "reject"), ("reject", "accept")))
            voice = self.pick_voice()
            self.add_call("position", holder, forces[0], about, id=self.make_id("p"), voice=voice,
                          stated_on=self.chance.choice(("2023-03", "2023-06-01")),
                          on="2024-06-01")  # fmt: skip
            self.add_call("position", holder, forces[1], about, id=self.make_id("p"), voice=voice,
                      on=self.chance.choice(("2023-06-01", "2024-01-01")))  # fmt: skip

    def write_fact(self) -> None:
        self.add_call("axiom", self.make_id("a"), "fact", self.pick_literal(0.15))

    def write_met(self) -> None:
        if self.draw(0.5):
            self.add_call("met", id=self.make_id("m"), proposition=self.pick(), holder="ardo",
                      negated=self.draw(0.2), force="demand", end_reason="met")  # fmt: skip
        else:
            self.add_call("met", id=self.make_id("m"), antecedents=[self.pick_literals(1)],
                      consequents=[self.pick()], holder="ardo", end_reason="met")  # fmt: skip

    def write_choice_of_reading(self) -> None:
        if self.ambiguous:
            fields = next(dict(e.fields) for e in self.calls if e.arguments[0] == self.ambiguous)
            if self.draw(0.15):
                kind = self.chance.choice(("implies", "equivalent"))
                rule = f"{self.ambiguous} {fields['readings'][0]}"
                self.add_call("axiom", self.make_id("a"), kind, rule)
            for _ in range(2):
                force = self.chance.choice(("demand", "accept", "accept", "reject"))
                about = self.chance.choice((self.ambiguous, *fields["readings"]))
                holder = self.chance.choice(self.holders)
                if self.is_free(holder, about):
                    self.add_call("position", holder, force, about, id=self.make_id("p"))

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
        if self.wished and self.draw(0.7):
            goals = [self.chance.choice(self.wished)]
        if self.ambiguous and self.draw(0.2):
            goals = [self.ambiguous]
        choices: list[tuple[str, Any]] = [("voices", self.voices)] if self.voices else []
        axioms = [each.arguments[0] for each in self.calls if each.method == "axiom"]
        if axioms and self.draw(0.08):
            choices.append(("axioms", tuple(axioms[1:])))
        return Plan(tuple(self.calls), tuple(goals), tuple(choices))


def make_random_plan(chance: Random) -> Plan:
    """Write a random conflict."""
    while True:
        plan = Writer(chance).write()
        if plan.is_whole():
            return plan
