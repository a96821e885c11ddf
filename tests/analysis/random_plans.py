"""Random conflicts as calls that write records, and what is left without those of no matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.analysis.quarrels import FIELDS, Quarrel

ACTORS = ("ardo", "belm", "cors")


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
