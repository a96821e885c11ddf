"""Makes members of records: what each holder wants, once, and why the rest is left out.

In steps, each of which leaves records out with a reason (`vocabulary.LEFT_OUT`):

1. A record counts by its rank, its voice, its holder's standing and its day.
2. A position speaks for each of its holders. Its force has a sign: `propose demand commit intend
   accept concede` want the proposition, `reject` wants its opposite, `negated` turns either round;
   all others want nothing.
3. Of a holder's positions on one proposition (or one whole proposal) those count that
   `stances` picks; older ones that say the same stay with them. Accepting a whole proposal is
   accepting each of its literals, on that day.
4. A position under preconditions leaves it to them to speak.
5. What is left is gathered: one member for each holder and claim, with all records that show it.

Preconditions go through 1 and 5, and say nothing where no condition is stated or its direction is
unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from api.analysis.engine import model
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import CONDITIONAL, Stance, find_standing, list_stances
from api.ledger.noun import Record

T = TypeVar("T")

_ASKS_LEAVE = frozenset({"propose", "accept", "concede"})
"""Forces of what goes unmet rather than yields: nothing is taken back when it is not granted."""


def gather_members(
    scene: Scene, choices: Choices, picked: frozenset[str]
) -> tuple[tuple[model.Member, ...], list[model.Omission]]:
    """Make the members of a scene, and list what is left out.

    `picked` names the ambiguous propositions whose reading a rule in use has picked.
    """
    made = _Gathering(scene, choices, picked)
    conditions = [*made.gather_preconditions()]
    speaking = frozenset(id for each in conditions for id in each.records)
    members = [*made.gather_positions(speaking), *conditions]
    return tuple(made.merge_members(members)), made.left_out


def keep_latest(found: Sequence[Stance], leave_out: Callable[[Stance, str], None]) -> list[Stance]:
    """Keep the stances of each holder that count; report the others to `leave_out`."""
    kept: list[Stance] = []
    for rivals in _group_by(found, lambda each: each.subject):
        counting = find_standing([each.record for each in rivals])
        best, newest = ({r["id"] for r in some} for some in (counting.best, counting.newest))
        # On one day, the answer to a part outweighs the answer to the whole.
        parts = {r["id"] for r in counting.newest if r["proposition"] is not None}
        newest = parts or newest
        signs = {each.sign for each in rivals if each.record["id"] in newest}
        for each in rivals:
            id = each.record["id"]
            if id not in best:
                leave_out(each, "not_preferred")
            elif len(signs) > 1 and id in newest:
                leave_out(each, "disputed")
            elif id in newest or {each.sign} == signs:
                kept.append(each)
            else:
                leave_out(each, "superseded")
    return kept


def _is_outdated(stance: Stance, kept: Sequence[Stance], scene: Scene) -> bool:
    """Whether a holder rejected a whole proposal and wants each of its literals since."""
    if stance.proposition is not None or stance.sign > 0 or stance.proposal is None:
        return False
    day = stance.record["last_attested_on"]
    since = {
        each.literal
        for each in kept
        if each.holder == stance.holder and each.record["last_attested_on"] > day
    }
    return since.issuperset(scene.literals_of(stance.proposal))


class _Gathering:
    def __init__(self, scene: Scene, choices: Choices, picked: frozenset[str]) -> None:
        self._scene, self._choices, self._picked = scene, choices, picked
        omitted = (model.Omission(*each, "by_request") for each in scene.omitted)
        self._left_out = dict.fromkeys(omitted)
        self._replaced = {
            noun: {each["replaces"] for each in records if each["rank"] != "deprecated"}
            for noun, records in (
                ("positions", scene.positions), ("preconditions", scene.preconditions)
            )
        }  # fmt: skip

    @property
    def left_out(self) -> list[model.Omission]:
        """All that was left out, in order."""
        return list(self._left_out)

    def gather_positions(self, speaking: frozenset[str]) -> Iterator[model.Member]:
        """Make members of positions; `speaking` are the preconditions that are members."""
        found = list(self._list_heard_stances())
        kept = keep_latest(list(self._expand_packages(found)), self._leave_stance)
        for each in kept:
            if _is_outdated(each, kept, self._scene):
                self._leave_stance(each, "superseded")
            else:
                yield from self._make_members(each, speaking)

    def gather_preconditions(self) -> Iterator[model.Member]:
        """Make members of preconditions."""
        noun, there = "preconditions", self._scene.preconditions
        heard = [
            each for each in there
            if self._is_counted(noun, each) and self._is_heard(each["holder"], noun, each)
        ]  # fmt: skip
        for rivals in _group_by(heard, lambda r: (r["holder"], frozenset(r["consequents"]))):
            preferred = any(each["rank"] == "preferred" for each in rivals)
            for record in rivals:
                if preferred and record["rank"] != "preferred":
                    self._leave_out(noun, record, "not_preferred")
                elif claim := self._read_claim(record):
                    yield self._make_member(noun, record, record["holder"], claim, "yields")

    def _list_heard_stances(self) -> Iterator[Stance]:
        for record in self._scene.positions:
            if not self._is_counted("positions", record):
                continue
            own = list(list_stances(record))
            if not own:
                self._leave_out("positions", record, "constrains_nothing")
            yield from (each for each in own if self._is_heard(each.holder, "positions", record))

    def merge_members(self, members: Iterable[model.Member]) -> Iterator[model.Member]:
        """Make one member of all with the same holder and claim."""
        for same in _group_by(members, lambda each: (each.noun, each.holder, each.claim)):
            records = tuple(dict.fromkeys(id for each in same for id in each.records))
            forces = tuple(dict.fromkeys(force for each in same for force in each.forces))
            yields = any(each.gives_way == "yields" for each in same)
            gives_way = "yields" if yields else "goes_unmet"
            yield replace(same[0], records=records, gives_way=gives_way, forces=forces)

    def _is_counted(self, noun: str, record: Record) -> bool:
        since = self._choices.attested_since
        if record["rank"] == "deprecated":
            return self._leave_out(noun, record, "deprecated")
        if record["id"] in self._replaced[noun]:
            return self._leave_out(noun, record, "superseded")
        if record["voice"] not in self._choices.voices:
            return self._leave_out(noun, record, "voice")
        if since is not None and record["last_attested_on"] < since:
            return self._leave_out(noun, record, "attested_earlier")
        return True

    def _is_heard(self, holder: str, noun: str, record: Record) -> bool:
        if self._choices.parties_only and not self._scene.is_party(holder):
            return self._leave_out(noun, record, "not_party", holder)
        return True

    def _expand_packages(self, found: Sequence[Stance]) -> Iterator[Stance]:
        """Spread the acceptance of a whole proposal over its literals, the latest answer only."""
        whole = [each for each in found if each.proposition is None]
        yield from (each for each in found if each.proposition is not None)
        for each in keep_latest(whole, self._leave_stance):
            if each.sign < 0 or self._leaves_to_conditions(each.record):
                yield each
                continue
            for literal in self._scene.literals_of(each.proposal or ""):
                sign = -1 if literal.startswith("!") else 1
                yield Stance(each.record, each.holder, model.atom_of(literal), each.proposal, sign)

    def _make_members(self, stance: Stance, speaking: frozenset[str]) -> Iterator[model.Member]:
        record, claim = stance.record, self._read_stance(stance)
        if record["force"] == CONDITIONAL and not record["under"]:
            self._leave_out("positions", record, "condition_not_recorded", stance.holder)
        elif self._leaves_to_conditions(record):
            is_silent = speaking.isdisjoint(record["under"])
            reason = "condition_silent" if is_silent else "conditional"
            self._leave_out("positions", record, reason, stance.holder)
        elif any(self._is_open(each) for each in claim.literals):
            self._leave_stance(stance, "ambiguous")
        else:
            gives_way = "goes_unmet" if record["force"] in _ASKS_LEAVE else "yields"
            yield self._make_member("positions", record, stance.holder, claim, gives_way)

    def _read_stance(self, stance: Stance) -> model.Claim:
        if stance.literal is not None:
            return model.Holds(stance.literal)
        proposal = stance.proposal or ""
        return model.NotAll(proposal, tuple(self._scene.literals_of(proposal)))

    def _leaves_to_conditions(self, record: Record) -> bool:
        if record["force"] == CONDITIONAL and not record["under"]:
            return True
        return bool(record["under"]) and not self._choices.standing_demands

    def _read_claim(self, record: Record) -> model.Condition | None:
        kind = record["antecedents_kind"]
        if kind != "stated":
            self._leave_out("preconditions", record, f"condition_{kind}")
            return None
        if record["modality"] == "unknown":
            self._leave_out("preconditions", record, "modality_unknown")
            return None
        claim = model.read_condition(record, literal_offers=self._choices.literal_offers)
        if any(self._is_open(each) for each in claim.literals):
            self._leave_out("preconditions", record, "ambiguous")
            return None
        return claim

    def _make_member(
        self, noun: str, record: Record, holder: str, claim: model.Claim, gives_way: str
    ) -> model.Member:
        if not self._scene.is_party(holder):
            gives_way = "goes_unmet"
        forces = (record["force"],) if noun == "positions" else ()
        return model.Member(noun, (record["id"],), holder, claim, gives_way, forces)

    def _is_open(self, literal: str) -> bool:
        """Whether it has several readings of which no rule in use picks one."""
        id = model.atom_of(literal)
        return bool(self._scene.find_proposition(id)["readings"]) and id not in self._picked

    def _leave_out(
        self, noun: str, record: Record, reason: str, holder: str = "", literal: str | None = None
    ) -> bool:
        entry = model.Omission(noun, record["id"], reason, holder or record["holder"], literal)
        self._left_out[entry] = None
        return False

    def _leave_stance(self, stance: Stance, reason: str) -> None:
        # Of a whole proposal's acceptance a single literal may be left out, and is named.
        spread = stance.record["proposition"] is None and stance.proposition is not None
        literal = stance.literal if spread else None
        self._leave_out("positions", stance.record, reason, stance.holder, literal)


def _group_by(values: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for each in values:
        groups[key(each)].append(each)
    return list(groups.values())
