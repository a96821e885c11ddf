"""The values that stand between records and clauses: plain and frozen.

A *literal* is a proposition's id, or `!` and the id for its negation. A `Claim` is what a member
wants to be true, in logic. A `Member` is a soft constraint: it says whose claim it is and which
records show it. A `HardRule` is what an analyst or a scale adds. Nothing here knows a database, a
framework or a solver.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, permutations, product

from api.ledger.noun import Record


def negate_literal(literal: str) -> str:
    """Negate a literal."""
    return literal[1:] if literal.startswith("!") else f"!{literal}"


def write_literal(proposition: str, sign: int) -> str:
    """Return the literal of a proposition, negated where the sign is below 0."""
    return proposition if sign > 0 else f"!{proposition}"


def atom_of(literal: str) -> str:
    """Return the proposition that a literal is about."""
    return literal.removeprefix("!")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about alternatives, each of which holds if all its literals do.

    `kind` is `holds` (the only literal), `any_of` (at least one alternative: a package accepted
    with its options), `none_of` (a package rejected as a whole) or `condition`: `consequents` are
    tied to alternatives. `necessary`: each consequent only if some alternative. `sufficient`: each
    consequent if some alternative. `inferred`: the words give one direction, and the other is read
    into them. `about` is the proposal of a package, or the proposition whose readings these are.
    """

    kind: str
    alternatives: tuple[tuple[str, ...], ...]
    consequents: tuple[str, ...] = ()
    necessary: bool = False
    sufficient: bool = False
    inferred: bool = False
    about: str = ""

    @property
    def wants_one(self) -> bool:
        """Whether it needs one of its alternatives to hold."""
        return self.kind in ("holds", "any_of")

    @property
    def literals(self) -> tuple[str, ...]:
        """All literals in it."""
        return (*self.consequents, *chain.from_iterable(self.alternatives))

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each literal that it asks for, with each for which it does."""
        return product(chain.from_iterable(self.alternatives), self.consequents)


def read_condition(record: Record, *, literal_offers: bool) -> Claim:
    """Read a stated precondition of known modality.

    An offer goes both ways unless literal, and so does a necessary one that names all conditions.
    All lists are sorted, so two reports of one condition are equal.
    """
    modality = record["modality"]
    necessary = modality in ("necessary", "necessary_and_sufficient")
    sufficient = modality != "necessary"
    if modality == "offer":
        necessary = not literal_offers
    elif modality == "necessary":
        sufficient = bool(record["exhaustive"])
    return Claim(
        "condition",
        consequents=tuple(sorted(record["consequents"])),
        alternatives=tuple(sorted(tuple(sorted(each)) for each in record["antecedents"])),
        necessary=necessary,
        sufficient=sufficient,
        inferred=necessary and sufficient and modality != "necessary_and_sufficient",
    )


@dataclass(frozen=True, slots=True)
class Member:
    """One thing that one holder wants: soft, because it may be given up.

    `noun` is `positions`, `preconditions` or `goals`; `records` are all ids that show it, in the
    order in which the registry learned of them. `forces` are those of its positions, `gives_way` is
    the MOVE that giving it up is. `timing` is that of a necessary condition: `before`,
    `simultaneous`, or None where no order is asked.
    """

    noun: str
    records: tuple[str, ...]
    holder: str | None
    claim: Claim
    gives_way: str
    forces: tuple[str, ...] = ()
    timing: str | None = None

    @property
    def is_necessary(self) -> bool:
        """Whether it is a condition without which its consequents are not to hold."""
        return self.claim.necessary

    @property
    def is_refusal(self) -> bool:
        """Whether it only refuses something, so that nothing has to come about for it."""
        return self.forces == ("reject",)


@dataclass(frozen=True, slots=True)
class HardRule:
    """A rule between propositions that no holder demands.

    `kind` is `axiom` (an analyst's), `measure` (the arithmetic of a scale) or `reading` (what an
    ambiguous proposition may mean). `clauses` are disjunctions of literals, all of which hold.
    `propositions` are its literals in the author's order, `relation` a value of AXIOM_KIND.
    """

    kind: str
    id: str
    relation: str
    propositions: tuple[str, ...]
    clauses: tuple[tuple[str, ...], ...] = field(repr=False)


def list_no_later(rule: HardRule) -> Iterator[tuple[str, str]]:
    """Yield pairs of which the first comes no later than the second, of readings one of them."""
    if rule.relation in ("implies", "reads_as"):
        first, *rest = rule.propositions
        yield from ((each, first) for each in rest)
    elif rule.relation == "equivalent":
        yield from permutations(rule.propositions, 2)


@dataclass(frozen=True, slots=True)
class Omission:
    """A record that constrains nothing here for one of its holders; `reason` is a LEFT_OUT.

    `literal` is given where only this one is left out, of a whole proposal or of what conditions
    are for.
    """

    noun: str
    id: str
    reason: str
    holder: str | None = None
    literal: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Records of one holder that contradict each other with equal weight.

    `alternatives` are the ids of which the one or the other set counts.
    """

    noun: str
    holder: str
    alternatives: tuple[tuple[str, ...], ...]


Struck = frozenset[tuple[str, str, str]]
"""Records that do not count for a holder in one case: (noun, holder, id)."""


@dataclass(frozen=True, slots=True)
class SolverInput:
    """A question for the solver: soft members, hard rules and goals."""

    members: tuple[Member, ...]
    rules: tuple[HardRule, ...]
    goals: tuple[str, ...]

    def list_atoms(self) -> tuple[list[list[str]], ...]:
        """List the propositions of each member, of each rule and of each goal."""
        return (
            [[atom_of(each) for each in member.claim.literals] for member in self.members],
            [[atom_of(each) for each in rule.propositions] for rule in self.rules],
            [[atom_of(goal)] for goal in self.goals],
        )
