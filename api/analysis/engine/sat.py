"""The SAT solver: the only importer of python-sat, which brings no types.

`Sat` decides again and again whether clauses are satisfiable under assumptions. `Optima` finds
models, the cheapest first. A variable is a number above 0, a literal its number or minus it, a
clause a list of literals of which one is true.
"""

import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pysat.examples.rc2 import RC2  # pyright: ignore[reportMissingTypeStubs]
from pysat.formula import WCNF  # pyright: ignore[reportMissingTypeStubs]
from pysat.solvers import Solver  # pyright: ignore[reportMissingTypeStubs]

Clause = list[int]

_ENGINE = "g4"
_MOST_CONFLICTS = 20_000
"""How many conflicts one question may take before it counts as out of time: about half a second."""
_CONFLICTS_AT_A_TIME = 500
"""While the solver works no other thread of the process does, so it is asked in small pieces."""

_MOST_TRIMMED = 100
"""How long a proof is of which each line is tried to be left out, at most."""


class OutOfTimeError(Exception):
    """The time is over, or one question took too many conflicts."""


class Sat:
    """Clauses, and whether they are satisfiable; `end` is when it stops answering (monotonic).

    The solver frees its memory with the last reference to it.
    """

    def __init__(self, clauses: Iterable[Clause], end: float) -> None:
        self._solver: Any = Solver(_ENGINE, bootstrap_with=clauses)
        self.end = end

    def add_clause(self, clause: Clause) -> None:
        """Add a clause."""
        self._solver.add_clause(clause)

    def prefer_literals(self, literals: Iterable[int]) -> None:
        """Prefer models in which these literals are true."""
        self._solver.set_phases(list(literals))

    def is_satisfiable(self, assumed: Iterable[int] = ()) -> bool:
        """Return whether the clauses can all be true under assumptions; raises OutOfTimeError."""
        # Glucose has a level for each assumption and room for one a variable: repeats overflow it.
        return _solve(self._solver, self.end, list(dict.fromkeys(assumed)))

    def read_model(self) -> set[int]:
        """Return the literals of the model that `is_satisfiable` found."""
        return set(self._solver.get_model() or ())

    def read_core(self) -> set[int]:
        """Return assumptions that contradict the clauses, after `is_satisfiable` returned False."""
        return set(self._solver.get_core() or ())


def _solve(solver: Any, end: float, assumed: list[int]) -> bool:
    for _ in range(_MOST_CONFLICTS // _CONFLICTS_AT_A_TIME):
        if time.monotonic() > end:
            break
        solver.conf_budget(_CONFLICTS_AT_A_TIME)
        found = solver.solve_limited(assumptions=assumed)
        if found is not None:
            return found
    raise OutOfTimeError


def prove_contradiction(clauses: Sequence[Clause], end: float) -> list[Clause]:
    """Return lines that end in the contradiction of clauses, by reverse unit propagation.

    The list is empty where unit propagation alone finds it. Raises OutOfTimeError.
    """
    solver: Any
    with Solver(_ENGINE, bootstrap_with=clauses, with_proof=True) as solver:
        if not solver.propagate([])[0]:
            return []
        _solve(solver, end, [])
        told: list[str] = solver.get_proof()
    lines = [[*map(int, each.split()[:-1])] for each in told if not each.startswith("d")]
    lines = [each for each in lines if each]
    return _trim_proof(clauses, lines) if len(lines) <= _MOST_TRIMMED else lines


def _trim_proof(clauses: Sequence[Clause], lines: Sequence[Clause]) -> list[Clause]:
    """Drop the lines that the rest does not need, from the last one on."""
    first = 1 + max(abs(each) for clause in clauses for each in clause)
    kept: list[tuple[int, Clause]] = []
    solver: Any
    with Solver(_ENGINE, bootstrap_with=clauses) as solver:
        for selector, line in enumerate(lines, first):
            solver.add_clause([-selector, *line])
        for selector, line in reversed([*enumerate(lines, first)]):
            before = [*range(first, selector)]
            for other, later in (*kept, (0, [])):
                if solver.propagate([*before, *(-each for each in later)])[0]:
                    kept.insert(0, (selector, line))
                    break
                before.append(other)
    return [line for _, line in kept]


class Optima:
    """Models of hard clauses in which the least weight of soft literals is false."""

    def __init__(self, search: Any) -> None:
        self._search = search

    def __iter__(self) -> Iterator[set[int]]:
        """Yield models, the cheapest first; each must be forbidden before the next is asked for."""
        while (model := self._search.compute(expect_interrupt=True)) is not None:
            yield set(model)

    def add_clause(self, clause: Clause) -> None:
        """Add a hard clause."""
        self._search.add_clause(clause)


@contextmanager
def search_optima(
    hard: Iterable[Clause], soft: Mapping[int, int], seconds: float
) -> Generator[Optima]:
    """Search for optima for some seconds; `soft` maps literals to weights above 0."""
    formula: Any = WCNF()
    formula.extend(list(hard))
    for literal, weight in soft.items():
        formula.append([literal], weight=weight)
    with RC2(formula, solver=_ENGINE, exhaust=True, minz=True) as search:
        alarm = threading.Timer(max(seconds, 0.01), search.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            yield Optima(search)
        finally:
            alarm.cancel()
