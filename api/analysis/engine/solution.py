"""The result of a search: minimal collisions and concessions, and the certificates of these."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from api.analysis.declarations import about, answer
from api.analysis.engine.model import Member, SolverInput
from api.analysis.engine.parts import Parts, group_by


class LetGo(NamedTuple):
    """The part of a precondition that is dropped: some antecedents, some consequents."""

    antecedents: tuple[str, ...]
    consequents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnsatisfiableSubset:
    """Members that cannot all hold, and the rules and goals that this leans on (all by index).

    Leaning is minimal, too: without any one of them, these members fit. Goals are named only
    where the members fit without any goal.
    """

    members: tuple[int, ...]
    rules: tuple[int, ...]
    goals: tuple[int, ...]


def leans_on_goals(problem: SolverInput, collision: UnsatisfiableSubset) -> bool:
    """Return whether a collision needs a goal: a hard one, or one among its members.

    Rules that contradict each other leave no world for a goal either.
    """
    members = [problem.members[each] for each in collision.members]
    return bool(collision.goals) or not members or any(each.noun == "goals" for each in members)


def hinders_goals(problem: SolverInput, collision: UnsatisfiableSubset) -> bool:
    """Return whether a collision is in the way of the goals; without goals each one is."""
    has_goals = bool(problem.goals) or any(each.noun == "goals" for each in problem.members)
    return not has_goals or leans_on_goals(problem, collision)


Conceded = tuple[tuple[int, LetGo | None], ...]
"""Members that give way; of preconditions also what of them is let go, if that is known."""


@dataclass(frozen=True, slots=True)
class CorrectionSubset:
    """Members that must give way so that all others fit; for preconditions the least to let go.

    `let_go` is None where the time was over before it was found.
    """

    members: tuple[int, ...]
    let_go: Mapping[int, LetGo] | None

    @property
    def conceded(self) -> Conceded:
        """Each of the members with what of it is let go."""
        let_go = self.let_go or {}
        return tuple((each, let_go.get(each)) for each in self.members)

    def split_by(self, parts: Parts) -> dict[int, Conceded]:
        """Map the parts in which somebody gives way to who does there, and what is let go."""
        split = group_by(self.conceded, lambda each: parts.of_member[each[0]])
        return {parts.of_member[some[0][0]]: tuple(some) for some in split}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Collisions, by index, that share no member with others: a quarrel that is solved apart.

    `ways_out` are the minimal sets of members without which none of the collisions is left. A
    concession of all is one way out of each cluster, in every combination.
    """

    collisions: tuple[int, ...]
    ways_out: tuple[tuple[int, ...], ...]


def weaken_member(member: Member, let_go: LetGo | None) -> Iterator[Member]:
    """Yield what is left of a precondition: what it still asks for, and what it still promises.

    Nothing is left of it where it is not known what is let go.
    """
    claim = member.claim
    if let_go is None:
        return
    if claim.necessary:
        asked = tuple(tuple(x for x in each if x not in let_go.antecedents)
                      for each in claim.alternatives)  # fmt: skip
        yield replace(member, claim=replace(claim, alternatives=asked, sufficient=False))
    promised = tuple(each for each in claim.consequents if each not in let_go.consequents)
    if claim.sufficient and promised:
        kept = replace(claim, consequents=promised, necessary=False)
        yield replace(member, claim=kept, timing=None)


@dataclass(frozen=True, slots=True)
class Solution:
    """What was found; `cut` names the lists that are not complete, and `time` if it ran out."""

    collisions: tuple[UnsatisfiableSubset, ...]
    concessions: tuple[CorrectionSubset, ...]
    clusters: tuple[Cluster, ...]
    cut: tuple[str, ...]


@answer
class Certificate:
    """What shows, without a solver, that a part of an answer is right."""

    models: Sequence[Sequence[str]] = about(
        "literals that make true what fits together; none of them can be missed",
        each="a literal",
        unique=False,
    )
    proofs: Sequence[Sequence[Sequence[str]]] = about(
        "what cannot fit together: clauses that lead to the contradiction, each by unit "
        "propagation (RUP); no clause where that finds it alone",
        each="a literal, or `(a&b)` for several together",
        unique=False,
    )


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of a solution as a whole, and of each of its sets."""

    whole: Certificate
    collisions: tuple[Certificate, ...]
    concessions: tuple[Certificate, ...]
