"""Tests whether some things fit in a problem, or one set opens it, without a search for all.

A set is named by who wants what, so that the sets of one problem can be tested in another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from api.analysis.engine.clauses import Encoding
from api.analysis.engine.model import Claim, SolverInput
from api.analysis.engine.sat import Sat

Wants = frozenset[tuple[str | None, Claim]]
"""Who wants what, whichever records show it and however it is worded."""


def list_wants(problem: SolverInput, chosen: Iterable[int]) -> Wants:
    """List who wants what in some of the members."""
    members = problem.members
    return frozenset((members[each].holder, members[each].claim) for each in chosen)


class Trial:
    """A problem in which sets are tried until the instant `end`; raises OutOfTimeError then."""

    def __init__(self, problem: SolverInput, end: float) -> None:
        self.encoding = Encoding(problem)
        self._sat = Sat(self.encoding.write_clauses(), end)
        self._selector = {
            (each.holder, each.claim): selector
            for each, selector in zip(problem.members, self.encoding.members, strict=True)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sat.__exit__()

    def is_collision(self, tried: Wants) -> bool:
        """Whether all of these cannot hold, and any fewer can."""
        if not self._selector.keys() >= tried:
            return False
        chosen = [self._selector[each] for each in tried]
        rests = ([*chosen[:n], *chosen[n + 1 :]] for n, _ in enumerate(chosen))
        return not self.is_satisfiable(chosen) and all(map(self.is_satisfiable, rests))

    def is_concession(self, tried: Wants) -> bool:
        """Whether all else fits without these, and without no fewer."""
        if not self._selector.keys() >= tried:
            return False
        kept = [self._selector[each] for each in self._selector.keys() - tried]
        return self.is_satisfiable(kept) and not any(
            self.is_satisfiable([*kept, self._selector[each]]) for each in tried
        )

    def is_satisfiable(self, assumed: Iterable[int], *, with_goals: bool = True) -> bool:
        """Whether what is assumed, selectors or literals, fits with the rules and the goals."""
        goals = self.encoding.goals if with_goals else ()
        return self._sat.is_satisfiable([*self.encoding.rules, *goals, *assumed])
