"""Where a holder stands by one record: who holds it, what it wants, how much it weighs."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

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


def list_subjects(record: Record) -> Sequence[Hashable]:
    """List the things on which a record competes with others of its holder.

    Conditions do on each thing that they are for, a position on its proposition or whole proposal.
    """
    if noun_of(record) == "preconditions":
        return [_conditions_for(each) for each in record["consequents"]]
    return [record["proposition"] or f"proposals/{record['responds_to']['proposal']}"]


def _conditions_for(consequent: str) -> Hashable:
    return "preconditions", consequent


@dataclass(frozen=True, slots=True)
class Stance:
    """What one holder does in one record: with a proposition, a whole proposal, or conditions.

    `sign` is 1 or -1, and 0 where it is not ruled out; `leans` is the sign that this permits.
    `proposition` is None for conditions, and for a whole proposal: `proposal` is the one answered.
    Of conditions, `consequent` is the one thing of those that they are for.
    """

    record: Record
    holder: str
    proposition: str | None
    proposal: str | None
    sign: int
    leans: int
    consequent: str = ""

    @property
    def subject(self) -> tuple[str, Hashable]:
        """What it competes on with others of its holder."""
        if self.consequent:
            return self.holder, _conditions_for(self.consequent)
        return self.holder, self.proposition or f"proposals/{self.proposal}"

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

    @property
    def part(self) -> str | None:
        """The literal that it is on, where its record takes a stance on each of several."""
        if self.consequent:
            return self.consequent if len(self.record["consequents"]) > 1 else None
        return None if self.record["proposition"] else self.literal


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
    """Yield the stances of each holder of a record; none for a force that takes none."""
    if leans := lean_of(record):
        if noun_of(record) == "preconditions":
            for holder, each in product(list_holders(record), record["consequents"]):
                yield Stance(record, holder, None, None, leans, leans, each)
            return
        answered: Record = record["responds_to"] or {}
        about = record["proposition"], answered.get("proposal")
        for holder in list_holders(record):
            yield Stance(record, holder, *about, sign_of(record), leans)


class Overrides:
    """Which records were denied, replaced, or are said to be, for each of their holders.

    Joint holders speak for themselves. A record that its supposed holder denies replaces nothing.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._denials: dict[tuple[str, str], Record] = {}
        self._replaced: set[tuple[str, str, str]] = set()
        self._challengers: defaultdict[tuple[str, str, str], list[Record]] = defaultdict(list)
        by_id = {(noun_of(each), each["id"]): each for each in records}
        counting = [each for each in by_id.values() if each["rank"] != "deprecated"]
        for each in counting:
            if noun_of(each) == "positions" and each["force"] == "deny":
                answered: Record = each["responds_to"] or {}
                about = by_id.get(("positions", answered.get("position") or ""))
                if about is not None and _is_denied(about, each):
                    for holder in _list_shared(about, each):
                        self._denials[about["id"], holder] = each
        for each in counting:
            if (before := by_id.get((noun_of(each), each["replaces"]))) is not None:
                self._add_replacement(before, each)

    def _add_replacement(self, before: Record, record: Record) -> None:
        is_lower = rank_voice(record) < rank_voice(before)
        for holder in _list_shared(before, record):
            key = noun_of(before), before["id"], holder
            if self.find_denial(record, holder) is not None:
                continue
            if is_lower:
                self._challengers[key].append(record)
            else:
                self._replaced.add(key)

    def find_denial(self, record: Record, holder: str) -> Record | None:
        """Return the position by which a supposed holder denies a position."""
        is_position = noun_of(record) == "positions"
        return self._denials.get((record["id"], holder)) if is_position else None

    def is_replaced(self, record: Record, holder: str) -> bool:
        """Return whether a record of a holder, in no lower voice, replaces this one."""
        return (noun_of(record), record["id"], holder) in self._replaced

    def list_challengers(self, record: Record, holder: str) -> Sequence[Record]:
        """List the records by which a lower voice says that a holder replaced this one."""
        return self._challengers.get((noun_of(record), record["id"], holder), ())


def _list_shared(one: Record, other: Record) -> list[str]:
    others = set(list_holders(other))
    return [each for each in list_holders(one) if each in others]


def _is_denied(about: Record, denial: Record) -> bool:
    """Return whether a denial counts: it is in a higher voice, or in the same one and later.

    Own and authorised words cannot be denied; their holder ends them by a later record.
    """
    said, denied = ((rank_voice(each), day_of(each)) for each in (about, denial))
    return about["rank"] != "deprecated" and said[0] < HIGHEST_VOICE and said < denied
