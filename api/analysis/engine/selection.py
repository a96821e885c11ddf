"""Selects the records that count, and keeps account of those that do not and of disputes.

Of a holder's records on one thing the preferred ones count if there are any, else the normal ones,
never the deprecated. Of these the highest voice counts, whatever its day: own and authorised words
before narration, and that before what others relay. Of these the newest count, by the day on which
it was said, and older ones that say the same. Opposites of the newest day are disputed. So does a
deadlock select (`Selection`), and so are records weighed one by one where all are shown
(`Weighing`): where none counts, what others say is reported, which is no fact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from api.analysis.engine import model
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import (
    Precedence,
    Stance,
    day_of,
    lean_of,
    list_holders,
    list_stances,
    noun_of,
    rank_voice,
    sign_of,
    subject_of,
)
from api.ledger.noun import Record
from api.ledger.rules import bound_validity

T = TypeVar("T")
NONE_RECORDED = "none_recorded"
_Lean = Callable[[Record], int]


class Selection:
    """Selects records of a scene by the caller's choices; `struck` decides its disputes."""

    def __init__(self, scene: Scene, choices: Choices, struck: model.Struck) -> None:
        self.scene, self.choices, self._struck = scene, choices, struck
        self._precedence = Precedence(scene.positions, scene.preconditions)
        omitted = (model.Omission(*each, "by_request") for each in scene.omitted)
        self.left_out = dict.fromkeys(omitted)
        self.disputes: dict[model.Dispute, None] = {}

    def list_heard(self, records: Iterable[Record]) -> Iterator[Stance]:
        """Yield the stances that records take for those of their holders for whom they count."""
        for record in records:
            fault = self._find_fault(record)
            found = [] if fault else [*list_stances(record)]
            if not found:
                self.leave_out(record, fault or "constrains_nothing")
            for each in found:
                if self.choices.parties_only and not self.scene.is_party(each.holder):
                    self.leave_out(record, "not_party", each.holder)
                elif self._is_struck(each.holder, record):
                    self.leave_out(record, "disputed", each.holder)
                else:
                    yield each

    def _find_fault(self, record: Record) -> str | None:
        """Return why a record does not count at all."""
        noun, since = noun_of(record), self.choices.attested_since
        # In the case in which it stands in for what it replaces, its voice is heard.
        stands_in = any((noun, each, record["replaces"]) in self._struck
                        for each in list_holders(record))  # fmt: skip
        told = (
            ("deprecated", record["rank"] == "deprecated"),
            ("superseded", (noun, record["id"]) in self._precedence.replaced),
            ("denied", self._precedence.find_denial(record) is not None),
            ("voice", record["voice"] not in self.choices.voices and not stands_in),
            ("attested_earlier", since is not None and record["last_attested_on"] < since),
        )
        return next((reason for reason, is_so in told if is_so), None)

    def _is_struck(self, holder: str, record: Record) -> bool:
        """Whether a record does not count for a holder in the case worked out."""
        return (noun_of(record), holder, record["id"]) in self._struck

    def keep_latest(self, found: Iterable[Stance]) -> list[Stance]:
        """Keep the stances of each holder that count; leave the others out."""
        rivals = group_by(found, lambda each: each.subject)
        return [each for some in rivals for each in self._keep_standing(some)]

    def _keep_standing(self, rivals: Sequence[Stance]) -> Iterator[Stance]:
        """Keep those of one holder's stances on one thing that no other outweighs.

        Conditions count together: only one that says that there is none outweighs the others.
        """
        ranks = {each.record["rank"] for each in rivals}
        best = "preferred" if "preferred" in ranks else "normal"
        weights = [(each.weight, each) for each in rivals if each.record["rank"] == best]
        highest = max(weight for weight, _ in weights)
        latest = [each for weight, each in weights if weight == highest]
        disputed = self._find_dispute(latest) or self._find_challenge(latest)
        for each in rivals:
            opposite = max((w for w, other in weights if other.leans != each.leans), default=())
            is_condition = noun_of(each.record) == "preconditions"
            if each.record["rank"] != best:
                self.leave_stance(each, "not_preferred")
            elif each.record["id"] in disputed:
                self.leave_stance(each, "disputed")
            elif each.weight[:1] < (opposite if is_condition else highest)[:1]:
                self.leave_stance(each, "outranked")
            elif each not in latest and each.weight[:2] <= opposite[:2]:
                self.leave_stance(each, "superseded")
            else:
                yield each

    def _find_dispute(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report opposites of one day, if any; return their ids."""
        sides = group_by(latest, lambda each: each.leans)
        if len(sides) > 1 and any(each.sign for each in latest):
            return self._report_dispute(latest[0], map(_list_ids, sides))
        return frozenset()

    def _find_challenge(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report what a lower voice says was replaced by something else; return the ids."""
        for each in latest:
            other = self._precedence.find_challenger(each.record)
            if other is None or self._is_struck(each.holder, other):
                continue
            is_condition = noun_of(other) == "preconditions"
            repeats = (s.leans == each.leans and s.holder == each.holder
                       for s in list_stances(other))  # fmt: skip
            if is_condition or not any(repeats):
                own = [each] if is_condition else latest
                return self._report_dispute(each, (_list_ids(own), (other["id"],)))
        return frozenset()

    def _report_dispute(self, stance: Stance, sides: Iterable[tuple[str, ...]]) -> frozenset[str]:
        dispute = model.Dispute(noun_of(stance.record), stance.holder, tuple(sides))
        self.disputes[dispute] = None
        return frozenset(id for each in dispute.alternatives for id in each)

    def make_member(
        self, stance: Stance, claim: model.Claim, gives_way: str, timing: str | None
    ) -> model.Member:
        """Make a member of one record; what an outsider wants merely goes unmet."""
        record, noun = stance.record, noun_of(stance.record)
        if not self.scene.is_party(stance.holder):
            gives_way = "goes_unmet"
        forces = (record["force"],) if noun == "positions" else ()
        return model.Member(noun, (record["id"],), stance.holder, claim, gives_way, forces, timing)

    def leave_stance(self, stance: Stance, reason: str) -> None:
        """Leave a stance out; of a whole proposal's acceptance the single literal is named."""
        is_spread = stance.proposition is not None and stance.record["proposition"] is None
        self.leave_out(stance.record, reason, stance.holder, stance.literal if is_spread else None)

    def leave_out(
        self, record: Record, reason: str, holder: str = "", literal: str | None = None
    ) -> None:
        """Leave a record out for a reason."""
        noun, whose = noun_of(record), holder or record["holder"]
        self.left_out[model.Omission(noun, record["id"], reason, whose, literal)] = None


def _list_ids(stances: Iterable[Stance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record["id"] for each in stances))


def group_by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Group values by a key, in the order of their first appearance."""
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())


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
        self,
        positions: Sequence[Record],
        preconditions: Sequence[Record] = (),
        voices: Sequence[str] = (),
        *,
        over_time: bool = False,
    ) -> None:
        self._voices, self._over_time = voices, over_time
        self.precedence = Precedence(positions, preconditions)
        self._rivals: defaultdict[tuple[str, Hashable], list[Record]] = defaultdict(list)
        for record in (*positions, *preconditions):
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
