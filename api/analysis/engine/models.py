"""Finds models of requirements: literals that make all of them true."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from api.analysis.engine.clauses import Encoding, Requirement
from api.analysis.engine.model import atom_of
from api.analysis.engine.sat import Clause, Sat

Model = tuple[str, ...]


class ModelFinder:
    """Finds models in which no literal can be missed or could as well be true; same ones once."""

    def __init__(self, encoding: Encoding, oracle: Sat) -> None:
        self._encoding, self._oracle = encoding, oracle
        self._selected: dict[Requirement, tuple[int, Iterable[str]]] = {}
        self._clauses: dict[Requirement, list[Clause]] = {}
        self._models: dict[tuple[Requirement, ...], Model] = {}

    def find_model(self, required: Iterable[Requirement]) -> Model:
        """Find a model of requirements that can all be true."""
        requirements = tuple(dict.fromkeys(required))
        if requirements and requirements not in self._models:
            self._models[requirements] = self._solve(requirements)
        return self._models.get(requirements, ())

    def _solve(self, requirements: Sequence[Requirement]) -> Model:
        """Find a model; leave out what can be missed, and turn what can be true as well."""
        selected = [*map(self._select, requirements)]
        self._oracle.is_satisfiable(selector for selector, _ in selected)
        true, number = self._oracle.read_model(), self._encoding.number_literal
        of_atom: defaultdict[str, list[Requirement]] = defaultdict(list)
        for each, (_, atoms) in zip(requirements, selected, strict=True):
            for atom in atoms:
                of_atom[atom].append(each)
        model = {each if number(each) in true else f"!{each}" for each in of_atom}
        while sum([_simplify(model, *each) for each in of_atom.items()]):
            pass
        return tuple(x for atom in of_atom for x in (atom, f"!{atom}") if x in model)

    def _select(self, requirement: Requirement) -> tuple[int, Iterable[str]]:
        """Return the selector of a requirement, which is written at first, and its atoms."""
        if requirement not in self._selected:
            selector = self._encoding.new_variable()
            for clause in self.write_requirement(requirement):
                self._oracle.add_clause([-selector, *clause])
            atoms = dict.fromkeys(atom_of(x) for each in requirement for x in each)
            self._selected[requirement] = selector, atoms
        return self._selected[requirement]

    def write_requirement(self, requirement: Requirement) -> list[Clause]:
        """Write a requirement as clauses, with the same variables each time."""
        if requirement not in self._clauses:
            self._clauses[requirement] = [*self._encoding.write_requirement(requirement)]
        return self._clauses[requirement]


def _simplify(model: set[str], atom: str, about: Sequence[Requirement]) -> bool:
    """Drop an atom that can be missed; return whether it was turned to true instead."""
    literal = atom if atom in model else f"!{atom}"
    model.discard(literal)
    if _is_true(model, about):
        return False
    model.add(atom)
    if literal == atom or _is_true(model, about):
        return literal != atom
    model.remove(atom)
    model.add(literal)
    return False


def _is_true(model: set[str], requirements: Sequence[Requirement]) -> bool:
    return all(any(map(model.issuperset, some)) for some in requirements)
