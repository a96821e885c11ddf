"""Weighs a holder's records on one thing, as `selection` does, where all of them are shown.

Where none counts, what others say is reported, which is no fact.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api import clock
from api.analysis.engine.in_force import MOST_DISPUTED, Rank, RecordsInForce
from api.analysis.engine.stances import (
    Overrides,
    day_of,
    lean_of,
    list_holders,
    list_subjects,
    noun_of,
    rank_voice,
    sign_of,
)
from api.ledger.noun import Record
from api.ledger.rules import bound_validity
from api.vocabulary import LINE_STATE

NONE_RECORDED = "none_recorded"
_Lean = Callable[[Record], int]
_Rival = tuple[Record, Rank | None]
_Weighed = tuple[str, list[str]]
"""The LINE_STATE of a record for a holder, and the first ids of what contradicts it."""

_STATES = ("denied", "reported", "held")
"""The state by the first number of a rank."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a holder stands on one thing: a LINE_STATE, and the records by which it does.

    `newest` are the newest of those of the best rank and in the highest voice.
    `leans` returns 1 where a record is for the thing, -1 where against it, else 0.
    """

    state: str
    newest: Sequence[Record]
    leans: _Lean
    disputed: tuple[Record, ...] = ()

    @property
    def shown(self) -> Record | None:
        """The one to show: the first of the newest that takes a stand, else the first."""
        return next((r for r in self.newest if self.leans(r)), next(iter(self.newest), None))


class Weighing:
    """Weighs records in the voices asked for; with `over_time` by what was in force then."""

    def __init__(
        self, records: Sequence[Record], voices: Sequence[str], *, over_time: bool = False
    ) -> None:
        self._voices, self._over_time = voices, over_time
        self.overrides = Overrides(records)
        self._rivals = defaultdict[tuple[str, Hashable], list[_Rival]](list)
        self._weighed: dict[tuple[str, Hashable], Mapping[str, _Weighed]] = {}
        for record in records:
            subjects = list_subjects(record)
            for holder in list_holders(record):
                rival = record, self._rank_record(record, [holder])
                for subject in subjects:
                    self._rivals[holder, subject].append(rival)

    def _is_gone(self, record: Record, holder: str) -> bool:
        if self.overrides.find_denial(record, holder) is not None:
            return True
        # What was replaced has held, and is an event of its own.
        return not self._over_time and self.overrides.is_replaced(record, holder)

    def _rank_record(
        self, record: Record, holders: Collection[str], leans: _Lean = lean_of
    ) -> Rank | None:
        """Return how much a record counts among its rivals for holders; None for nothing."""
        if record["rank"] == "deprecated":
            return None
        # What one of several holders denies or replaces counts as long as another holds it.
        is_gone = all(self._is_gone(record, e) for e in list_holders(record) if e in holders)
        state = 0 if is_gone else 2 if record["voice"] in self._voices else 1
        # A warning takes no demand back.
        takes = leans is not lean_of or leans(record) != 0
        return state, takes, record["rank"] == "preferred", rank_voice(record), day_of(record)

    def find_stand(
        self, records: Iterable[Record], holders: Collection[str], leans: _Lean = lean_of
    ) -> Stand:
        """Find where holders, who speak as one, stand by their records on one thing."""
        ranks = ((self._rank_record(each, holders, leans), each) for each in records)
        ranked = [(rank, each) for rank, each in ranks if rank]
        if not ranked:
            return Stand(NONE_RECORDED, (), leans)
        best = max(rank for rank, _ in ranked)
        newest = [each for rank, each in ranked if rank == best]
        disputed = self._find_disputed(newest, holders, leans)
        return Stand(_STATES[best[0]], newest, leans, disputed)

    def _find_disputed(
        self, newest: Sequence[Record], holders: Collection[str], leans: _Lean
    ) -> tuple[Record, ...]:
        """Return equal records of one day that contradict each other, and their challengers."""
        challengers = {
            challenger["id"]: challenger
            for each in newest for holder in list_holders(each) if holder in holders
            for challenger in self.overrides.list_challengers(each, holder)
        }  # fmt: skip
        rivals = [*newest, *challengers.values()]
        takes = any(noun_of(each) == "preconditions" or sign_of(each) for each in newest)
        is_disputed = takes and {1, -1} <= set(map(leans, rivals))
        return tuple(rivals) if is_disputed else ()

    def weigh(self, record: Record, holder: str, consequent: str | None = None) -> _Weighed:
        """Return how a record counts for a holder, and the first ids of what contradicts it.

        Conditions count as they do for one of the things that they are for, else for that for which
        they count most.
        """
        subjects = list_subjects(record)
        if consequent is not None:
            subjects = [subjects[record["consequents"].index(consequent)]]
        found = [self._weigh_on(subject, holder)[record["id"]] for subject in subjects]
        if len(found) == 1:
            return found[0]
        disputing = dict.fromkeys(id for _, ids in found for id in ids)
        states = {state for state, _ in found}
        return next(filter(states.__contains__, LINE_STATE.values)), [*disputing][:MOST_DISPUTED]

    def _weigh_on(self, subject: Hashable, holder: str) -> Mapping[str, _Weighed]:
        """Weigh all records of a holder on one thing; return what is found by their ids."""
        key = holder, subject
        if key not in self._weighed:
            self._weighed[key] = dict(self._weigh_rivals(self._rivals[key], holder))
        return self._weighed[key]

    def _weigh_rivals(
        self, rivals: Sequence[_Rival], holder: str
    ) -> Iterator[tuple[str, _Weighed]]:
        """Weigh each record among those in force on its day of attestation, from day to day."""
        in_force = RecordsInForce(rivals, self.overrides, holder)
        first, last, of = zip(*(self._find_days(record) for record, _ in rivals), strict=True)
        places = [place for place, day in enumerate(first) if day <= last[place]]
        opening = sorted(places, key=first.__getitem__, reverse=True)
        closing = sorted(places, key=last.__getitem__, reverse=True)
        for place in sorted(range(len(rivals)), key=of.__getitem__):
            while opening and first[opening[-1]] <= of[place]:
                in_force.add(opening.pop())
            while closing and last[closing[-1]] < of[place]:
                in_force.drop(closing.pop())
            state = self._find_state(rivals[place], place, in_force, holder)
            yield rivals[place][0]["id"], (state, in_force.list_disputing(place))

    def _find_days(self, record: Record) -> tuple[str, str, str]:
        """Return the first and the last day on which a record counts, and the one it is of."""
        if not self._over_time:
            return clock.UNKNOWN, clock.OPEN, clock.OPEN
        period = bound_validity(record)
        return period["valid_start"], period["valid_end"], record["attested_on"]

    def _find_state(self, rival: _Rival, place: int, in_force: RecordsInForce, holder: str) -> str:
        record, rank = rival
        if rank is None or _STATES[rank[0]] != "held":
            return self._find_unheard_state(record, holder)
        lean = lean_of(record)
        if noun_of(record) == "preconditions" and not self._over_time:
            return _find_state_of_conditions(rank, in_force.find_newest(-lean), in_force.best)
        if not lean or in_force.agrees_with(lean) or in_force.is_newest(place):
            return "held"
        if not in_force.hears(place):
            return "outranked"
        return "held" if self._over_time else "superseded"

    def _find_unheard_state(self, record: Record, holder: str) -> str:
        """Return why a record is not heard: it is deprecated, gone, or in another voice."""
        if record["rank"] == "deprecated":
            return "deprecated"
        if self.overrides.find_denial(record, holder) is not None:
            return "denied"
        return "superseded" if record["voice"] in self._voices else "reported"


def _find_state_of_conditions(rank: Rank, opposite: Rank | None, best: Rank | None) -> str:
    """Return how conditions count beside others, by the newest that say the opposite of them."""
    if best is not None and rank[:3] < best[:3]:
        return "outranked"
    if opposite is None or opposite[:3] < rank[:3] or opposite < rank or rank == best:
        return "held"
    return "outranked" if rank[3] < opposite[3] else "superseded"
