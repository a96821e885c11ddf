"""Tests whether one set collides in a problem, or opens it, without a search for all.

A set is named by who wants what, so that the sets of one problem can be tested in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        encoding = Encoding(problem)
        self._sat = Sat(encoding.write_clauses(), end)
        self._hard = [*encoding.rules, *encoding.goals]
        self._selector = {
            (each.holder, each.claim): selector
            for each, selector in zip(problem.members, encoding.members, strict=True)
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
        return not self._is_satisfiable(chosen) and all(
            self._is_satisfiable(rest) for rest in _without_one(chosen)
        )

    def is_concession(self, tried: Wants) -> bool:
        """Whether all else fits without these, and without no fewer."""
        if not self._selector.keys() >= tried:
            return False
        kept = [self._selector[each] for each in self._selector.keys() - tried]
        return self._is_satisfiable(kept) and not any(
            self._is_satisfiable([*kept, self._selector[each]]) for each in tried
        )

    def _is_satisfiable(self, selectors: Sequence[int]) -> bool:
        return self._sat.is_satisfiable([*self._hard, *selectors])


def _without_one(chosen: Sequence[int]) -> Iterable[list[int]]:
    return ([*chosen[:place], *chosen[place + 1 :]] for place in range(len(chosen)))
