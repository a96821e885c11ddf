"""Selects the records that count, and keeps account of those that do not and of disputes.

Of a holder's records on one thing the preferred ones count if there are any, else the normal ones,
never the deprecated. Of these the highest voice counts, whatever its day: own and authorised words
before narration, and that before what others relay. Of these the newest count, by the day on which
it was said, and older ones that say the same. Opposites of the newest day are disputed. So does a
deadlock select; where all records are shown, `weighing` weighs them likewise.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from api.analysis.engine import model
from api.analysis.engine.parts import group_by
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import Overrides, Stance, lean_of, list_stances, noun_of
from api.ledger.noun import Record


class Selection:
    """Selects records of a scene by the caller's choices; `struck` decides its disputes."""

    def __init__(self, scene: Scene, choices: Choices, struck: model.Struck) -> None:
        self.scene, self.choices, self._struck = scene, choices, struck
        self._overrides = Overrides((*scene.positions, *scene.preconditions))
        omitted = (model.Omission(*each, "by_request") for each in scene.omitted)
        self.left_out = dict.fromkeys(omitted)
        self.disputes: dict[model.Dispute, None] = {}

    def list_heard(self, records: Iterable[Record]) -> Iterator[Stance]:
        """Yield the stances that records take for those of their holders for whom they count."""
        for record in records:
            found = [*list_stances(record)]
            if not found:
                holder = record["holder"]
                fault = self._find_fault(record, holder) or "constrains_nothing"
                self.leave_out(record, fault, holder)
            for each in found:
                if fault := self._find_fault(record, each.holder):
                    self.leave_out(record, fault, each.holder)
                elif self.choices.parties_only and not self.scene.is_party(each.holder):
                    self.leave_out(record, "not_party", each.holder)
                elif self._is_struck(each.holder, record):
                    self.leave_out(record, "disputed", each.holder)
                else:
                    yield each

    def _find_fault(self, record: Record, holder: str) -> str | None:
        """Return why a record does not count at all for one of its holders."""
        noun, since = noun_of(record), self.choices.attested_since
        # In the case in which it stands in for what it replaces, its voice is heard.
        stands_in = (noun, holder, record["replaces"]) in self._struck
        told = (
            ("deprecated", record["rank"] == "deprecated"),
            ("superseded", self._overrides.is_replaced(record, holder)),
            ("denied", self._overrides.find_denial(record, holder) is not None),
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
        opposites = {
            lean: max((w for w, other in weights if other.leans != lean), default=())
            for lean in {each.leans for each in rivals}
        }
        for each in rivals:
            opposite = opposites[each.leans]
            is_condition = noun_of(each.record) == "preconditions"
            if each.record["rank"] != best:
                self.leave_stance(each, "not_preferred")
            elif each.record["id"] in disputed:
                self.leave_stance(each, "disputed")
            elif each.weight[:1] < (opposite if is_condition else highest)[:1]:
                self.leave_stance(each, "outranked")
            elif each.weight != highest and each.weight[:2] <= opposite[:2]:
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
            is_condition = noun_of(each.record) == "preconditions"
            others = [
                other for other in self._overrides.list_challengers(each.record, each.holder)
                if not self._is_struck(each.holder, other)
                and (is_condition or lean_of(other) != each.leans)
            ]  # fmt: skip
            if others:
                own = _list_ids([each] if is_condition else latest)
                sides = (tuple(e["id"] for e in some) for some in group_by(others, lean_of))
                return self._report_dispute(each, (own, *sides))
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
        """Leave a stance out; of several on single literals in one record, that one is named."""
        self.leave_out(stance.record, reason, stance.holder, stance.part)

    def leave_out(
        self, record: Record, reason: str, holder: str, literal: str | None = None
    ) -> None:
        """Leave a record out for a reason."""
        omission = model.Omission(noun_of(record), record["id"], reason, holder, literal)
        self.left_out[omission] = None

    def list_left_out(self) -> list[model.Omission]:
        """List what is left out: once what is, for one reason, in all that conditions are for."""
        sizes = {each["id"]: len(each["consequents"]) for each in self.scene.preconditions}
        conditions = [each for each in self.left_out if each.noun == "preconditions"]
        parts = Counter(replace(each, literal=None) for each in conditions if each.literal)
        named = (replace(each, literal=None) for each in self.left_out)
        found = (whole if parts[whole] == sizes.get(whole.id) else each
                 for each, whole in zip(self.left_out, named, strict=True))  # fmt: skip
        return list(dict.fromkeys(found))


def _list_ids(stances: Iterable[Stance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.record["id"] for each in stances))
