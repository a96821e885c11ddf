"""Rules between propositions that no holder demands: axioms, and measures on one scale.

An axiom is an analyst's. The comparison of measures is arithmetic: at most 3.67 implies at most 5
and excludes at least 20, where both are propositions on one scale, in one unit. Either can be
switched off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from math import inf

from api.analysis.engine.model import HardRule, negate_literal
from api.analysis.engine.scene import Scene
from api.errors import Invalid
from api.ledger.noun import Record

_MOST_COMPARED = 100
"""How many propositions of one scale are compared with each other at most."""

_TOO_MANY = (
    f"more than {_MOST_COMPARED} propositions are measured by {{scale}}, which is too many to "
    "compare each with each; switch measures=off"
)


def read_axioms(axioms: Iterable[Record]) -> Iterator[HardRule]:
    """Turn axioms into rules."""
    for axiom in axioms:
        kind, literals = axiom["kind"], tuple(axiom["propositions"])
        yield HardRule("axiom", axiom["id"], kind, literals, _write_clauses(kind, literals))


def compare_measures(propositions: Iterable[Record], *, listed: bool = True) -> Iterator[HardRule]:
    """Compare the measures of propositions, scale by scale.

    Raises Invalid where a scale has too many to compare; unless `listed`, such a scale is left out.
    """
    scales: defaultdict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for each in (proposition for proposition in propositions if proposition["measure"]):
        scales[each["measure"]["scale"], each["measure"].get("unit")].append(each)
    for (scale, _), comparable in scales.items():
        if len(comparable) <= _MOST_COMPARED:
            yield from _compare_scale(comparable)
        elif listed:
            raise Invalid(_TOO_MANY.format(scale=scale), parameter="measures")


def _compare_scale(comparable: Sequence[Record]) -> Iterator[HardRule]:
    for one, other in permutations(comparable, 2):
        relation = _compare_ranges(one["measure"], other["measure"])
        # Exclusion is the same both ways.
        if relation == "implies" or (relation == "excludes" and one["id"] < other["id"]):
            pair = (one["id"], other["id"])
            id = f"{pair[0]} {relation} {pair[1]}"
            yield HardRule("measure", id, relation, pair, _write_clauses(relation, pair))


def find_picked_readings(rules: Iterable[HardRule], scene: Scene) -> frozenset[str]:
    """List the ambiguous propositions of which a rule picks one reading."""
    found: set[str] = set()
    for rule in rules:
        first, *rest = rule.propositions
        tied = {
            "implies": [(first, rest)],
            "equivalent": [(each, rule.propositions) for each in rule.propositions],
        }
        for id, others in tied.get(rule.relation, ()):
            readings = scene.find_proposition(id).get("readings") or ()
            if not set(others).isdisjoint(readings):
                found.add(id)
    return frozenset(found)


def list_readings(propositions: Iterable[Record], decided: frozenset[str]) -> Iterator[HardRule]:
    """Say of each ambiguous proposition, unless its meaning is decided, what it may mean."""
    for each in propositions:
        if each["readings"] and each["id"] not in decided:
            id, readings = each["id"], tuple(each["readings"])
            clause = (negate_literal(id), *readings)
            yield HardRule("reading", id, "reads_as", (id, *readings), (clause,))


def read_as(proposition: str, reading: str) -> HardRule:
    """Make the rule that an ambiguous proposition has one meaning."""
    pair = (proposition, reading)
    return HardRule("reading", f"{proposition} means {reading}", "equivalent", pair,
                    _write_clauses("equivalent", pair))  # fmt: skip


def _write_clauses(relation: str, literals: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    first, *rest = literals
    opposites = map(negate_literal, literals)
    if relation == "excludes":
        return tuple(combinations(opposites, 2))
    if relation == "not_all":
        return (tuple(opposites),)
    if relation in ("at_least_one", "fact"):
        return (literals,)
    if relation == "implies":
        return tuple((negate_literal(first), each) for each in rest)
    circle = zip(literals, (*rest, first), strict=True)
    return tuple((negate_literal(one), other) for one, other in circle)


def _compare_ranges(one: Mapping[str, object], other: Mapping[str, object]) -> str | None:
    (low, high), (least, most) = _read_range(one), _read_range(other)
    if least <= low and high <= most:
        return "implies"
    if high < least or most < low:
        return "excludes"
    return None


def _read_range(measure: Mapping[str, object]) -> tuple[float, float]:
    value = float(str(measure["value"]))
    return (-inf if measure["op"] == "le" else value, inf if measure["op"] == "ge" else value)
