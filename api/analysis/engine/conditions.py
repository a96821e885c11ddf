"""Makes members of preconditions.

A precondition says nothing where no condition is stated or its direction is unknown. All conditions
of a holder for one thing count, older ones as well; only a record that says there is no condition
contradicts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from api.analysis.engine import model
from api.analysis.engine.selection import Selection, group_by
from api.analysis.engine.stances import day_of, find_standing, list_holders, rank_voice
from api.ledger.noun import Record


class ConditionGathering:
    """Gathers the members that preconditions make."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def gather_preconditions(self) -> Iterator[model.Member]:
        """Make members of preconditions."""
        noun, there = "preconditions", self._selection.scene.preconditions
        heard = [
            (holder, each)
            for each in there
            if self._selection.is_counted(noun, each)
            for holder in list_holders(each)
            if self._selection.is_heard(holder, noun, each)
        ]
        for same in group_by(heard, lambda each: (each[0], frozenset(each[1]["consequents"]))):
            holder, rivals = same[0][0], [record for _, record in same]
            counting = [*self._keep_conditions(holder, rivals)]
            claims = [(each, self._read_claim(holder, each)) for each in counting]
            for record, claim in claims:
                if claim is not None:
                    alike = (each for each, other in claims if other == claim)
                    made = self._selection.make_member(noun, record, holder, claim, "yields")
                    yield replace(made, timing=_pick_timing(alike, claim))

    def _keep_conditions(self, holder: str, rivals: Sequence[Record]) -> Iterator[Record]:
        """Keep those of a holder's conditions for one thing that count.

        All do that are stated: only one that says there is no condition contradicts them, and
        ends those that are older.
        """
        stands = find_standing(rivals)
        disputed = self._find_disputed_conditions(holder, stands.newest)
        denies = any(each["antecedents_kind"] == "none" for each in stands.heard)
        dropped = any(each["antecedents_kind"] == "none" for each in stands.newest)
        for record in rivals:
            if record not in stands.preferred:
                self._selection.leave_out("preconditions", record, "not_preferred", holder)
            elif record["id"] in disputed:
                self._selection.leave_out("preconditions", record, "disputed", holder)
            elif denies and record not in stands.heard:
                self._selection.leave_out("preconditions", record, "outranked", holder)
            elif dropped and record not in stands.newest:
                self._selection.leave_out("preconditions", record, "superseded", holder)
            else:
                yield record

    def _find_disputed_conditions(self, holder: str, latest: Sequence[Record]) -> frozenset[str]:
        noun = "preconditions"
        sides = group_by(latest, lambda each: each["antecedents_kind"] == "none")
        if len(sides) > 1:
            return self._selection.report_dispute(
                noun, holder, (tuple(r["id"] for r in each) for each in sides)
            )
        for each in latest:
            other = self._selection.challenged.get((noun, each["id"]))
            if other is not None and not self._selection.is_struck(noun, holder, other):
                return self._selection.report_dispute(noun, holder, ((each["id"],), (other["id"],)))
        return frozenset()

    def _read_claim(self, holder: str, record: Record) -> model.Condition | None:
        kind = record["antecedents_kind"]
        if kind != "stated":
            self._selection.leave_out("preconditions", record, f"condition_{kind}", holder)
            return None
        if record["modality"] == "unknown":
            self._selection.leave_out("preconditions", record, "modality_unknown", holder)
            return None
        return model.read_condition(record, literal_offers=self._selection.choices.literal_offers)


def _pick_timing(alike: Iterable[Record], claim: model.Condition) -> str | None:
    """Pick the timing that the latest record of a necessary condition tells."""
    told = [each for each in alike if each["timing"] in ("before", "simultaneous")]
    if not told or not claim.necessary:
        return None
    timing: str = max(told, key=lambda each: (rank_voice(each), day_of(each)))["timing"]
    return timing
