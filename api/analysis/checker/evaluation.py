"""Claims and rules as requirements; models that are evaluated, proofs that are followed.

A requirement says that of several sets of literals at least one is true as a whole.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import inf
from typing import Any

Requirement = Sequence[Sequence[str]]
_FACTOR = re.compile(r"[0-9]{1,99}(/0*[1-9][0-9]{0,99})?")
_LITERAL = re.compile(r"!?[^!&()]+")


class FaultError(ValueError):
    """Something in an answer is wrong: a JSON pointer within what is checked, and what it is."""


def demand(is_right: object, what: str, where: str = "") -> None:
    """Raise a fault unless something is right."""
    if not is_right:
        raise FaultError(where, what)


def is_literal(text: str) -> bool:
    """Whether a text can be a literal: no name of a variable for several literals can."""
    return _LITERAL.fullmatch(text) is not None


def negate(literal: str) -> str:
    """Negate a literal."""
    return literal[1:] if literal.startswith("!") else f"!{literal}"


def negate_all(literals: Iterable[str]) -> list[list[str]]:
    """Read that some literal is false."""
    return [[negate(each)] for each in literals]


def list_atoms(requirements: Iterable[Requirement]) -> set[str]:
    """List the propositions that requirements speak of."""
    return {x.removeprefix("!") for some in requirements for each in some for x in each}


def list_let_go(weaken: Any, part: str) -> list[str]:
    """List what is let go among the antecedents or consequents of a condition."""
    return [*weaken[part]] if weaken else []


def read_claim(claim: Any, weaken: Any = None) -> list[Requirement]:
    """Read a claim, without the parts that are let go: these are false then."""
    ways, thens, kind = claim["alternatives"], claim["consequents"], claim["kind"]
    fit = all(is_literal(x) for some in (*ways, thens) for x in some)
    demand(fit and all(ways), "the literals of a claim are no ids, or there are none")
    if kind in ("holds", "any_of"):
        return [ways]
    if kind == "none_of":
        return [negate_all(each) for each in ways]
    demand(kind == "condition", "a claim of this kind is unknown")
    asked, promised = list_let_go(weaken, "antecedents"), list_let_go(weaken, "consequents")
    read: list[Requirement] = [[[negate(x)]] for x in (*asked, *promised)]
    for then in thens:
        if claim["necessary"]:
            read.append([[negate(then)], *([x for x in each if x not in asked] for each in ways)])
        if claim["sufficient"] and then not in promised:
            read += [[*negate_all(each), [then]] for each in ways]
    return read


def read_rule(rule: Any) -> list[Requirement]:
    """Read a rule between propositions."""
    literals, relation = rule["propositions"], rule["relation"]
    first, *rest = literals
    demand(all(map(is_literal, literals)), "the propositions of a rule are no literals")
    demand(bool(rest) != (relation == "fact"), "the rule has too many propositions, or too few")
    if rule["kind"] == "measure":
        demand(relation == _compare(*rule["compared"]), "the numbers do not compare like this")
    found: dict[str, list[Requirement]] = {
        "excludes": [negate_all(each) for each in combinations(literals, 2)],
        "not_all": [negate_all(literals)],
        "at_least_one": [[[each] for each in literals]],
        "fact": [[[first]]],
        "implies": [[[negate(first)], [each]] for each in rest],
        "reads_as": [[[negate(first)], *([each] for each in rest)]],
        "equivalent": [[[negate(a)], [b]] for a, b in pairwise([*literals, first])],
    }
    return found[relation]


def _compare(one: Any, other: Any) -> str | None:
    bounds: list[tuple[Any, Any]] = []
    for each in (one, other):
        is_number = type(each["value"]) in (int, float) and _FACTOR.fullmatch(each["factor"])
        demand(is_number, "what is compared is no number")
        value = Fraction(str(each["value"])) * Fraction(each["factor"])
        bounds.append((-inf if each["op"] == "le" else value, inf if each["op"] == "ge" else value))
    (low, high), (least, most) = bounds
    demand(
        one["unit"] != other["unit"] or one["factor"] == other["factor"], "one unit, two factors"
    )
    if least <= low and high <= most:
        return "implies"
    return "excludes" if high < least or most < low else None


class Evaluator:
    """Evaluates models and follows proofs with at most so much `work`, in literals looked at."""

    def __init__(self, work: int) -> None:
        self.work = work
        self.counts = Counter[str]()

    def spend(self, work: int) -> None:
        self.work -= work
        demand(self.work >= 0, "to check this takes more work than an honest answer of its length")

    def is_true(self, true: set[str], requirements: Iterable[Requirement]) -> bool:
        for some in requirements:
            self.spend(sum(map(len, some)) + 1)
            if not any(true.issuperset(each) for each in some):
                return False
        return True

    def evaluate(
        self, model: Sequence[str], required: list[Requirement], at: str, moves: Any = ()
    ) -> set[str]:
        """Check that a model makes all true, fits moves, and can miss none of its literals."""
        true = set(model)
        demand(len(true) == len(model), "the model names a literal twice", at)
        both = {negate(x) for x in (*true, *moves)}
        demand(both.isdisjoint(true), "the model contradicts itself, or the moves", at)
        demand(both.isdisjoint(moves), "the moves contradict each other", at)
        about: defaultdict[str, list[Requirement]] = defaultdict(list)
        for some in required:
            demand(self.is_true(true, [some]), f"the model does not make this true: {some}", at)
            for atom in list_atoms([some]):
                about[atom].append(some)
        for literal in model:
            atom = literal.removeprefix("!")
            true.remove(literal)
            demand(not self.is_true(true, about[atom]), f"{literal} can be missed", at)
            if literal != atom and literal not in moves:
                true.add(atom)
                demand(not self.is_true(true, about[atom]), f"{atom} would do as well", at)
                true.remove(atom)
            true.add(literal)
        return true

    def follow(self, required: list[Requirement], proof: Sequence[Sequence[str]], at: str) -> None:
        """Check that each line of a proof follows by unit propagation, and the contradiction."""
        clauses: list[Sequence[str]] = []
        for some in required:
            named = [each[0] if len(each) == 1 else f"({'&'.join(each)})" for each in some]
            clauses.append(named)
            for name, each in zip(named, some, strict=True):
                clauses += [[negate(name), x] for x in each if len(each) != 1]
        where: defaultdict[str, list[int]] = defaultdict(list)
        for index, clause in enumerate([*clauses, *proof]):
            for each in set(clause):
                where[each].append(index)
        for number, line in enumerate([*proof, []]):
            follows = self.propagate(clauses, where, [negate(each) for each in line])
            demand(follows, "this does not follow by unit propagation", f"{at}/{number}")
            clauses.append(line)
        self.counts["proofs"] += 1

    def propagate(
        self, clauses: list[Sequence[str]], where: Mapping[str, list[int]], assumed: list[str]
    ) -> bool:
        """Return whether unit propagation finds a contradiction."""
        self.spend(len(clauses))
        left = [len(set(each)) for each in clauses]
        ahead, true = [*assumed, *(each[0] for each in clauses if len(set(each)) == 1)], set[str]()
        found = 0 in left
        while ahead and not found:
            literal = ahead.pop()
            if literal in true:
                continue
            true.add(literal)
            for index in where.get(negate(literal), ()):
                if index < len(left):
                    left[index] -= 1
                    found |= not left[index]
                    if left[index] == 1:
                        self.spend(len(clauses[index]))
                        ahead += [x for x in clauses[index] if negate(x) not in true][:1]
        return found
