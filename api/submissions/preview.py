"""What a plan would do to the present records, and to the collisions among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from api.analysis.effects import begin_dry_run, compare_collisions
from api.errors import SineQuaNonError
from api.ledger import Ledger
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.referrers import ChangedRecords
from api.ledger.writing import PendingChangeset
from api.submissions.access import Person, make_tag, read_submission
from api.submissions.answers import DryRun, PlannedChange, Remark, SubmissionDetail, show_detail
from api.submissions.plans import Plan, carry_out, locate_problems
from api.web.contract.problems import Fault, RequestRefused, cut_faults, list_places, locate_faults

MOST_CHANGES, MOST_BYTES = 200, 4_000_000
"""How many changes are shown whole, and how many bytes they may have before the last one."""


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
        detail, faults = cut_faults(str(error), faults)
        return DryRun(pending.head.number, detail, _list_remarks(faults), 0, 0, [], [], [], [])
    created, warned = receipt.created, locate_faults(receipt.warnings, plan.locate)
    return DryRun(
        pending.head.number, None, [], created, len(receipt.written) - created,
        [*_list_first(pending.changed)],
        _list_remarks(warned), *compare_collisions(overlay, pending, seconds),
    )  # fmt: skip


def _list_first(changed: ChangedRecords) -> Iterator[PlannedChange]:
    size = 0
    for (noun, id), (before, after) in islice(changed.items(), MOST_CHANGES):
        yield PlannedChange(f"{noun}/{id}", before, after)
        size += len(canonical_bytes((before, after)))
        if size > MOST_BYTES:
            return


def _list_remarks(faults: Iterable[Fault]) -> list[Remark]:
    return [Remark(e.get("record", ""), e.get("pointer", ""), e["detail"]) for e in faults]
