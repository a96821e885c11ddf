"""Makes members of records: what each holder wants, once, and why the rest is left out.

In steps, each of which leaves records out with a reason (`vocabulary.LEFT_OUT`):

1. A record counts by its rank, its voice, its holder's standing and its day.
2. A position speaks for each of its holders. Its force has a sign: `propose demand commit intend
   accept concede` want the proposition, `reject` wants its opposite, `negated` turns either round;
   `leave_open` ends an older refusal and wants nothing, like all others.
3. Of a holder's positions on one proposition (or one whole proposal) those count that
   `selection` keeps; older ones that say the same stay with them. Accepting a whole proposal is
   accepting each of its literals, on that day, with one of its options.
4. A position under preconditions leaves it to them to speak.
5. What is left is gathered: one member for each holder and claim, with all records that show it.

Preconditions go through 1, 3 and 5: all of a holder for one thing count, older ones as well, unless
a later one says that there is none. They are weighed for each thing that they are for, and count
for those that are left; a dispute decides on a whole record. They say nothing where no condition is
stated or its direction is unknown. Records of one holder that contradict each other with equal
weight are a `Dispute`: none of them counts, unless the caller strikes those of all alternatives but
one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from api.analysis.engine import model
from api.analysis.engine.parts import group_by
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.selection import Selection
from api.analysis.engine.stances import CONDITIONAL, Stance, day_of, rank_voice
from api.ledger.noun import Record

_Weights = Mapping[str, tuple[int, str, bool]]
"""The literals that a holder wants, each with its greatest weight."""

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
    selection = _Gathering(scene, choices, struck)
    conditions = [*_make_conditions(selection)]
    speaking = frozenset(id for each in conditions for id in each.records)
    members = [*selection.gather_positions(speaking), *conditions]
    left_out, disputes = selection.list_left_out(), list(selection.disputes)
    known = (each["id"] for each in (*scene.positions, *scene.preconditions))
    order = {id: place for place, id in enumerate(known)}
    return Gathered(tuple(_merge_members(members, order)), left_out, disputes)


def _make_conditions(selection: Selection) -> Iterator[model.Member]:
    """Make members of preconditions; the latest record of a claim tells its timing."""
    kept = selection.keep_latest(selection.list_heard(selection.scene.preconditions))
    of_records = group_by(kept, lambda each: (each.record["id"], each.holder))
    read = ((some[0], _read_claim(selection, some)) for some in of_records)
    claims = [(stance, claim) for stance, claim in read if claim is not None]
    same = group_by(claims, lambda each: (each[0].holder, each[1]))
    timings = {(some[0][0].holder, some[0][1]): _find_timing(each.record for each, _ in some)
               for some in same}  # fmt: skip
    for stance, claim in claims:
        timing = timings[stance.holder, claim] if claim.necessary else None
        yield selection.make_member(stance, claim, "yields", timing)


def _find_timing(records: Iterable[Record]) -> str | None:
    """Find the latest timing that records of one condition tell; of one day, the stricter one."""
    timings = (
        (rank_voice(each), day_of(each), each["timing"] == "before", each["timing"])
        for each in records
        if each["timing"] in ("before", "simultaneous")
    )
    latest = max(timings, default=None)
    return latest[-1] if latest else None


def _read_claim(selection: Selection, stances: Sequence[Stance]) -> model.Claim | None:
    """Read a condition of which these stances count, one for each thing that it is still for.

    It is left out where none is stated or its direction is not known.
    """
    record = stances[0].record
    kind, modality = record["antecedents_kind"], record["modality"]
    if kind != "stated" or modality == "unknown":
        reason = f"condition_{kind}" if kind != "stated" else "modality_unknown"
        for each in stances:
            selection.leave_stance(each, reason)
        return None
    claim = model.read_condition(record, literal_offers=selection.choices.literal_offers)
    return replace(claim, consequents=tuple(sorted(each.consequent for each in stances)))


class _Gathering(Selection):
    """Makes members of the records that it selects."""

    def gather_positions(self, speaking: frozenset[str]) -> Iterator[model.Member]:
        """Make members of positions; `speaking` are the preconditions that are members."""
        found = list(self.list_heard(self.scene.positions))
        kept = self.keep_latest(self._expand_packages(found))
        wanted = self._weigh_literals(kept)
        for each in kept:
            yield from self._make_members(each, wanted[each.holder], speaking)

    def _weigh_literals(self, kept: Iterable[Stance]) -> Mapping[str, _Weights]:
        """Map each holder to the literals that it wants whatever the conditions."""
        wanted: defaultdict[str, dict[str, tuple[int, str, bool]]] = defaultdict(dict)
        for each in kept:
            literal, weight = each.literal, each.weight
            if literal is not None and each.sign and not self._leaves_to_conditions(each.record):
                own = wanted[each.holder]
                own[literal] = max(own.get(literal, weight), weight)
        return wanted

    def _expand_packages(self, found: Sequence[Stance]) -> Iterator[Stance]:
        """Spread the acceptance of a whole proposal over its literals, the latest answer only."""
        yield from (each for each in found if each.proposition is not None)
        wholes = (each for each in found if each.proposition is None)
        for each in self.keep_latest(wholes):
            if each.sign <= 0 or self._leaves_to_conditions(each.record):
                yield each
            else:
                yield from self._expand_package(each)

    def _expand_package(self, whole: Stance) -> Iterator[Stance]:
        package = self.scene.read_package(whole.proposal or "")
        for literal in package.common:
            sign = -1 if literal.startswith("!") else 1
            yield replace(whole, proposition=model.atom_of(literal), sign=sign, leans=sign)
        if package.options or package.conditional or package.order:
            yield whole

    def _make_members(
        self, stance: Stance, wanted: _Weights, speaking: frozenset[str]
    ) -> Iterator[model.Member]:
        record = stance.record
        if not stance.sign:
            self.leave_stance(stance, "constrains_nothing")
        elif record["force"] == CONDITIONAL and not record["under"]:
            self.leave_out(record, "condition_not_recorded", stance.holder)
        elif self._leaves_to_conditions(record):
            is_silent = speaking.isdisjoint(record["under"])
            reason = "condition_silent" if is_silent else "conditional"
            self.leave_out(record, reason, stance.holder)
        else:
            yield from self._make_claims(stance, wanted)

    def _make_claims(self, stance: Stance, wanted: _Weights) -> Iterator[model.Member]:
        claims = [*self._read_claims(stance, wanted)]
        if not claims:
            self.leave_stance(stance, "superseded")
        gives_way = "goes_unmet" if stance.record["force"] in _ASKS_LEAVE else "yields"
        for claim, timing in claims:
            yield self.make_member(stance, claim, gives_way, timing)

    def _read_claims(
        self, stance: Stance, wanted: _Weights
    ) -> Iterator[tuple[model.Claim, str | None]]:
        """Yield what a stance claims, with its timing; of a package what is not outweighed."""
        if (literal := stance.literal) is not None:
            yield model.Claim("holds", ((literal,),)), None
            return
        about = stance.proposal or ""
        package = self.scene.read_package(about)
        # wanted in a higher voice, in the same one and later, or on a part of it that day
        since = {literal for literal, weight in wanted.items() if weight > stance.weight}
        if stance.sign < 0:
            if wholes := tuple(each for each in package.wholes if not since.issuperset(each)):
                yield model.Claim("none_of", wholes, about=about), None
            return
        refused = set(map(model.negate_literal, since))
        if options := tuple(each for each in package.options if refused.isdisjoint(each)):
            yield model.Claim("any_of", options, about=about), None
        for literals, condition in package.conditional:
            yield _tie(literals, condition, sufficient=True), None
        for later, earlier in package.order:
            yield _tie(later, earlier, sufficient=False), "before"

    def _leaves_to_conditions(self, record: Record) -> bool:
        if record["force"] == CONDITIONAL and not record["under"]:
            return True
        return bool(record["under"]) and not self.choices.standing_demands


def _tie(
    consequents: Sequence[str], antecedents: Sequence[str], *, sufficient: bool
) -> model.Claim:
    """Tie a component of a package to what must come with it or before it."""
    return model.Claim(
        "condition",
        consequents=tuple(sorted(consequents)),
        alternatives=(tuple(sorted(antecedents)),),
        necessary=True,
        sufficient=sufficient,
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
