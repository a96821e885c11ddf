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

Preconditions go through 1 and 5, and say nothing where no condition is stated or its direction is
unknown. Records of one holder that contradict each other with equal weight are a `Dispute`: none of
them counts, unless the caller strikes those of all alternatives but one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from api.analysis.engine import model
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import (
    CONDITIONAL,
    Stance,
    day_of,
    find_standing,
    list_denied,
    list_holders,
    list_replaced,
    list_stances,
    rank_voice,
)
from api.ledger.noun import Record

T = TypeVar("T")

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
    made = _Gathering(scene, choices, struck)
    conditions = [*made.gather_preconditions()]
    speaking = frozenset(id for each in conditions for id in each.records)
    members = [*made.gather_positions(speaking), *conditions]
    return Gathered(tuple(_merge_members(members)), list(made.left_out), list(made.disputes))


class _Gathering:
    def __init__(self, scene: Scene, choices: Choices, struck: model.Struck) -> None:
        self._scene, self._choices, self._struck = scene, choices, struck
        omitted = (model.Omission(*each, "by_request") for each in scene.omitted)
        self.left_out = dict.fromkeys(omitted)
        self.disputes: dict[model.Dispute, None] = {}
        self._denied = list_denied(scene.positions)
        self._replaced: set[tuple[str, str]] = set()
        self._challenged: dict[tuple[str, str], Record] = {}
        """The records that a lower voice names in `replaces`, with that record."""
        for noun, some in (("positions", scene.positions), ("preconditions", scene.preconditions)):
            replaced, challenged = list_replaced(some)
            self._replaced |= {(noun, each) for each in replaced}
            self._challenged |= {(noun, id): each for id, each in challenged.items()}

    # Positions

    def gather_positions(self, speaking: frozenset[str]) -> Iterator[model.Member]:
        """Make members of positions; `speaking` are the preconditions that are members."""
        found = list(self._list_heard_stances())
        kept = self._keep_latest(list(self._expand_packages(found)))
        for each in kept:
            yield from self._make_members(each, kept, speaking)

    def _list_heard_stances(self) -> Iterator[Stance]:
        for record in self._scene.positions:
            if not self._is_counted("positions", record):
                continue
            own = list(list_stances(record))
            if not own:
                self._leave_out("positions", record, "constrains_nothing")
            yield from (each for each in own if self._is_heard(each.holder, "positions", record))

    def _keep_latest(self, found: Sequence[Stance]) -> list[Stance]:
        """Keep the stances of each holder that count; leave the others out."""
        rivals = _group_by(found, lambda each: each.subject)
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
        for each in rivals:
            id = each.record["id"]
            if id not in preferred:
                self._leave_stance(each, "not_preferred")
            elif id in disputed:
                self._leave_stance(each, "disputed")
            elif id not in heard:
                self._leave_stance(each, "outranked")
            elif id in newest or {each.leans} == leans:
                yield each
            else:
                self._leave_stance(each, "superseded")

    def _find_dispute(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report opposites of one day, if any; return their ids."""
        if not any(each.sign for each in latest):
            return frozenset()
        sides = _group_by(latest, lambda each: each.leans)
        return self._report("positions", latest[0].holder, map(_list_records, sides))

    def _find_challenge(self, latest: Sequence[Stance]) -> frozenset[str]:
        """Report what a lower voice says was replaced by something else; return the ids."""
        for each in latest:
            other = self._challenged.get(("positions", each.record["id"]))
            if other is None or self._is_struck("positions", each.holder, other):
                continue
            if any(s.leans == each.leans for s in list_stances(other) if s.holder == each.holder):
                continue
            sides = _list_records(latest), (other["id"],)
            return self._report("positions", each.holder, sides)
        return frozenset()

    def _expand_packages(self, found: Sequence[Stance]) -> Iterator[Stance]:
        """Spread the acceptance of a whole proposal over its literals, the latest answer only."""
        yield from (each for each in found if each.proposition is not None)
        for each in self._keep_latest([each for each in found if each.proposition is None]):
            if each.sign <= 0 or self._leaves_to_conditions(each.record):
                yield each
                continue
            package = self._scene.read_package(each.proposal or "")
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
            self._leave_out("positions", record, "condition_not_recorded", stance.holder)
        elif self._leaves_to_conditions(record):
            is_silent = speaking.isdisjoint(record["under"])
            reason = "condition_silent" if is_silent else "conditional"
            self._leave_out("positions", record, reason, stance.holder)
        else:
            yield from self._make_claims(stance, kept)

    def _make_claims(self, stance: Stance, kept: Sequence[Stance]) -> Iterator[model.Member]:
        claims = [*self._read_claims(stance, kept)]
        if not claims:
            self._leave_stance(stance, "superseded")
        gives_way = "goes_unmet" if stance.record["force"] in _ASKS_LEAVE else "yields"
        for claim, timing in claims:
            made = self._make_member("positions", stance.record, stance.holder, claim, gives_way)
            yield replace(made, timing=timing)

    def _read_claims(
        self, stance: Stance, kept: Sequence[Stance]
    ) -> Iterator[tuple[model.Claim, str | None]]:
        """Yield what a stance claims, with its timing; a rejected package may be outdated."""
        if stance.literal is not None:
            yield model.Holds(stance.literal), None
            return
        about = stance.proposal or ""
        package = self._scene.read_package(about)
        if stance.sign < 0:
            since = _list_wanted_since(stance, kept)
            if wholes := tuple(each for each in package.wholes if not since.issuperset(each)):
                yield model.NoneOf(about, wholes), None
            return
        if package.options:
            yield model.AnyOf(about, package.options), None
        for literals, condition in package.conditional:
            yield _tie(literals, condition, sufficient=True), None
        for later, earlier in package.order:
            yield _tie(later, earlier, sufficient=False), "before"

    def _leaves_to_conditions(self, record: Record) -> bool:
        if record["force"] == CONDITIONAL and not record["under"]:
            return True
        return bool(record["under"]) and not self._choices.standing_demands

    # Preconditions

    def gather_preconditions(self) -> Iterator[model.Member]:
        """Make members of preconditions."""
        noun = "preconditions"
        heard = [
            (holder, each) for each in self._scene.preconditions if self._is_counted(noun, each)
            for holder in list_holders(each) if self._is_heard(holder, noun, each)
        ]  # fmt: skip
        for same in _group_by(heard, lambda each: (each[0], frozenset(each[1]["consequents"]))):
            holder, rivals = same[0][0], [record for _, record in same]
            counting = [*self._keep_conditions(holder, rivals)]
            claims = [(each, self._read_claim(holder, each)) for each in counting]
            for record, claim in claims:
                if claim is not None:
                    alike = (each for each, other in claims if other == claim)
                    made = self._make_member(noun, record, holder, claim, "yields")
                    yield replace(made, timing=_pick_timing(alike, claim))

    def _keep_conditions(self, holder: str, rivals: Sequence[Record]) -> Iterator[Record]:
        """Keep those of a holder's conditions for one thing that count.

        All do that are stated: only one that says there is no condition contradicts them.
        """
        stands = find_standing(rivals)
        disputed = self._find_disputed_conditions(holder, stands.newest)
        denies = any(each["antecedents_kind"] == "none" for each in stands.heard)
        for record in rivals:
            if record not in stands.preferred:
                self._leave_out("preconditions", record, "not_preferred", holder)
            elif record["id"] in disputed:
                self._leave_out("preconditions", record, "disputed", holder)
            elif denies and record not in stands.heard:
                self._leave_out("preconditions", record, "outranked", holder)
            else:
                yield record

    def _find_disputed_conditions(self, holder: str, latest: Sequence[Record]) -> frozenset[str]:
        noun = "preconditions"
        sides = _group_by(latest, lambda each: each["antecedents_kind"] == "none")
        if len(sides) > 1:
            return self._report(noun, holder, (tuple(r["id"] for r in each) for each in sides))
        for each in latest:
            other = self._challenged.get((noun, each["id"]))
            if other is not None and not self._is_struck(noun, holder, other):
                return self._report(noun, holder, ((each["id"],), (other["id"],)))
        return frozenset()

    def _read_claim(self, holder: str, record: Record) -> model.Condition | None:
        kind = record["antecedents_kind"]
        if kind != "stated":
            self._leave_out("preconditions", record, f"condition_{kind}", holder)
            return None
        if record["modality"] == "unknown":
            self._leave_out("preconditions", record, "modality_unknown", holder)
            return None
        return model.read_condition(record, literal_offers=self._choices.literal_offers)

    # Both

    def _is_counted(self, noun: str, record: Record) -> bool:
        since = self._choices.attested_since
        if record["rank"] == "deprecated":
            return self._leave_out(noun, record, "deprecated")
        if (noun, record["id"]) in self._replaced:
            return self._leave_out(noun, record, "superseded")
        if noun == "positions" and record["id"] in self._denied:
            return self._leave_out(noun, record, "denied")
        if record["voice"] not in self._choices.voices:
            return self._leave_out(noun, record, "voice")
        if since is not None and record["last_attested_on"] < since:
            return self._leave_out(noun, record, "attested_earlier")
        return True

    def _is_heard(self, holder: str, noun: str, record: Record) -> bool:
        if self._choices.parties_only and not self._scene.is_party(holder):
            return self._leave_out(noun, record, "not_party", holder)
        if self._is_struck(noun, holder, record):
            return self._leave_out(noun, record, "disputed", holder)
        return True

    def _is_struck(self, noun: str, holder: str, record: Record) -> bool:
        return (noun, holder, record["id"]) in self._struck

    def _report(self, noun: str, holder: str, sides: Iterable[tuple[str, ...]]) -> frozenset[str]:
        """Report a dispute; return the ids in it."""
        dispute = model.Dispute(noun, holder, tuple(sides))
        self.disputes[dispute] = None
        return frozenset(id for each in dispute.alternatives for id in each)

    def _make_member(
        self, noun: str, record: Record, holder: str, claim: model.Claim, gives_way: str
    ) -> model.Member:
        if not self._scene.is_party(holder):
            gives_way = "goes_unmet"
        forces = (record["force"],) if noun == "positions" else ()
        return model.Member(noun, (record["id"],), holder, claim, gives_way, forces)

    def _leave_out(
        self, noun: str, record: Record, reason: str, holder: str = "", literal: str | None = None
    ) -> bool:
        entry = model.Omission(noun, record["id"], reason, holder or record["holder"], literal)
        self.left_out[entry] = None
        return False

    def _leave_stance(self, stance: Stance, reason: str) -> None:
        # Of a whole proposal's acceptance a single literal may be left out, and is named.
        spread = stance.record["proposition"] is None and stance.proposition is not None
        literal = stance.literal if spread else None
        self._leave_out("positions", stance.record, reason, stance.holder, literal)


def _list_wanted_since(rejected: Stance, kept: Sequence[Stance]) -> set[str | None]:
    """List the literals that the holder of a rejected package wants since, in no lower voice."""
    record = rejected.record
    return {
        each.literal
        for each in kept
        if each.holder == rejected.holder
        and each.sign
        and day_of(each.record) > day_of(record)
        and rank_voice(each.record) >= rank_voice(record)
    }


def _tie(
    consequents: Sequence[str], antecedents: Sequence[str], *, sufficient: bool
) -> model.Condition:
    """Tie a component of a package to what must come with it or before it."""
    return model.Condition(
        tuple(sorted(consequents)), (tuple(sorted(antecedents)),), True, sufficient, False
    )


def _pick_timing(alike: Iterable[Record], claim: model.Condition) -> str | None:
    """Pick the timing that the latest record of a necessary condition tells."""
    told = [each for each in alike if each["timing"] in ("before", "simultaneous")]
    if not told or not claim.necessary:
        return None
    timing: str = max(told, key=lambda each: (rank_voice(each), day_of(each)))["timing"]
    return timing


def _merge_members(members: Iterable[model.Member]) -> Iterator[model.Member]:
    """Make one member of all with the same holder and claim."""
    for same in _group_by(members, lambda each: (each.noun, each.holder, each.claim)):
        records = tuple(dict.fromkeys(id for each in same for id in each.records))
        forces = tuple(dict.fromkeys(force for each in same for force in each.forces))
        yields = any(each.gives_way == "yields" for each in same)
        gives_way = "yields" if yields else "goes_unmet"
        timing = next((each.timing for each in same if each.timing), None)
        made = replace(same[0], records=records, gives_way=gives_way, forces=forces)
        yield replace(made, timing=timing)


def _list_records(stances: Iterable[Stance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record["id"] for each in stances))


def _group_by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())
