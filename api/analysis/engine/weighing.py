"""Weighs a holder's records one by one, as a deadlock chooses among them.

Those count that are in a voice asked for, neither deprecated, replaced nor denied; of these
`stances` picks. Where none counts, what others say is reported, which is no fact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.engine import stances
from api.ledger.noun import Record
from api.ledger.rules import bound_validity

NONE_RECORDED = "none_recorded"


def lean_of(record: Record) -> int:
    """Return the side that a record takes; conditions for one thing agree unless one denies any."""
    if "antecedents_kind" in record:
        return -1 if record["antecedents_kind"] == "none" else 1
    return stances.lean_of(record)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a holder stands on one thing: a LINE_STATE, and the records by which it does."""

    state: str
    standing: stances.Standing
    disputed: tuple[str, ...] = ()


class Weighing:
    """Weighs records in the voices asked for; with `over_time` by what was in force then."""

    def __init__(
        self,
        positions: Sequence[Record],
        preconditions: Sequence[Record] = (),
        voices: Sequence[str] = (),
        *,
        over_time: bool = False,
    ) -> None:
        self._voices, self._over_time = voices, over_time
        self.denials = stances.list_denied(positions)
        self._by_id = {each["id"]: each for each in positions}
        self._replaced, self._challenged = set[str](), dict[str, Record]()
        self._rivals: defaultdict[tuple[str, object], list[Record]] = defaultdict(list)
        for some in (positions, preconditions):
            replaced, challenged = stances.list_replaced(some)
            self._replaced |= replaced
            self._challenged |= challenged
            for record in some:
                for holder in stances.list_holders(record):
                    self._rivals[holder, _subject_of(record)].append(record)

        # What was replaced has held, and is an event of its own.
        self._gone = frozenset([*self.denials, *(() if over_time else self._replaced)])

    def find_denial(self, record: Record) -> Record | None:
        """Return the position by which its supposed holder denies a record."""
        return self._by_id.get(self.denials.get(record["id"], ""))

    def find_stand(
        self, records: Iterable[Record], leans: Callable[[Record], int] = lean_of
    ) -> Stand:
        """Find where a holder stands by its records on one thing."""
        there = [each for each in records if each["rank"] != "deprecated"]
        counted = [each for each in there if each["id"] not in self._gone]
        heard = [each for each in counted if each["voice"] in self._voices]
        told = (("held", heard), ("reported", counted), ("denied", there))
        state, chosen = next((each for each in told if each[1]), (NONE_RECORDED, list[Record]()))
        if leans is lean_of:  # A warning takes no demand back.
            chosen = [each for each in chosen if leans(each)] or chosen
        found = stances.find_standing(chosen)
        standing = stances.Standing(found.preferred, found.heard, found.newest, leans)
        return Stand(state, standing, self._find_disputed(standing))

    def _find_disputed(self, standing: stances.Standing) -> tuple[str, ...]:
        """Return the ids of equal records of one day that contradict each other."""
        newest = list(standing.newest)
        newest += [self._challenged[e["id"]] for e in newest if e["id"] in self._challenged]
        sides = {standing.leans(each) for each in newest}
        takes = any("antecedents_kind" in e or stances.sign_of(e) for e in standing.newest)
        return tuple(each["id"] for each in newest) if takes and {1, -1} <= sides else ()

    def weigh(self, record: Record, holder: str) -> tuple[str, list[str]]:
        """Return how a record counts for a holder, and the ids of those that contradict it."""
        stand = self.find_stand(self._list_rivals(record, holder))
        others = [each for each in stand.disputed if each != record["id"]]
        return self._find_state(record, stand), others if record["id"] in stand.disputed else []

    def _list_rivals(self, record: Record, holder: str) -> Iterator[Record]:
        day = record["attested_on"]
        for each in self._rivals[holder, _subject_of(record)]:
            period = bound_validity(each)
            if not self._over_time or period["valid_start"] <= day <= period["valid_end"]:
                yield each

    def _find_state(self, record: Record, stand: Stand) -> str:
        standing, is_condition = stand.standing, "antecedents_kind" in record
        leans = {lean_of(each) for each in standing.newest}
        agrees = not lean_of(record) or {lean_of(record)} == leans
        told = (
            ("deprecated", record["rank"] == "deprecated"),
            ("denied", record["id"] in self.denials),
            ("reported", record["voice"] not in self._voices),
            ("superseded", record["id"] in self._gone),
            ("held", agrees or _has_id(standing.newest, record)),
            ("outranked", not _has_id(standing.heard, record)),
            ("superseded", not (self._over_time or is_condition)),
        )
        return next((state for state, is_so in told if is_so), "held")


def _subject_of(record: Record) -> object:
    """Return the thing on which a record competes with others of its holder."""
    if "antecedents_kind" in record:
        return frozenset(record["consequents"])
    return record["proposition"] or f"proposals/{record['responds_to']['proposal']}"


def _has_id(records: Iterable[Record], record: Record) -> bool:
    return any(each["id"] == record["id"] for each in records)
