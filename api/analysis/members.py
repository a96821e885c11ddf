"""From records to members: what each holder wants, once, and why the rest is left out.

In steps, each of which leaves records out with a reason (`vocabulary.LEFT_OUT`):

1. A record counts by its rank, its voice, its holder's standing and its day.
2. A position speaks for each of its holders. Its force has a sign: `propose demand commit intend
   accept concede` want the proposition, `reject` wants its opposite, `negated` turns either round;
   all others want nothing.
3. Of a holder's positions on one proposition (or one whole proposal) the preferred ones count if
   there are any, and of these the latest: the one attested last. Opposites of the same day cancel
   each other. Accepting a whole proposal is accepting each of its literals, on that day.
4. A position under preconditions leaves it to them to speak.
5. What is left is gathered: one member for each holder and claim, with all records that show it.

Preconditions go through 1 and 5, and say nothing where no condition is stated or its direction is
unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from api.analysis.choices import Choices
from api.analysis.model import (
    Claim,
    Condition,
    Holds,
    LeftOut,
    Member,
    NotAll,
    atom,
    condition_of,
)
from api.analysis.scene import Scene
from api.ledger.noun import Record

T = TypeVar("T")

WANTS = frozenset({"propose", "demand", "commit", "intend", "accept", "concede"})
REFUSES = frozenset({"reject"})
CONDITIONAL = "accept_conditionally"
_ASKS_LEAVE = frozenset({"propose", "accept", "concede"})
"""Forces of what goes unmet rather than yields: nothing is taken back when it is not granted."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What one holder does in one position with one proposition, or one whole proposal.

    `sign` is 1 or -1; `proposition` is None for a proposal as a whole. `whole` is the proposal
    from whose acceptance the stance follows.
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


def gather(
    scene: Scene, choices: Choices, picked: frozenset[str]
) -> tuple[tuple[Member, ...], list[LeftOut]]:
    """Make the members of a scene, and tell what is left out.

    `picked` names the ambiguous propositions whose reading a rule in use has picked.
    """
    made = _Gathering(scene, choices, picked)
    members = [*made.of_positions(), *made.of_preconditions()]
    return tuple(made.merged(members)), made.left_out


def latest(stances: Sequence[Stance], left: Callable[[Stance, str], None]) -> list[Stance]:
    """Keep the holder's latest stances on each subject; tell `left` of the others, with why."""
    kept: list[Stance] = []
    for all_of_one in _grouped(stances, lambda each: each.subject):
        preferred = [each for each in all_of_one if each.record["rank"] == "preferred"]
        rivals = preferred or all_of_one
        for each in all_of_one:
            if each not in rivals:
                left(each, "not_preferred")
        day = max(each.record["last_attested_on"] for each in rivals)
        newest = [each for each in rivals if each.record["last_attested_on"] == day]
        signs = {each.sign for each in newest}
        for each in rivals:
            if len(signs) > 1 and each in newest:
                left(each, "disputed")
            elif each in newest or {each.sign} == signs:
                kept.append(each)
            else:
                left(each, "superseded")
    return kept


def stances(record: Record) -> Iterator[Stance]:
    """Give what each holder of a position does in it; nothing for a force without a sign."""
    force = record["force"]
    if force not in WANTS | REFUSES | {CONDITIONAL}:
        return
    sign = (-1 if force in REFUSES else 1) * (-1 if record["negated"] else 1)
    answered: Record = record["responds_to"] or {}
    for holder in (record["holder"], *(record["co_holders"] or ())):
        yield Stance(record, holder, record["proposition"], answered.get("proposal"), sign)


class _Gathering:
    def __init__(self, scene: Scene, choices: Choices, picked: frozenset[str]) -> None:
        self._scene, self._choices, self._picked = scene, choices, picked
        self._left_out: dict[LeftOut, None] = {}

    @property
    def left_out(self) -> list[LeftOut]:
        """All that was left out, in order."""
        return list(self._left_out)

    def of_positions(self) -> Iterator[Member]:
        """Make members of positions."""
        found: list[Stance] = []
        for record in self._scene.positions:
            if not self._counts("positions", record):
                continue
            own = list(stances(record))
            if not own:
                self._leave_out("positions", record["id"], "constrains_nothing")
            found += (each for each in own if self._hears(each.holder, "positions", record))
        for each in latest(list(self._expanded(found)), self._leave_stance):
            yield from self._member(each)

    def of_preconditions(self) -> Iterator[Member]:
        """Make members of preconditions."""
        heard = [
            record
            for record in self._scene.preconditions
            if self._counts("preconditions", record)
            and self._hears(record["holder"], "preconditions", record)
        ]
        for rivals in _grouped(heard, lambda r: (r["holder"], frozenset(r["consequents"]))):
            preferred = any(each["rank"] == "preferred" for each in rivals)
            for record in rivals:
                if preferred and record["rank"] != "preferred":
                    self._leave_out("preconditions", record["id"], "not_preferred")
                elif claim := self._condition(record):
                    yield self._made("preconditions", record, record["holder"], claim, "yields")

    def merged(self, members: Iterable[Member]) -> Iterator[Member]:
        """Make one member of all with the same holder and claim."""
        for same in _grouped(members, lambda each: (each.noun, each.holder, each.claim)):
            records = tuple(dict.fromkeys(id for each in same for id in each.records))
            yields = any(each.gives_way == "yields" for each in same)
            yield replace(
                same[0],
                records=records,
                gives_way="yields" if yields else "goes_unmet",
                forces=tuple(dict.fromkeys(force for each in same for force in each.forces)),
            )

    def _counts(self, noun: str, record: Record) -> bool:
        since = self._choices.attested_since
        if record["rank"] == "deprecated":
            return self._leave_out(noun, record["id"], "deprecated")
        if record["voice"] not in self._choices.voices:
            return self._leave_out(noun, record["id"], "voice")
        if since is not None and record["last_attested_on"] < since:
            return self._leave_out(noun, record["id"], "attested_earlier")
        return True

    def _hears(self, holder: str, noun: str, record: Record) -> bool:
        if self._choices.parties_only and not self._scene.is_party(holder):
            return self._leave_out(noun, record["id"], "not_party")
        return True

    def _expanded(self, found: Sequence[Stance]) -> Iterator[Stance]:
        """Spread the acceptance of a whole proposal over its literals, the latest answer only."""
        whole = [each for each in found if each.proposition is None]
        yield from (each for each in found if each.proposition is not None)
        for each in latest(whole, self._leave_stance):
            if each.sign < 0 or self._leaves_to_conditions(each.record):
                yield each
                continue
            for literal in self._scene.literals(each.proposal or ""):
                sign = -1 if literal.startswith("!") else 1
                yield Stance(each.record, each.holder, atom(literal), each.proposal, sign)

    def _member(self, stance: Stance) -> Iterator[Member]:
        record = stance.record
        claim: Claim
        if record["force"] == CONDITIONAL and not record["under"]:
            self._leave_out("positions", record["id"], "condition_not_recorded")
            return
        if self._leaves_to_conditions(record):
            self._leave_out("positions", record["id"], "conditional")
            return
        proposal = stance.proposal or ""
        if stance.literal is not None:
            claim = Holds(stance.literal)
        else:
            claim = NotAll(proposal, tuple(self._scene.literals(proposal)))
        if any(self._is_open(each) for each in claim.literals):
            self._leave_stance(stance, "ambiguous")
            return
        gives_way = "goes_unmet" if record["force"] in _ASKS_LEAVE else "yields"
        yield self._made("positions", record, stance.holder, claim, gives_way)

    def _leaves_to_conditions(self, record: Record) -> bool:
        if record["force"] == CONDITIONAL and not record["under"]:
            return True
        return bool(record["under"]) and not self._choices.standing_demands

    def _condition(self, record: Record) -> Condition | None:
        kind = record["antecedents_kind"]
        if kind != "stated":
            self._leave_out("preconditions", record["id"], f"condition_{kind}")
            return None
        if record["modality"] == "unknown":
            self._leave_out("preconditions", record["id"], "modality_unknown")
            return None
        claim = condition_of(record, literal_offers=self._choices.literal_offers)
        if any(self._is_open(each) for each in claim.literals):
            self._leave_out("preconditions", record["id"], "ambiguous")
            return None
        return claim

    def _made(self, noun: str, record: Record, holder: str, claim: Claim, gives_way: str) -> Member:
        if not self._scene.is_party(holder):
            gives_way = "goes_unmet"
        forces = (record["force"],) if noun == "positions" else ()
        return Member(noun, (record["id"],), holder, claim, gives_way, forces)

    def _is_open(self, literal: str) -> bool:
        """Whether it has several readings of which no rule in use picks one."""
        id = atom(literal)
        return bool(self._scene.proposition(id)["readings"]) and id not in self._picked

    def _leave_out(self, noun: str, id: str, reason: str, literal: str | None = None) -> bool:
        self._left_out[LeftOut(noun, id, reason, literal)] = None
        return False

    def _leave_stance(self, stance: Stance, reason: str) -> None:
        # Of a whole proposal's acceptance a single literal may be left out, and is named.
        spread = stance.record["proposition"] is None and stance.proposition is not None
        literal = stance.literal if spread else None
        self._leave_out("positions", stance.record["id"], reason, literal)


def _grouped(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())
