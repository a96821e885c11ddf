"""What a plan would do to the present records: one dry run, and the collisions before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from api.analysis.deadlock.comparison import compare_deadlocks
from api.analysis.deadlock.working import WorkedDeadlock, work_out_deadlock
from api.analysis.engine.scene import Choices
from api.analysis.loading import load_whole_scene
from api.bulk.rejections import count_created
from api.concurrency import heavy_answers
from api.errors import Busy, Gone, NotFound, SineQuaNonError, TooMany
from api.ledger import Ledger
from api.ledger.reading.overlaid import OverlaidReader, open_readers
from api.ledger.reading.reader import Reader
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.referrers import find_referrers
from api.ledger.writing import PendingChangeset
from api.submissions.answers import (
    ConflictDifference,
    DryRun,
    PlannedChange,
    Remark,
    SubmissionDetail,
    show_detail,
)
from api.submissions.plans import Plan, begin_dry_run, carry_out, locate_problems
from api.submissions.queue import Person, make_tag, read_submission
from api.web.contract.problems import Fault, RequestRefused, list_places

MOST_CHANGES, MOST_CONFLICTS, MOST_LAID, _MOST_REFERRERS = 200, 3, 5_000, 200
"""How many changes are shown whole; for how many conflicts, and changed or dependent records,
collisions are compared; how many records that name an actor are asked for their conflicts."""


def read_detail(
    ledger: Ledger, person: Person, id: int, *, seconds: float
) -> tuple[SubmissionDetail, str]:
    """Read a submission that a person may see, with its dry run while it is open; and its tag."""
    row, dry_run = read_submission(ledger, person, id), None
    if row.state == "open" and row.kind != "note":
        plan = Plan.from_bytes(row.plan)
        with ledger.open_overlay() as overlay:
            pending = begin_dry_run(overlay, reads_texts=person.reads_texts)
            dry_run = _try_plan(overlay, pending, plan, seconds)
    return show_detail(row, dry_run), make_tag(row)


def _try_plan(overlay: Overlay, pending: PendingChangeset, plan: Plan, seconds: float) -> DryRun:
    """Return what a plan would write now, or the faults that stand in its way."""
    try:
        with locate_problems(plan):
            receipt = carry_out(pending, plan)
    except (RequestRefused, SineQuaNonError) as error:
        faults = error.faults if isinstance(error, RequestRefused) else list_places(error)
        return DryRun(pending.head.number, str(error), _list_remarks(faults), 0, 0, [], [], [], [])
    created, changed = count_created(receipt), pending.changed.items()
    warned = ({**plan.locate(e), "detail": e.problem.detail} for e in receipt.warnings)
    return DryRun(
        pending.head.number, None, [], created, len(receipt.written) - created,
        [PlannedChange("/".join(key), before, after)
         for key, (before, after) in islice(changed, MOST_CHANGES)],
        _list_remarks(warned), *_compare_collisions(overlay, pending, seconds),
    )  # fmt: skip


def _list_remarks(faults: Iterable[Fault]) -> list[Remark]:
    return [Remark(e.get("record", ""), e.get("pointer", ""), e["detail"]) for e in faults]


def _compare_collisions(
    overlay: Overlay, pending: PendingChangeset, seconds: float
) -> tuple[list[ConflictDifference], list[str]]:
    """Compare the collisions of the first conflicts that a plan touches, in a bounded lane."""
    keys = [*pending.changed, *pending.affected]
    if len(keys) > MOST_LAID:
        return [], ["collisions"]
    before, after = open_readers(overlay, keys)
    conflicts = list(dict.fromkeys(_list_conflicts(before, after, pending)))
    shown = conflicts[:MOST_CONFLICTS]
    each_takes = seconds / max(len(shown), 1)
    try:
        with heavy_answers.hold_slot():
            found = [_compare_conflict(before, after, each, each_takes) for each in shown]
    except Busy:
        return [], ["collisions"]
    return found, ["conflicts"] if shown != conflicts else []


def _list_conflicts(
    before: Reader, after: OverlaidReader, pending: PendingChangeset
) -> Iterator[str]:
    """Yield the conflicts whose deadlock may depend on a changed record; some come twice."""
    was, now = before.open_lookup(), after.open_lookup()
    keys = list(after.laid)
    for key in pending.changed:
        if key[0] in ("actors", "sources"):
            named = find_referrers(pending.lookup, key)
            keys += [(noun, id) for noun, id, _ in islice(named, _MOST_REFERRERS)]
    was.prefetch(keys)
    now.prefetch(keys)
    for noun, id in keys:
        for record in (was.get(noun, id), now.get(noun, id)):
            if record is not None and (noun == "conflicts" or record.get("conflict")):
                yield id if noun == "conflicts" else record["conflict"]


def _compare_conflict(
    before: Reader, after: Reader, conflict: str, seconds: float
) -> ConflictDifference:
    try:
        was, now = (_work_out(each, conflict, 0.4 * seconds) for each in (before, after))
    except TooMany:
        return ConflictDifference(conflict, [], [], [], complete=False, cut=["records"])
    if was and now:
        found = compare_deadlocks(was, now, seconds=0.2 * seconds)
        appeared, dissolved = found.collisions_appeared, found.collisions_dissolved
        verdict, cut = found.verdict, found.cut
    else:
        appeared, dissolved = (each.answer.collisions if each else [] for each in (now, was))
        there = [each.answer for each in (was, now) if each]
        verdict, cut = [e.verdict for e in there], [each for e in there for each in e.cut]
    return ConflictDifference(conflict, appeared, dissolved, verdict, complete=not cut, cut=cut)


def _work_out(reader: Reader, conflict: str, seconds: float) -> WorkedDeadlock | None:
    try:
        scene = load_whole_scene(reader, conflict)
    except (NotFound, Gone):
        return None
    return work_out_deadlock(scene, Choices(), seconds=seconds)
