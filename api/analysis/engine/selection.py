"""Selects the records that count, and keeps account of those that do not and of disputes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from api.analysis.engine import model
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import list_denied, list_holders, list_replaced
from api.ledger.noun import Record

T = TypeVar("T")


class Selection:
    """Selects records of a scene by the caller's choices; `struck` decides its disputes."""

    def __init__(self, scene: Scene, choices: Choices, struck: model.Struck) -> None:
        self.scene, self.choices, self._struck = scene, choices, struck
        omitted = (model.Omission(*each, "by_request") for each in scene.omitted)
        self.left_out = dict.fromkeys(omitted)
        self.disputes: dict[model.Dispute, None] = {}
        self._denied = list_denied(scene.positions)
        self._replaced: set[tuple[str, str]] = set()
        self.challenged: dict[tuple[str, str], Record] = {}
        """The records that a lower voice names in `replaces`, with that record."""
        for noun, some in (("positions", scene.positions), ("preconditions", scene.preconditions)):
            replaced, challenged = list_replaced(some)
            self._replaced |= {(noun, each) for each in replaced}
            self.challenged |= {(noun, id): each for id, each in challenged.items()}

    def is_counted(self, noun: str, record: Record) -> bool:
        """Whether a record counts at all; leave it out otherwise.

        In the case in which it stands in for what it replaces, its voice is heard.
        """
        since = self.choices.attested_since
        if record["rank"] == "deprecated":
            return self.leave_out(noun, record, "deprecated")
        if (noun, record["id"]) in self._replaced:
            return self.leave_out(noun, record, "superseded")
        if noun == "positions" and record["id"] in self._denied:
            return self.leave_out(noun, record, "denied")
        stands_in = any((noun, each, record["replaces"]) in self._struck
                        for each in list_holders(record))  # fmt: skip
        if record["voice"] not in self.choices.voices and not stands_in:
            return self.leave_out(noun, record, "voice")
        if since is not None and record["last_attested_on"] < since:
            return self.leave_out(noun, record, "attested_earlier")
        return True

    def is_heard(self, holder: str, noun: str, record: Record) -> bool:
        """Whether a record counts for one of its holders; leave it out otherwise."""
        if self.choices.parties_only and not self.scene.is_party(holder):
            return self.leave_out(noun, record, "not_party", holder)
        if self.is_struck(noun, holder, record):
            return self.leave_out(noun, record, "disputed", holder)
        return True

    def is_struck(self, noun: str, holder: str, record: Record) -> bool:
        """Whether a record does not count for a holder in the case worked out."""
        return (noun, holder, record["id"]) in self._struck

    def report_dispute(
        self, noun: str, holder: str, sides: Iterable[tuple[str, ...]]
    ) -> frozenset[str]:
        """Report a dispute; return the ids in it."""
        dispute = model.Dispute(noun, holder, tuple(sides))
        self.disputes[dispute] = None
        return frozenset(id for each in dispute.alternatives for id in each)

    def make_member(
        self, noun: str, record: Record, holder: str, claim: model.Claim, gives_way: str
    ) -> model.Member:
        """Make a member of one record; what an outsider wants merely goes unmet."""
        if not self.scene.is_party(holder):
            gives_way = "goes_unmet"
        forces = (record["force"],) if noun == "positions" else ()
        return model.Member(noun, (record["id"],), holder, claim, gives_way, forces)

    def leave_out(
        self, noun: str, record: Record, reason: str, holder: str = "", literal: str | None = None
    ) -> bool:
        """Leave a record out for a reason; return False."""
        entry = model.Omission(noun, record["id"], reason, holder or record["holder"], literal)
        self.left_out[entry] = None
        return False


def group_by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Group values by a key, in the order of their first appearance."""
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())
