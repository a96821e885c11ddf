"""Whether a set collides in a problem, or opens it, as it stands: tried, without a search for all.

Both are asked of who wants what, so that one problem's sets can be held against another problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from api.analysis.engine.clauses import Encoding
from api.analysis.engine.model import Claim, Problem
from api.analysis.engine.sat import Sat

Wants = frozenset[tuple[str | None, Claim]]
"""Who wants what, whichever records show it and however it is worded."""


def wants(problem: Problem, chosen: Iterable[int]) -> Wants:
    """Say who wants what in some of the members."""
    members = problem.members
    return frozenset((members[each].holder, members[each].claim) for each in chosen)


class Trial:
    """A problem in which sets are tried until the instant `end`; raises OutOfTimeError then."""

    def __init__(self, problem: Problem, end: float) -> None:
        encoding = Encoding(problem)
        self._sat = Sat(encoding.clauses(), end)
        self._hard = [*encoding.rules, *encoding.goals]
        self._selector = {
            (each.holder, each.claim): selector
            for each, selector in zip(problem.members, encoding.members, strict=True)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sat.__exit__()

    def collides(self, tried: Wants) -> bool:
        """Whether all of these cannot hold, and any fewer can."""
        if not self._selector.keys() >= tried:
            return False
        chosen = [self._selector[each] for each in tried]
        return not self._fits(chosen) and all(self._fits(rest) for rest in _without_one(chosen))

    def opens(self, tried: Wants) -> bool:
        """Whether all else fits without these, and without no fewer."""
        if not self._selector.keys() >= tried:
            return False
        kept = [self._selector[each] for each in self._selector.keys() - tried]
        return self._fits(kept) and not any(
            self._fits([*kept, self._selector[each]]) for each in tried
        )

    def _fits(self, selectors: Sequence[int]) -> bool:
        return self._sat.fits([*self._hard, *selectors])


def _without_one(chosen: Sequence[int]) -> Iterable[list[int]]:
    return ([*chosen[:place], *chosen[place + 1 :]] for place in range(len(chosen)))
