"""Plans: the changes that a submission comes to, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from api import errors
from api.analysis.effects import begin_dry_run
from api.bulk.bodies import collect_lines
from api.coding.translating import CodedSource
from api.concurrency import dry_runs
from api.ledger import Asked, Change, Ledger, Receipt, write_changes
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import canonical_bytes, parse_bytes
from api.ledger.truth.revisions import ABSENT, check_expected, revision_tag
from api.ledger.versions.lookup import Key
from api.ledger.writing import PendingChangeset
from api.nouns import NOUNS_BY_NAME
from api.web.contract.problems import Fault, RequestRefused, locate_faults

MOST_TAKEN_BACK, MOST_BYTES_TAKEN_BACK = 5_000, 8_000_000
"""How many revisions a changeset may have that is taken back; how many bytes these may have, with
the revisions before them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes, the place of each in what was sent as a JSON pointer, and texts by their sources."""

    changes: Sequence[Change] = ()
    places: Mapping[Key, str] = field(default_factory=dict[Key, str])
    texts: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def from_bytes(cls, stored: bytes) -> Plan:
        data = parse_bytes(stored)
        changes = [
            Change(noun, id, record, ABSENT if tag is None else frozenset({tag}))
            for noun, id, record, tag in data["changes"]
        ]
        keys = ((each.noun, each.id) for each in changes)
        return cls(changes, dict(zip(keys, data["places"], strict=True)), data["texts"])

    def to_bytes(self) -> bytes:
        """Render a plan of which each change expects one revision, or none, to be stored."""
        changes = [
            (*change, next(iter(expected)) if isinstance(expected, frozenset) else None)
            for *change, expected in self.changes
        ]
        places = [self.places[each.noun, each.id] for each in self.changes]
        return canonical_bytes({"changes": changes, "places": places, "texts": self.texts})

    def locate(self, found: errors.RecordProblem) -> Fault:
        """Return the record of a problem, and its place in what was sent if it stands there."""
        place = self.places.get((found.noun, found.id), "")
        return {"record": f"{found.noun}/{found.id}", "pointer": place + found.problem.pointer}


def make_plan(ledger: Ledger, kind: str, sent: Any, *, reads_texts: bool) -> Plan:
    """Translate what was sent, and check it against the present records; raises as a write does.

    What would change nothing is left out, and each other change expects the present revision.
    """
    with dry_runs.hold_slot(), ledger.open_reader(Asked(valid_at="any")) as reader:
        plan = _PLANNERS[kind](sent, reader)
        with locate_problems(plan), closing(reader.open_overlay()) as overlay:
            written = carry_out(begin_dry_run(overlay, reads_texts=reads_texts), plan).written
            stored = overlay.read_newest(written)
    tags = {key: frozenset({revision_tag(each.hash)}) for key, each in stored.items()}
    kept = (each for each in plan.changes if (each.noun, each.id) in written)
    pinned = [each._replace(expected=tags.get((each.noun, each.id), ABSENT)) for each in kept]
    return replace(plan, changes=pinned)


def _plan_coded_source(sent: Any, reader: Reader) -> Plan:
    try:
        coded = CodedSource(sent, reader)
    except RequestRefused as error:
        faults = [{**e, "pointer": f"/coded_source{e['pointer']}"} for e in error.faults]
        raise RequestRefused(error.status, error.detail, faults) from error
    places = {key: f"/coded_source{each.pointer}" for key, each in coded.records.items()}
    return Plan(coded.changes, places, {id: text for (_, id), text in coded.texts.items()})


def _plan_changeset(sent: str | Sequence[Any], reader: Reader) -> Plan:
    """Plan lines of JSON, sent as one text or as a list of objects."""
    raw = sent.encode() if isinstance(sent, str) else b"\n".join(map(orjson.dumps, sent))
    lines, faults = collect_lines(raw, None, reader.find_record)
    if faults:
        listed = [
            {"pointer": f"/changeset/{int(each['line']) - 1}{each.get('pointer', '')}",
             "detail": each["detail"]}
            for each in faults
        ]  # fmt: skip
        detail = "Some lines are not valid, so nothing was proposed; see errors."
        raise RequestRefused(422, detail, listed)
    places = {e.key: f"/changeset/{e.number - 1}{'/record' if e.record else ''}" for e in lines}
    return Plan([each.change for each in lines], places)


def _plan_taking_back(number: int, reader: Reader) -> Plan:
    """Plan the inverse of a changeset, over the revisions that it wrote.

    Raises NotFound, or Conflict where they are too many or too large.
    """
    reader.read_changeset(number)
    count, size = reader.measure_changeset(number, MOST_TAKEN_BACK + 1)
    if count > MOST_TAKEN_BACK or size > MOST_BYTES_TAKEN_BACK:
        raise errors.Conflict(
            f"changeset {number} is too large to be taken back at once: it wrote more than "
            f"{MOST_TAKEN_BACK:,} revisions, or they and those before them have more than "
            f"{MOST_BYTES_TAKEN_BACK:,} bytes; propose the records as they were before, in parts"
        )
    written = reader.list_changes(count, number=number)
    changes = [_invert_change(reader, each["noun"], each["id"], each["number"]) for each in written]
    return Plan(changes, {(each.noun, each.id): "/takes_back" for each in changes})


_PLANNERS: Mapping[str, Callable[[Any, Reader], Plan]] = {
    "coded_source": _plan_coded_source,
    "changeset": _plan_changeset,
    "takes_back": _plan_taking_back,
}


def _invert_change(reader: Reader, noun: str, id: str, number: int) -> Change:
    """Return the change that puts back the revision before, or retracts what was none before."""
    rows = reader.read_history(NOUNS_BY_NAME[noun], id, min(number, 2), after=max(number - 2, 0))
    before, written = rows[0], rows[-1]
    is_new = number == 1 or before["tombstone"]
    record = None if is_new else parse_bytes(before["body"])
    return Change(noun, id, record, frozenset({revision_tag(written["hash"])}))


def carry_out(pending: PendingChangeset, plan: Plan) -> Receipt:
    """Write a plan into a pending changeset.

    Raises Outdated where records are not as the plan expects, and what any write raises.
    """
    if moved := [*_find_moved(pending, plan)]:
        raise errors.Outdated(moved)
    texts = {("sources", id): text for id, text in plan.texts.items()}
    receipt = write_changes(pending, plan.changes, texts)
    if not receipt.written and not texts:
        raise errors.Conflict("it would change nothing: the registry says all of that already")
    return receipt


def _find_moved(pending: PendingChangeset, plan: Plan) -> Iterator[errors.RecordProblem]:
    stored = pending.lookup.read_newest((each.noun, each.id) for each in plan.changes)
    for each in plan.changes:
        try:
            check_expected(each, stored.get((each.noun, each.id)))
        except errors.SineQuaNonError as error:
            yield errors.RecordProblem(each.noun, each.id, errors.Problem("", str(error)))


@contextmanager
def locate_problems(plan: Plan) -> Iterator[None]:
    """Refuse what breaks rules or is outdated by the places in what was sent."""
    try:
        yield
    except (errors.RulesBroken, errors.WouldBreak, errors.Outdated) as error:
        faults = locate_faults(error.problems, plan.locate)
        if isinstance(error, errors.RulesBroken):
            detail = "It contradicts rules or other records; see errors."
            raise RequestRefused(422, detail, faults) from error
        raise RequestRefused(409, f"{error}; see errors.", faults) from error
