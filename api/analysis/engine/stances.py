"""Where a holder stands: who holds a position, what it wants, and which of several counts.

Of a holder's positions on one thing the preferred ones count if there are any, else the normal
ones, never the deprecated. Of these the highest voice counts, whatever its day: own and authorised
words before narration, and that before what others relay. Of these the newest count, by the day on
which it was said. Opposites of the newest day are disputed. Everything in analysis that picks one
of several positions picks it by this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.engine.scene import Scene
from api.evidence.rules import (
    CONDITIONAL,
    REFUSES,
    VOICE_RANKS,
    WANTS,
    day_of,
    list_holders,
    sign_of,
)
from api.ledger.noun import Record

OPEN = "leave_open"
"""The force of a holder who does not rule something out: it ends an older refusal."""
ANSWERS = WANTS | REFUSES | {CONDITIONAL, OPEN, "defer", "abstain", "deny"}
"""Forces that answer what was asked; others, such as a warning, are beside the question."""

HIGHEST_VOICE = 2


def rank_voice(record: Record) -> int:
    """Return how much a record's voice counts: 2 own, 1 narrated, 0 what others say."""
    return VOICE_RANKS[record["voice"]]


@dataclass(frozen=True, slots=True)
class Stance:
    """What one holder does in one position with one proposition, or one whole proposal.

    `sign` is 1 or -1, and 0 where it is not ruled out; `leans` is the sign that this permits.
    `proposition` is None for a proposal as a whole, and `proposal` is the one that is answered.
    """

    record: Record
    holder: str
    proposition: str | None
    proposal: str | None
    sign: int
    leans: int

    @property
    def subject(self) -> tuple[str, str]:
        """What it competes on with others of its holder."""
        return self.holder, self.proposition or f"proposals/{self.proposal}"

    @property
    def literal(self) -> str | None:
        """The literal that it wants."""
        if self.proposition is None:
            return None
        return self.proposition if self.sign > 0 else f"!{self.proposition}"


def list_holder_wholes(scene: Scene, record: Record) -> set[str]:
    """List all who hold a position, and all of which they are part."""
    return {whole for each in list_holders(record) for whole in scene.list_wholes(each)}


def lean_of(record: Record) -> int:
    """Return the sign of a position, also where it merely does not rule something out."""
    if record["force"] == OPEN:
        return -1 if record["negated"] else 1
    return sign_of(record)


def list_stances(record: Record) -> Iterator[Stance]:
    """Yield the stance of each holder of a position; none for a force that takes none."""
    if leans := lean_of(record):
        proposal = (record["responds_to"] or {"proposal": None}).get("proposal")
        wanted = sign_of(record)
        for holder in list_holders(record):
            yield Stance(record, holder, record["proposition"], proposal, wanted, leans)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one holder's records on one thing: those that count, and the newest of these.

    `preferred` are those of the best rank, `heard` those of them in the highest voice.
    `leans` returns 1 where a record is for the thing, -1 where against it, else 0.
    """

    preferred: Sequence[Record]
    heard: Sequence[Record]
    newest: Sequence[Record]
    leans: Callable[[Record], int] = lean_of

    @property
    def shown(self) -> Record | None:
        """The one to show: the first of the newest that takes a stand, else the first."""
        return next((r for r in self.newest if self.leans(r)), next(iter(self.newest), None))

    @property
    def is_disputed(self) -> bool:
        """Whether the newest say the opposite of each other."""
        leans = {self.leans(each) for each in self.newest}
        return {1, -1} <= leans and any(map(sign_of, self.newest))


def find_standing(records: Sequence[Record]) -> Standing:
    """Find those that count among a holder's records on one thing, and the newest of these."""
    counting = [each for each in records if each["rank"] != "deprecated"]
    preferred = [each for each in counting if each["rank"] == "preferred"] or counting
    highest = max(map(rank_voice, preferred), default=0)
    heard = [each for each in preferred if rank_voice(each) == highest]
    day = max(map(day_of, heard), default="")
    return Standing(preferred, heard, [each for each in heard if day_of(each) == day])


def list_denied(records: Iterable[Record]) -> dict[str, str]:
    """Map each position that its supposed holder denied to the denial.

    The denial is in a higher voice, or in the same one and later; who denies an own word ends it.
    """
    by_id = {each["id"]: each for each in records if each["rank"] != "deprecated"}
    found: dict[str, str] = {}
    for each in by_id.values():
        answered: Record = each["responds_to"] or {}
        about = by_id.get(answered.get("position") or "")
        if each["force"] == "deny" and about is not None:
            shared = set(list_holders(each)) & set(list_holders(about))
            said, denied = ((rank_voice(r), day_of(r)) for r in (about, each))
            if shared and said[0] < HIGHEST_VOICE and said < denied:
                found[about["id"]] = each["id"]
    return found


def list_replaced(records: Sequence[Record]) -> tuple[set[str], dict[str, Record]]:
    """Return the ids of what was replaced; and of what a lower voice says was, with that record."""
    by_id = {each["id"]: each for each in records}
    replaced, challenged = set[str](), dict[str, Record]()
    for each in records:
        before = by_id.get(each["replaces"] or "")
        if before is None or each["rank"] == "deprecated":
            continue
        if rank_voice(each) < rank_voice(before):
            challenged[before["id"]] = each
        else:
            replaced.add(before["id"])
    return replaced, challenged
