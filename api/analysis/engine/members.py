"""Makes members of records: what each holder wants, once, and why the rest is left out.

In steps, each of which leaves records out with a reason (`vocabulary.LEFT_OUT`):

1. A record counts by its rank, its voice, its holder's standing and its day.
2. A position speaks for each of its holders. Its force has a sign: `propose demand commit intend
   accept concede` want the proposition, `reject` wants its opposite, `negated` turns either round;
   `leave_open` ends an older refusal and wants nothing, like all others.
3. Of a holder's positions on one proposition (or one whole proposal) those count that
   `stances` picks; older ones that say the same stay with them. Accepting a whole proposal is
   accepting each of its literals, on that day, with one of its options.
4. A position under preconditions leaves it to them to speak.
5. What is left is gathered: one member for each holder and claim, with all records that show it.

Preconditions go through 1 and 5 (`conditions`). Records of one holder that contradict each other
with equal weight are a `Dispute`: none of them counts, unless the caller strikes those of all
alternatives but one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from api.analysis.engine import model
from api.analysis.engine.conditions import ConditionGathering
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.selection import Selection, group_by
from api.analysis.engine.stances import (
    CONDITIONAL,
    Stance,
    day_of,
    find_standing,
    list_stances,
    rank_voice,
)
from api.ledger.noun import Record

_ASKS_LEAVE = frozenset({"propose", "accept", "concede"})
"""Forces of what goes unmet rather than yields: nothing is taken back when it is not granted."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The members of a scene, what is left out, and what is disputed."""

    members: tuple[model.Member, ...]
    left_out: Sequence[model.Omission]
    disputes: Sequence[model.Dispute]


def gather_members(scene: Scene, choices: Choices, struck: model.Struck = frozenset()) -> Gathered:
    """Make the members of a scene; `struck` decides its disputes."""
    selection = Selection(scene, choices, struck)
    conditions = [*ConditionGathering(selection).gather_preconditions()]
    speaking = frozenset(id for each in conditions for id in each.records)
    members = [*_PositionGathering(selection).gather_positions(speaking), *conditions]
    left_out, disputes = list(selection.left_out), list(selection.disputes)
    known = (each["id"] for each in (*scene.positions, *scene.preconditions))
    order = {id: place for place, id in enumerate(known)}
    return Gathered(tuple(_merge_members(members, order)), left_out, disputes)


class _PositionGathering:
    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def gather_positions(self, speaking: frozenset[str]) -> Iterator[model.Member]:
        """Make members of positions; `speaking` are the preconditions that are members."""
        found = list(self._list_heard_stances())
        kept = self._keep_latest(list(self._expand_packages(found)))
        for each in kept:
            yield from self._make_members(each, kept, speaking)

    def _list_heard_stances(self) -> Iterator[Stance]:
        for record in self._selection.scene.positions:
            if not self._selection.is_counted("positions", record):
                continue
            own = list(list_stances(record))
            if not own:
                self._selection.leave_out("positions", record, "constrains_nothing")
            yield from (
                each for each in own if self._selection.is_heard(each.holder, "positions", record)
            )

    def _keep_latest(self, found: Sequence[Stance]) -> list[Stance]:
        """Keep the stances of each holder that count; leave the others out."""
        rivals = group_by(found, lambda each: each.subject)
        return [each for some in rivals for each in self._keep_standing(some)]

    def _keep_standing(self, rivals: Sequence[Stance]) -> Iterator[Stance]:
        """Keep those of one holder's stances on one thing that count."""
        stands = find_standing([each.record for each in rivals])
        preferred, heard, newest = (
            {r["id"] for r in some} for some in (stands.preferred, stands.heard, stands.newest)
        )
        # On one day, the answer to a part outweighs the answer to the whole.
        newest = {r["id"] for r in stands.newest if r["proposition"] is not None} or newest
        latest = [each for each in rivals if each.record["id"] in newest]
        leans = {each.leans for each in latest}
        disputed = self._find_dispute(latest) if len(leans) > 1 else self._find_challenge(latest)
        opposites = (e.record for e in rivals if e.record["id"] in heard and {e.leans} != leans)
        turned = max(map(day_of, opposites), default="")
        for each in rivals:
            id = each.record["id"]
            if id not in preferred:
                self._leave_stance(each, "not_preferred")
            elif id in disputed:
                self._leave_stance(each, "disputed")
            elif id not in heard:
                self._leave_stance(each, "outranked")
            elif id in newest or ({each.leans} == leans and day_of(each.record) > turned):
                yield each
            else:
                self._leave_stance(each, "superseded")

    def _find_dispute(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report opposites of one day, if any; return their ids."""
        if not any(each.sign for each in latest):
            return frozenset()
        sides = group_by(latest, lambda each: each.leans)
        return self._selection.report_dispute(
            "positions", latest[0].holder, map(_list_records, sides)
        )

    def _find_challenge(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report what a lower voice says was replaced by something else; return the ids."""
        for each in latest:
            other = self._selection.challenged.get(("positions", each.record["id"]))
            if other is None or self._selection.is_struck("positions", each.holder, other):
                continue
            if any(s.leans == each.leans for s in list_stances(other) if s.holder == each.holder):
                continue
            sides = _list_records(latest), (other["id"],)
            return self._selection.report_dispute("positions", each.holder, sides)
        return frozenset()

    def _expand_packages(self, found: Sequence[Stance]) -> Iterator[Stance]:
        """Spread the acceptance of a whole proposal over its literals, the latest answer only."""
        yield from (each for each in found if each.proposition is not None)
        for each in self._keep_latest([each for each in found if each.proposition is None]):
            if each.sign <= 0 or self._leaves_to_conditions(each.record):
                yield each
                continue
            package = self._selection.scene.read_package(each.proposal or "")
            for literal in package.common:
                sign = -1 if literal.startswith("!") else 1
                about = model.atom_of(literal)
                yield replace(each, proposition=about, sign=sign, leans=sign)
            if package.options or package.conditional or package.order:
                yield each

    def _make_members(
        self, stance: Stance, kept: Sequence[Stance], speaking: frozenset[str]
    ) -> Iterator[model.Member]:
        record = stance.record
        if not stance.sign:
            self._leave_stance(stance, "constrains_nothing")
        elif record["force"] == CONDITIONAL and not record["under"]:
            self._selection.leave_out("positions", record, "condition_not_recorded", stance.holder)
        elif self._leaves_to_conditions(record):
            is_silent = speaking.isdisjoint(record["under"])
            reason = "condition_silent" if is_silent else "conditional"
            self._selection.leave_out("positions", record, reason, stance.holder)
        else:
            yield from self._make_claims(stance, kept)

    def _make_claims(self, stance: Stance, kept: Sequence[Stance]) -> Iterator[model.Member]:
        claims = [*self._read_claims(stance, kept)]
        if not claims:
            self._leave_stance(stance, "superseded")
        gives_way = "goes_unmet" if stance.record["force"] in _ASKS_LEAVE else "yields"
        for claim, timing in claims:
            yield self._selection.make_member(
                "positions", stance.record, stance.holder, claim, gives_way, timing
            )

    def _read_claims(
        self, stance: Stance, kept: Sequence[Stance]
    ) -> Iterator[tuple[model.Claim, str | None]]:
        """Yield what a stance claims, with its timing; of a package what is not outweighed."""
        if stance.literal is not None:
            yield model.Holds(stance.literal), None
            return
        about = stance.proposal or ""
        package, since = (
            self._selection.scene.read_package(about),
            self._list_outweighing(stance, kept),
        )
        if stance.sign < 0:
            if wholes := tuple(each for each in package.wholes if not since.issuperset(each)):
                yield model.NoneOf(about, wholes), None
            return
        refused = set(map(model.negate_literal, since))
        if options := tuple(each for each in package.options if refused.isdisjoint(each)):
            yield model.AnyOf(about, options), None
        for literals, condition in package.conditional:
            yield _tie(literals, condition, sufficient=True), None
        for later, earlier in package.order:
            yield _tie(later, earlier, sufficient=False), "before"

    def _list_outweighing(self, whole: Stance, kept: Sequence[Stance]) -> set[str]:
        """List the literals that the holder of a package's answer wants in a word of more weight.

        That is in a higher voice, or in the same one and later, and not left to conditions.
        """
        weight = rank_voice(whole.record), day_of(whole.record)
        others = (each for each in kept if each.holder == whole.holder and each.sign)
        counting = (e for e in others if not self._leaves_to_conditions(e.record))
        heavier = (e for e in counting if (rank_voice(e.record), day_of(e.record)) > weight)
        return {each.literal for each in heavier if each.literal is not None}

    def _leaves_to_conditions(self, record: Record) -> bool:
        if record["force"] == CONDITIONAL and not record["under"]:
            return True
        return bool(record["under"]) and not self._selection.choices.standing_demands

    def _leave_stance(self, stance: Stance, reason: str) -> None:
        # Of a whole proposal's acceptance a single literal may be left out, and is named.
        spread = stance.record["proposition"] is None and stance.proposition is not None
        literal = stance.literal if spread else None
        self._selection.leave_out("positions", stance.record, reason, stance.holder, literal)


def _tie(
    consequents: Sequence[str], antecedents: Sequence[str], *, sufficient: bool
) -> model.Condition:
    """Tie a component of a package to what must come with it or before it."""
    return model.Condition(
        consequents=tuple(sorted(consequents)),
        alternatives=(tuple(sorted(antecedents)),),
        necessary=True,
        sufficient=sufficient,
        inferred=False,
    )


def _merge_members(
    members: Iterable[model.Member], order: Mapping[str, int]
) -> Iterator[model.Member]:
    """Make one member of all with the same holder and claim; `order` is that of the records."""
    for same in group_by(members, lambda each: (each.noun, each.holder, each.claim)):
        named = dict.fromkeys(id for each in same for id in each.records)
        records = tuple(sorted(named, key=order.__getitem__))
        forces = tuple(dict.fromkeys(force for each in same for force in each.forces))
        yields = any(each.gives_way == "yields" for each in same)
        timing = next((each.timing for each in same if each.timing), None)
        gives_way = "yields" if yields else "goes_unmet"
        yield replace(same[0], records=records, gives_way=gives_way, forces=forces, timing=timing)


def _list_records(stances: Iterable[Stance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record["id"] for each in stances))
