"""What a plan would do to the present records, and to the collisions among them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from api.analysis.effects import begin_dry_run, compare_collisions
from api.errors import SineQuaNonError
from api.ledger import Ledger
from api.ledger.versions.overlay import Overlay
from api.ledger.writing import PendingChangeset
from api.submissions.access import Person, make_tag, read_submission
from api.submissions.answers import DryRun, PlannedChange, Remark, SubmissionDetail, show_detail
from api.submissions.plans import Plan, carry_out, locate_problems
from api.web.contract.problems import Fault, RequestRefused, list_places, locate_faults

MOST_CHANGES = 200
"""How many changes are shown whole."""


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
    created, changed = receipt.created, pending.changed.items()
    warned = locate_faults(receipt.warnings, plan.locate)
    return DryRun(
        pending.head.number, None, [], created, len(receipt.written) - created,
        [PlannedChange("/".join(key), before, after)
         for key, (before, after) in islice(changed, MOST_CHANGES)],
        _list_remarks(warned), *compare_collisions(overlay, pending, seconds),
    )  # fmt: skip


def _list_remarks(faults: Iterable[Fault]) -> list[Remark]:
    return [Remark(e.get("record", ""), e.get("pointer", ""), e["detail"]) for e in faults]
