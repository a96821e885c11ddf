"""Searches for the members that collide, and for the fewest that must give way.

A *collision* is a minimal unsatisfiable subset of the members (MUS), a *concession* a minimal
correction subset (MCS): each is the minimal hitting sets of the other (Reiter 1987). The search
takes three steps:

1. Members that share no proposition with others, not even through rules, are searched apart.
2. Within such a part, a map of the subsets not yet decided is explored from its largest ones until
   it is empty: MARCO (Liffiton, Previti, Malik and Marques-Silva, Constraints 21, 2016). A subset
   that fits together is grown to a maximal one, whose rest is a concession; one that does not is
   shrunk to a collision.
3. Where that is cut short, the concessions are sought anew from the best on, as a weighted MaxSAT
   (RC2: Ignatiev, Morgado and Marques-Silva, JSAT 11, 2019): those listed are then the first in
   order, and what was cut off comes behind them.

The order is fewest that merely go unmet, then fewest holders, then fewest records. Whatever is
cut is named in `Solution.cut`.
"""

import heapq
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice, product
from math import prod

from api.analysis.engine.clauses import Encoding, Freed
from api.analysis.engine.model import SolverInput
from api.analysis.engine.parts import Part, Parts, group_by, unite
from api.analysis.engine.sat import Clause, OutOfTimeError, Sat, search_optima
from api.analysis.engine.solution import (
    Cluster,
    CorrectionSubset,
    LetGo,
    Solution,
    UnsatisfiableSubset,
    leans_on_goals,
)

_MAP_SHARE, _BEST_SHARE = 0.6, 0.9
"""The shares of the time that have gone when the map, and when the best concessions, must end."""

_MOST_LISTED = 10_000
"""How many members are in all collisions together at most, and in all concessions."""

_MOST_TOGETHER = 20_000
"""How many combinations of several parts' concessions are put in order at most."""


def solve_input(problem: SolverInput, *, limit: int, seconds: float) -> Solution:
    """Find up to `limit` collisions and concessions within about `seconds`."""
    start = time.monotonic()
    encoding = Encoding(problem)
    oracle = Sat(encoding.write_clauses(), start + _MAP_SHARE * seconds)
    return _Search(encoding, oracle, limit, start, seconds).run_search()


class _Part:
    """Members, rules and goals that hang together, and what was found of them."""

    def __init__(self, part: Part) -> None:
        self.members, self.rules, self.goals = part
        self.collisions: list[UnsatisfiableSubset] = []
        self.corrections: list[tuple[int, ...]] = []
        self.complete = False


def _count_listed(sets: Sequence[Sequence[int]]) -> int:
    """Return how many sets are listed: the first, and others as long as not too much is in them."""
    totals = accumulate(map(len, sets))
    return sum(number == 0 or total <= _MOST_LISTED for number, total in enumerate(totals))


class _Search:
    def __init__(
        self, encoding: Encoding, oracle: Sat, limit: int, start: float, seconds: float
    ) -> None:
        self._encoding, self._problem, self._oracle = encoding, encoding.problem, oracle
        self._limit, self._start, self._seconds = limit, start, seconds
        parts = Parts(self._problem)
        self._parts, self._part_of = [*map(_Part, parts.every)], parts.of_member
        self._least: dict[tuple[int, ...], dict[int, LetGo] | None] = {}

    def run_search(self) -> Solution:
        """Take the three steps."""
        out_of_time, collisions = not self._explore_parts(), self._sort_collisions()
        cut = [] if all(part.complete for part in self._parts) else ["collisions"]
        hopeless = _list_hopeless(collisions)
        collisions = hopeless or collisions
        listed = _count_listed([each.members for each in collisions][: self._limit])
        if len(collisions) > listed:
            collisions, cut = collisions[:listed], ["collisions"]
        corrections, complete = ([], True) if hopeless else self._order_corrections()
        listed = _count_listed(corrections)
        corrections, complete = corrections[:listed], complete and len(corrections) == listed
        concessions = [CorrectionSubset(each, self._let_go(each)) for each in corrections]
        out_of_time |= any(each.let_go is None for each in concessions)
        cut += [*([] if complete else ["concessions"]), *(["time"] if out_of_time else [])]
        clusters = tuple(self._find_clusters(collisions, corrections))
        return Solution(tuple(collisions), tuple(concessions), clusters, tuple(cut))

    def _find_clusters(
        self, collisions: Sequence[UnsatisfiableSubset], listed: Sequence[tuple[int, ...]]
    ) -> Iterator[Cluster]:
        """Yield clusters in order of their first collisions, by the ways out of their parts.

        Of a part that is cut, those of the listed sets are taken.
        """
        find_root = unite(each.members for each in collisions if each.members)
        roots = [find_root(each.members[0]) if each.members else None for each in collisions]
        for group in group_by(range(len(collisions)), roots.__getitem__):
            members = {each for index in group for each in collisions[index].members}
            parts = [self._parts[self._part_of[each]] for each in [*members][:1]]
            sets = (part.corrections if part.complete else listed for part in parts)
            ways = {tuple(m for m in each if m in members) for some in sets for each in some}
            yield Cluster(tuple(group), tuple(sorted(ways - {()}, key=self._cost_of)))

    def _is_beside_the_goals(self, part: _Part) -> bool:
        soft = any(self._problem.members[each].noun == "goals" for each in part.members)
        return not (part.goals or soft)

    def _seconds_left(self, share: float) -> float:
        return self._start + share * self._seconds - time.monotonic()

    # Step 2

    def _explore_parts(self) -> bool:
        """Explore each part, those that touch the goals first; return whether time sufficed."""
        in_time = True
        for part in sorted(self._parts, key=self._is_beside_the_goals):
            try:
                self._explore_part(part)
            except OutOfTimeError:
                in_time = False
        return in_time

    def _sort_collisions(self) -> list[UnsatisfiableSubset]:
        found = (each for part in self._parts for each in part.collisions)
        return sorted(found, key=lambda each: (not leans_on_goals(self._problem, each),
                                               len(each.members), each.members))  # fmt: skip

    def _explore_part(self, part: _Part) -> None:
        number = {member: place for place, member in enumerate(part.members, 1)}
        undecided: list[Clause] = [[each, -each] for each in number.values()]
        chart = Sat(undecided, self._oracle.end)
        chart.prefer_literals(number.values())
        while chart.is_satisfiable():
            if len(part.collisions) > self._limit or len(part.corrections) > _MOST_TOGETHER:
                return
            drawn = chart.read_model()
            decided = self._decide_seed(part, [m for m in part.members if number[m] in drawn])
            if not decided:  # all fit, or nothing does
                break
            chart.add_clause([number[each] * sign for each, sign in decided])
        part.complete = True

    def _decide_seed(self, part: _Part, seed: list[int]) -> list[tuple[int, int]]:
        """Turn a seed into a correction or a collision; return its members with their signs."""
        if self._is_satisfiable(part, seed):
            rest = self._grow_subset(part, seed)
            part.corrections.append(rest)
            return [(each, 1) for each in rest]
        found = self._shrink_to_collision(part, seed)
        part.collisions.append(found)
        return [(each, -1) for each in found.members]

    def _is_satisfiable(self, part: _Part, members: Iterable[int]) -> bool:
        return self._oracle.is_satisfiable(self._select_hard(part) + self._select_members(members))

    def _select_hard(self, part: _Part) -> list[int]:
        rules = [self._encoding.rules[each] for each in part.rules]
        return [*rules, *(self._encoding.goals[each] for each in part.goals)]

    def _select_members(self, members: Iterable[int]) -> list[int]:
        return [self._encoding.members[each] for each in members]

    def _grow_subset(self, part: _Part, seed: Sequence[int]) -> tuple[int, ...]:
        """Grow a satisfiable subset until nothing more fits; return what is left."""
        kept = set(seed)
        for each in part.members:
            if each not in kept and self._is_satisfiable(part, [*sorted(kept), each]):
                kept.add(each)
        return tuple(each for each in part.members if each not in kept)

    def _shrink_to_collision(self, part: _Part, seed: Sequence[int]) -> UnsatisfiableSubset:
        """Shrink a subset that does not fit, then the goals that it leans on, then the rules."""
        core = self._oracle.read_core()
        suspects = [s for s in self._select_members(seed) if s in core]
        members = self._shrink_selectors(suspects, self._select_hard(part))
        rules = [self._encoding.rules[each] for each in part.rules]
        goals = [self._encoding.goals[each] for each in part.goals]
        goals = self._shrink_selectors(goals, [*rules, *members])
        rules = self._shrink_selectors(rules[::-1], [*goals, *members])
        return UnsatisfiableSubset(
            tuple(each for each in part.members if self._encoding.members[each] in members),
            tuple(each for each in part.rules if self._encoding.rules[each] in rules),
            tuple(each for each in part.goals if self._encoding.goals[each] in goals),
        )

    def _shrink_selectors(self, selectors: Sequence[int], fixed: Sequence[int]) -> list[int]:
        """Drop selectors that do not fit beside fixed ones, until none more can be missed."""
        kept, place = list(selectors), 0
        while place < len(kept):
            rest = kept[:place] + kept[place + 1 :]
            if self._oracle.is_satisfiable([*fixed, *rest]):
                place += 1
            else:
                core = self._oracle.read_core()
                kept = [s for i, s in enumerate(rest) if i < place or s in core]
        return kept

    # Step 3

    def _order_corrections(self) -> tuple[list[tuple[int, ...]], bool]:
        """Return up to `limit` sets in order, and whether these are all."""
        if all(part.complete for part in self._parts):
            combinations = prod(len(part.corrections) for part in self._parts)
            if combinations <= _MOST_TOGETHER:
                every = product(*(part.corrections for part in self._parts))
                together = [tuple(sorted(sum(each, ()))) for each in every]
                best = heapq.nsmallest(self._limit, together, key=self._cost_of)
                return [each for each in best if each], combinations <= self._limit
        best = list(islice(self._search_best(), self._limit))
        return best, False

    def _cost_of(self, members: tuple[int, ...]) -> tuple[int, int, int, tuple[int, ...]]:
        chosen = [self._problem.members[each] for each in members]
        unmet = sum(each.gives_way == "goes_unmet" for each in chosen)
        holders = len({each.holder for each in chosen if each.holder is not None})
        return unmet, holders, sum(len(each.records) for each in chosen), members

    def _search_best(self) -> Iterator[tuple[int, ...]]:
        """Yield concessions from the best on, until the time is over."""
        encoding = self._encoding
        with search_optima(*self._weigh_members(), self._seconds_left(_BEST_SHARE)) as search:
            for model in search:
                given_up = [s for s in encoding.members if -s in model]
                if not given_up:
                    return
                search.add_clause(given_up)
                yield tuple(i for i, s in enumerate(encoding.members) if -s in model)

    def _weigh_members(self) -> tuple[list[Clause], dict[int, int]]:
        """Return the hard clauses, and the weight of each literal that may be given up."""
        encoding, members = self._encoding, self._problem.members
        holders = {each.holder: encoding.new_variable() for each in members if each.holder}
        records = sum(len(each.records) for each in members)
        hard = [*encoding.write_clauses(), *([each] for each in (*encoding.rules, *encoding.goals))]
        soft = {-variable: records + 1 for variable in holders.values()}
        for each, selector in zip(members, encoding.members, strict=True):
            unmet = each.gives_way == "goes_unmet"
            soft[selector] = len(each.records) + unmet * (records + 1) * (len(holders) + 1)
            if each.holder is not None:
                hard.append([selector, holders[each.holder]])
        return hard, soft

    def _let_go(self, members: tuple[int, ...]) -> dict[int, LetGo] | None:
        """Find the least to let go of the preconditions that give way, part by part."""
        found: dict[int, LetGo] = {}
        for given_up in group_by(members, self._part_of.__getitem__):
            own = tuple(given_up)
            if own not in self._least:
                self._least[own] = self._least_of(own)
            if (least := self._least[own]) is None:
                return None
            found |= least
        return found

    def _least_of(self, given_up: Sequence[int]) -> dict[int, LetGo] | None:
        """Find the least to let go of preconditions of one part; None if the time is over."""
        hard, freed = self._write_loosely(given_up)
        if not freed:
            return {}
        if (left := self._seconds_left(1)) <= 0:
            return None
        part = self._parts[self._part_of[given_up[0]]]
        hard += [*self._encoding.write_hard(), *([each] for each in self._select_hard(part))]
        for each in part.members:
            if each not in given_up:
                hard += self._encoding.write_claim(self._problem.members[each].claim)
        soft = {-each: 1 for some in chain(*freed.values()) for each in some.values()}
        with search_optima(hard, soft, left) as search:
            model = next(iter(search), None)
        if model is None:
            return None
        return {each: _read_let_go(parts, model) for each, parts in freed.items()}

    def _write_loosely(self, given_up: Iterable[int]) -> tuple[list[Clause], dict[int, Freed]]:
        """Write the conditions that give way; return by which variables what of each is let go."""
        hard, freed = list[Clause](), dict[int, Freed]()
        for each in given_up:
            if self._problem.members[each].claim.kind == "condition":
                clauses, freed[each] = self._encoding.write_loosely(each)
                hard += clauses
        return hard, freed


def _read_let_go(freed: Freed, model: set[int]) -> LetGo:
    gone = ([x for x, variable in some.items() if variable in model] for some in freed)
    return LetGo(*map(tuple, gone))


def _list_hopeless(collisions: Iterable[UnsatisfiableSubset]) -> list[UnsatisfiableSubset]:
    """List those of goals and rules alone: nothing that anybody gives up helps there."""
    found = [each for each in collisions if not each.members]
    return [each for each in found if not each.goals] or found
