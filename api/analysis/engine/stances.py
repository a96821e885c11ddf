"""Where a holder stands: who holds a position, what it wants, and which of several counts.

Of a holder's positions on one thing the preferred ones count if there are any, else the normal
ones, never the deprecated; of these the newest, attested last. Opposites of the newest day are
disputed. Everything in analysis that picks one of several positions picks it by this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.engine.scene import Scene
from api.evidence.rules import CONDITIONAL, REFUSES, WANTS, list_holders, sign_of
from api.ledger.noun import Record

ANSWERS = WANTS | REFUSES | {CONDITIONAL, "defer", "abstain"}
"""Forces that answer what was asked; others, such as a warning, are beside the question."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What one holder does in one position with one proposition, or one whole proposal.

    `sign` is 1 or -1; `proposition` is None for a proposal as a whole, and `proposal` is the one
    that is answered, if any is.
    """

    record: Record
    holder: str
    proposition: str | None
    proposal: str | None
    sign: int

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


def list_stances(record: Record) -> Iterator[Stance]:
    """Yield the stance of each holder of a position; none for a force without a sign."""
    if wanted := sign_of(record):
        proposal = (record["responds_to"] or {"proposal": None}).get("proposal")
        for holder in list_holders(record):
            yield Stance(record, holder, record["proposition"], proposal, wanted)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one holder's records on one thing: those that count, and the newest of these.

    `signed` returns 1 where a record is for the thing, -1 where against it, else 0.
    """

    best: Sequence[Record]
    newest: Sequence[Record]
    signed: Callable[[Record], int] = sign_of

    @property
    def shown(self) -> Record | None:
        """The one to show: the first of the newest that takes a stand, else the first."""
        return next((r for r in self.newest if self.signed(r)), next(iter(self.newest), None))

    @property
    def is_disputed(self) -> bool:
        """Whether the newest say the opposite of each other."""
        return {1, -1} <= {self.signed(each) for each in self.newest}


def find_standing(records: Sequence[Record]) -> Standing:
    """Find those that count among a holder's records on one thing, and the newest of these."""
    counting = [each for each in records if each["rank"] != "deprecated"]
    best = [each for each in counting if each["rank"] == "preferred"] or counting
    day = max((each["last_attested_on"] for each in best), default="")
    return Standing(best, [each for each in best if each["last_attested_on"] == day])
