"""Splits a problem into parts that share no proposition, so that each can be solved alone."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from api.analysis.engine.model import SolverInput, atom_of

T = TypeVar("T")


class Part(NamedTuple):
    """Members, rules and goals that hang together, by index."""

    members: list[int]
    rules: list[int]
    goals: list[int]

    def select_from(self, problem: SolverInput) -> SolverInput:
        """Return the problem of this part alone."""
        return SolverInput(
            tuple(problem.members[each] for each in self.members),
            tuple(problem.rules[each] for each in self.rules),
            tuple(problem.goals[each] for each in self.goals),
        )


class Parts:
    """The parts of a problem, in the order of their first members, rules or goals."""

    def __init__(self, problem: SolverInput) -> None:
        groups = problem.list_atoms()
        find_root = unite(atoms for group in groups for atoms in group)
        numbers: dict[str | int, int] = {}
        self._of_atom: dict[str, int] = {}
        self.every: list[Part] = []
        for kind, group in enumerate(groups):
            for index, atoms in enumerate(group):
                number = numbers.setdefault(find_root(atoms[0]), len(self.every))
                if number == len(self.every):
                    self.every.append(Part([], [], []))
                self.every[number][kind].append(index)
                self._of_atom.update(dict.fromkeys(atoms, number))
        self.of_member = {m: n for n, part in enumerate(self.every) for m in part.members}

    def find_part(self, literal: str) -> int:
        """Return the number of the part that speaks of a literal's proposition."""
        return self._of_atom[atom_of(literal)]


def unite(sets: Iterable[Sequence[str | int]]) -> Callable[[str | int], str | int]:
    """Unite the values of each set; return the function that finds a value's representative."""
    root: dict[str | int, str | int] = {}

    def find_root(each: str | int) -> str | int:
        while root.setdefault(each, each) != each:
            root[each] = each = root[root[each]]
        return each

    for first, *others in sets:
        for other in others:
            root[find_root(other)] = find_root(first)
    return find_root


def group_by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Group values by a key, in the order of their first appearance."""
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())
