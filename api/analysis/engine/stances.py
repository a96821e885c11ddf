"""Where a holder stands by one record: who holds it, what it wants, how much it weighs."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from api.analysis.engine.model import write_literal
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

_LEAVES_OPEN = "leave_open"
"""The force of a holder who does not rule something out: it ends an older refusal."""
ANSWERS = WANTS | REFUSES | {CONDITIONAL, _LEAVES_OPEN, "defer", "abstain", "deny"}
"""Forces that answer what was asked; others, such as a warning, are beside the question."""

HIGHEST_VOICE = max(VOICE_RANKS.values())


def rank_voice(record: Record) -> int:
    """Return how much a record's voice counts: 2 own or authorised, 1 narrated, 0 other."""
    return VOICE_RANKS[record["voice"]]


def noun_of(record: Record) -> str:
    """Return the noun of a position or a precondition."""
    return "preconditions" if "antecedents_kind" in record else "positions"


def subject_of(record: Record) -> Hashable:
    """Return the thing on which a record competes with others of its holder."""
    if noun_of(record) == "preconditions":
        return frozenset(record["consequents"])
    return record["proposition"] or f"proposals/{record['responds_to']['proposal']}"


@dataclass(frozen=True, slots=True)
class Stance:
    """What one holder does in one record: with a proposition, a whole proposal, or conditions.

    `sign` is 1 or -1, and 0 where it is not ruled out; `leans` is the sign that this permits.
    `proposition` is None for conditions, and for a whole proposal: `proposal` is the one answered.
    """

    record: Record
    holder: str
    proposition: str | None
    proposal: str | None
    sign: int
    leans: int

    @property
    def subject(self) -> tuple[str, Hashable]:
        """What it competes on with others of its holder."""
        return self.holder, self.proposition or subject_of(self.record)

    @property
    def weight(self) -> tuple[int, str, bool]:
        """Its voice and its day; on one day, the answer to a part outweighs that to the whole."""
        is_part = self.record.get("proposition") is not None
        return rank_voice(self.record), day_of(self.record), is_part

    @property
    def literal(self) -> str | None:
        """The literal that it wants."""
        if self.proposition is None:
            return None
        return write_literal(self.proposition, self.sign)


def list_holder_wholes(scene: Scene, record: Record) -> set[str]:
    """List all who hold a position, and all of which they are part."""
    return {whole for each in list_holders(record) for whole in scene.list_wholes(each)}


def lean_of(record: Record) -> int:
    """Return the side that a record takes, also where it merely does not rule something out.

    Conditions for one thing agree, unless one says that there are none.
    """
    if noun_of(record) == "preconditions":
        return -1 if record["antecedents_kind"] == "none" else 1
    if record["force"] == _LEAVES_OPEN:
        return -1 if record["negated"] else 1
    return sign_of(record)


def list_stances(record: Record) -> Iterator[Stance]:
    """Yield the stance of each holder of a record; none for a force that takes none."""
    if leans := lean_of(record):
        proposition, wanted = record.get("proposition"), leans
        if noun_of(record) == "positions":
            wanted = sign_of(record)
        answered: Record = record.get("responds_to") or {}
        for holder in list_holders(record):
            yield Stance(record, holder, proposition, answered.get("proposal"), wanted, leans)


class Overrides:
    """Which records were denied, replaced, or are said to be: by noun and id."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._denials: dict[str, Record] = {}
        self.replaced: set[tuple[str, str]] = set()
        self._challengers: dict[tuple[str, str], Record] = {}
        by_id = {(noun_of(each), each["id"]): each for each in records}
        for (noun, _), each in by_id.items():
            if each["rank"] == "deprecated":
                continue
            if (before := by_id.get((noun, each["replaces"]))) is not None:
                is_lower = rank_voice(each) < rank_voice(before)
                if is_lower:
                    self._challengers[noun, before["id"]] = each
                else:
                    self.replaced.add((noun, before["id"]))
            if noun == "positions" and each["force"] == "deny":
                answered: Record = each["responds_to"] or {}
                about = by_id.get((noun, answered.get("position") or ""))
                if about is not None and _is_denied(about, each):
                    self._denials[about["id"]] = each

    def find_denial(self, record: Record) -> Record | None:
        """Return the position by which its supposed holder denies a position."""
        return self._denials.get(record["id"]) if noun_of(record) == "positions" else None

    def find_challenger(self, record: Record) -> Record | None:
        """Return the record by which a lower voice says that this one was replaced."""
        return self._challengers.get((noun_of(record), record["id"]))


def _is_denied(about: Record, denial: Record) -> bool:
    """Return whether a denial counts: it is in a higher voice, or in the same one and later.

    Own and authorised words cannot be denied; their holder ends them by a later record.
    """
    said, denied = ((rank_voice(each), day_of(each)) for each in (about, denial))
    is_shared = not set(list_holders(about)).isdisjoint(list_holders(denial))
    counts = about["rank"] != "deprecated" and is_shared
    return counts and said[0] < HIGHEST_VOICE and said < denied
