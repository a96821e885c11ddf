"""Weighs a holder's records on one thing, as `selection` does, where all of them are shown.

Where none counts, what others say is reported, which is no fact.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.engine.stances import (
    Precedence,
    day_of,
    lean_of,
    list_holders,
    noun_of,
    rank_voice,
    sign_of,
    subject_of,
)
from api.ledger.noun import Record
from api.ledger.rules import bound_validity

NONE_RECORDED = "none_recorded"
_Lean = Callable[[Record], int]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a holder stands on one thing: a LINE_STATE, and the records by which it does.

    `heard` are those of the best rank and in the highest voice, `newest` the newest of these.
    `leans` returns 1 where a record is for the thing, -1 where against it, else 0.
    """

    state: str
    heard: Sequence[Record]
    newest: Sequence[Record]
    leans: _Lean
    disputed: tuple[str, ...] = ()

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
        self.precedence = Precedence(records)
        self._rivals: defaultdict[tuple[str, Hashable], list[Record]] = defaultdict(list)
        for record in records:
            for holder in list_holders(record):
                self._rivals[holder, subject_of(record)].append(record)

    def _is_replaced(self, record: Record) -> bool:
        # What was replaced has held, and is an event of its own.
        replaced = self.precedence.replaced if not self._over_time else ()
        return (noun_of(record), record["id"]) in replaced

    def _is_gone(self, record: Record) -> bool:
        return self._is_replaced(record) or self.precedence.find_denial(record) is not None

    def find_stand(self, records: Iterable[Record], leans: _Lean = lean_of) -> Stand:
        """Find where a holder stands by its records on one thing."""
        there = [each for each in records if each["rank"] != "deprecated"]
        counted = [each for each in there if not self._is_gone(each)]
        heard = [each for each in counted if each["voice"] in self._voices]
        told = (("held", heard), ("reported", counted), ("denied", there))
        state, chosen = next((each for each in told if each[1]), (NONE_RECORDED, list[Record]()))
        if leans is lean_of:  # A warning takes no demand back.
            chosen = [each for each in chosen if leans(each)] or chosen
        heard = _choose_weightiest(chosen)
        day = max(map(day_of, heard), default="")
        newest = [each for each in heard if day_of(each) == day]
        return Stand(state, heard, newest, leans, self._find_disputed(newest, leans))

    def _find_disputed(self, newest: Sequence[Record], leans: _Lean) -> tuple[str, ...]:
        """Return the ids of equal records of one day that contradict each other."""
        challengers = map(self.precedence.find_challenger, newest)
        rivals = [*newest, *(each for each in challengers if each is not None)]
        takes = any(noun_of(each) == "preconditions" or sign_of(each) for each in newest)
        is_disputed = takes and {1, -1} <= set(map(leans, rivals))
        return tuple(each["id"] for each in rivals) if is_disputed else ()

    def weigh(self, record: Record, holder: str) -> tuple[str, list[str]]:
        """Return how a record counts for a holder, and the ids of those that contradict it."""
        stand = self.find_stand(self._list_rivals(record, holder))
        others = [each for each in stand.disputed if each != record["id"]]
        return self._find_state(record, stand), others if record["id"] in stand.disputed else []

    def _list_rivals(self, record: Record, holder: str) -> Iterator[Record]:
        day = record["attested_on"]
        for each in self._rivals[holder, subject_of(record)]:
            period = bound_validity(each)
            if not self._over_time or period["valid_start"] <= day <= period["valid_end"]:
                yield each

    def _find_state(self, record: Record, stand: Stand) -> str:
        leans = {lean_of(each) for each in stand.newest}
        agrees = not lean_of(record) or {lean_of(record)} == leans
        told = (
            ("deprecated", record["rank"] == "deprecated"),
            ("denied", self.precedence.find_denial(record) is not None),
            ("reported", record["voice"] not in self._voices),
            ("superseded", self._is_replaced(record)),
            ("held", agrees or record in stand.newest),
            ("outranked", record not in stand.heard),
            ("superseded", not self._over_time and noun_of(record) == "positions"),
        )
        return next((state for state, is_so in told if is_so), "held")


def _choose_weightiest(records: Sequence[Record]) -> list[Record]:
    """Choose the preferred records, if any, and of these the ones in the highest voice."""
    best = [each for each in records if each["rank"] == "preferred"] or records
    highest = max(map(rank_voice, best), default=0)
    return [each for each in best if rank_voice(each) == highest]
