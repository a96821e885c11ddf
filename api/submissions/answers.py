"""How submissions are served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from api import clock
from api.analysis.declarations import about, answer, fill
from api.analysis.effects import COMPARED, CUT, ConflictDifference


@answer
class Entry:
    """An entry of a submission's thread."""

    done_at: str = about("when (RFC 3339)")
    author: str = about("whose key; empty: a reader's")
    act: str = about("`proposed`, `revised`, `commented`, or how it was closed")
    text: str = about("the comment or reason; may be empty")


@answer
class PlannedChange:
    """A record as it is, and as it would be."""

    record: str = about("the record, as noun/id")
    before: Mapping[str, Any] | None = about("as it is; null: there is none")
    after: Mapping[str, Any] | None = about("as it would be; null: retracted")


@answer
class Remark:
    """A doubt, or what stands in the way."""

    record: str = about("the record, as noun/id")
    pointer: str = about("the place in what was sent, as a JSON pointer; else in the record")
    detail: str = about("what")


@answer
class DryRun:
    """What accepting a submission would do to the present records."""

    head: int = about("the newest changeset, over which it was tried")
    refusal: str | None = about("why it cannot be accepted now; null: it can")
    errors: Sequence[Remark] = about("what stands in its way, in the first 100 places")
    created: int = about("how many records it would create")
    amended: int = about("how many it would amend, retract or revive")
    changes: Sequence[PlannedChange] = about("the first 200 of them, and no more after 4 MB")
    warnings: Sequence[Remark] = about("what is doubtful")
    collisions: Sequence[ConflictDifference] = about(COMPARED)
    cut: Sequence[str] = about(CUT, each="a field")


@answer
class Submission:
    """A submission, as lists have it."""

    id: int = about("its number")
    kind: str = about("`coded_source`, `changeset`, `takes_back`; a `note` proposes nothing")
    state: str = about("`open`, `accepted`, `declined`, `withdrawn`")
    author: str = about("whose key sent it; empty: a reader")
    revision: int = about("from 1, one more for each PUT")
    comment: str = about("why, in its author's words; may be empty")
    created_at: str = about("when (RFC 3339)")
    changed_at: str = about("when something was last done to it (RFC 3339)")
    reviewer: str | None = about("whose key accepted or declined it")
    changeset: int | None = about("the changeset that it became")
    url: str = about("the submission")


@answer
class KeyRights:
    """The key with which something was asked."""

    name: str = about("whose key it is; changesets and submissions bear this name")
    may: Sequence[str] = about(
        "the scopes that it has or includes; not `write` where its changes need a review",
        each="a scope",
    )
    expires_at: str | None = about("when it ends (RFC 3339); null: never")


@answer
class SubmissionPage:
    """A page of submissions, newest first, and with which key it was read."""

    data: Sequence[Submission] = about("newest first")
    next: str | None = about("the address of the next page; null at the end")
    key: KeyRights = about("the key that you sent, and what it may do")


@answer
class SubmissionDetail(Submission):
    """A submission with what was sent, its thread, and its dry run while it is open."""

    sent: Mapping[str, Any] = about(
        "what was sent, under the name of its kind; without its text once that is attached or "
        "taken down"
    )
    thread: Sequence[Entry] = about("what was done and said, oldest first")
    dry_run: DryRun | None = about("null where nothing is left to write")


def show_submission(row: Any) -> Submission:
    """Return a submission as lists have it."""
    url, names = f"/v1/submissions/{row.id}", ("created_at", "changed_at")
    times = {name: clock.format_instant(getattr(row, name)) for name in names}
    return fill(Submission, row._asdict(), **times, url=url)


def show_detail(row: Any, dry_run: DryRun | None) -> SubmissionDetail:
    """Return a submission whole."""
    sent, thread = {row.kind: orjson.loads(row.sent)}, orjson.loads(row.thread)
    shown = vars(show_submission(row))
    return fill(SubmissionDetail, shown, sent=sent, thread=thread, dry_run=dry_run)
