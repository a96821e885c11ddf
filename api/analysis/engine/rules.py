"""Makes the rules that no holder demands: from axioms, measures and ambiguous words.

An axiom is an analyst's. The comparison of measures is arithmetic: at most 3.67 implies at most 5
and excludes at least 20, where both are propositions on one scale. Different units are converted
where they can be (`api.units`), exactly: 1 t is 1000 kg. Axioms and measures can be switched off,
readings cannot.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from math import inf

from api.analysis.engine.model import HardRule, list_no_later, negate_literal
from api.analysis.engine.parts import group_by
from api.analysis.engine.scene import Scene
from api.errors import Invalid
from api.ledger.noun import Record
from api.units import Unit, explain_difference, read_unit

_Range = tuple[Fraction | float, Fraction | float]
"""The least and the greatest value; infinity is a float."""

_Measured = tuple[Record, _Range]

_ANY_UNIT = Unit(Fraction(1), frozenset())

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


def compare_measures(
    propositions: Iterable[Record], *, is_strict: bool = True
) -> Iterator[HardRule]:
    """Compare the measures of propositions, scale by scale.

    A scale that has too many to compare raises Invalid if `is_strict`; else it is left out.
    """
    for scale, groups in _group_by_scale(propositions):
        for comparable in groups:
            if len(comparable) <= _MOST_COMPARED:
                yield from _compare_scale(comparable)
            elif is_strict:
                raise Invalid(_TOO_MANY.format(scale=scale), parameter="measures")


def find_incomparable(propositions: Iterable[Record]) -> Iterator[tuple[str, str, str]]:
    """Yield the pairs on one scale whose units cannot be converted into each other, and why."""
    for _scale, groups in _group_by_scale(propositions):
        for some, others in combinations(groups, 2):
            for (one, _), (other, _) in product(some, others):
                units = (each["measure"].get("unit") for each in (one, other))
                yield one["id"], other["id"], explain_difference(*units)


def _group_by_scale(
    propositions: Iterable[Record],
) -> Iterator[tuple[str, list[Sequence[_Measured]]]]:
    """Yield each scale with groups of what can be compared on it."""
    measured = (each for each in propositions if each["measure"])
    for same in group_by(measured, lambda each: each["measure"]["scale"]):
        yield same[0]["measure"]["scale"], _group_by_dimension(same)


def _group_by_dimension(measured: Sequence[Record]) -> list[Sequence[_Measured]]:
    # One unit is not read: the library that reads it is slow to import.
    has_one = len({each["measure"].get("unit") for each in measured}) == 1
    groups: defaultdict[Hashable, list[_Measured]] = defaultdict(list)
    for each in measured:
        unit = _ANY_UNIT if has_one else read_unit(each["measure"].get("unit"))
        groups[unit.dimensions].append((each, _read_range(each["measure"], unit)))
    return [*groups.values()]


def _compare_scale(comparable: Sequence[_Measured]) -> Iterator[HardRule]:
    for (one, own), (other, others) in permutations(comparable, 2):
        relation = _compare_ranges(own, others)
        # Exclusion is the same both ways.
        if relation == "implies" or (relation == "excludes" and one["id"] < other["id"]):
            pair = (one["id"], other["id"])
            id = f"{pair[0]} {relation} {pair[1]}"
            yield HardRule("measure", id, relation, pair, _write_clauses(relation, pair))


def find_picked_readings(rules: Iterable[HardRule], scene: Scene) -> frozenset[str]:
    """List the ambiguous propositions of which a rule picks one reading."""
    return frozenset(
        id for rule in rules for reading, id in list_no_later(rule)
        if reading in (scene.find_proposition(id).get("readings") or ())
    )  # fmt: skip


def make_reading_rules(
    propositions: Iterable[Record], decided: frozenset[str]
) -> Iterator[HardRule]:
    """Say of each ambiguous proposition, unless its meaning is decided, what it may mean."""
    for each in propositions:
        if each["readings"] and each["id"] not in decided:
            id, readings = each["id"], tuple(each["readings"])
            clause = (negate_literal(id), *readings)
            yield HardRule("reading", id, "reads_as", (id, *readings), (clause,))


def make_meaning_rule(proposition: str, reading: str) -> HardRule:
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


def _compare_ranges(one: _Range, other: _Range) -> str | None:
    (low, high), (least, most) = one, other
    if least <= low and high <= most:
        return "implies"
    if high < least or most < low:
        return "excludes"
    return None


def _read_range(measure: Mapping[str, object], unit: Unit) -> _Range:
    """Return the bounds in base units, exactly as the decimal number was written."""
    value = Fraction(str(measure["value"])) * unit.factor
    return (-inf if measure["op"] == "le" else value, inf if measure["op"] == "ge" else value)
