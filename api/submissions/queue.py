"""The queue of submissions: propose, revise, comment, decide, drop; and leave a note."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from sqlalchemy import delete, func, insert, select, update

from api import clock
from api.errors import Conflict, Forbidden, RevisionMoved
from api.ledger import Ledger
from api.ledger.store.transactions import Write
from api.ledger.truth.audit import record_act
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.truth.revisions import LIVE_RECORD
from api.submissions.access import Person, make_tag, read_row, read_submission
from api.submissions.plans import Plan, carry_out, locate_problems, make_plan
from api.submissions.tables import STATE_AFTER, leave_text_out, submission

MOST_OPEN, MOST_ENTRIES = 1_000, 500
"""How many submissions of one author, or notes, may be open; how many entries a thread may have
before it can only be closed."""

Expected = str | frozenset[str]
"""The tags of the revisions that may be decided on or revised, or `LIVE_RECORD` for any."""


class Proposal(NamedTuple):
    """What is proposed: of which kind, what was sent, and why."""

    kind: str
    sent: Any
    comment: str = ""

    @property
    def digest(self) -> bytes:
        """The digest by which the same proposal is known again."""
        return sha256(canonical_bytes([self.kind, self.sent])).digest()


@contextmanager
def _open_row(ledger: Ledger, person: Person, id: int) -> Generator[tuple[Write, Any]]:
    """Begin a write, with the row of a submission that a person may see."""
    with ledger.database.begin_write() as write:
        yield write, read_row(write, person, id)


def propose_changes(ledger: Ledger, person: Person, proposal: Proposal) -> int:
    """Store a proposal that fits the present records; returns its id. Raises as a write does."""
    plan = make_plan(ledger, proposal.kind, proposal.sent, reads_texts=person.reads_texts)
    return _add_submission(ledger, person.name, proposal, plan)


def leave_note(ledger: Ledger, note: Mapping[str, str]) -> None:
    """Store a reader's note, unless the same one is open."""
    _add_submission(ledger, "", Proposal("note", note), Plan())


def _add_submission(ledger: Ledger, author: str, proposal: Proposal, plan: Plan) -> int:
    """Store a submission and return its id; an open one with the same content is that one.

    Raises Conflict where its author has too many open ones.
    """
    now, opened = clock.now(), select(submission.c.id)
    opened = opened.where(submission.c.state == "open", submission.c.author == author)
    row = {**_make_columns(proposal, plan), "state": "open", "author": author, "revision": 1,
           "created_at": now, "changed_at": now,
           "thread": _extend(b"[]", author, "proposed", proposal.comment)}  # fmt: skip
    with ledger.database.begin_write() as write:
        run = write.connection.execute
        if found := run(opened.where(submission.c.digest == proposal.digest)).scalar():
            return found
        _check_open(write, author)
        return run(insert(submission).returning(submission.c.id), row).scalar_one()


def _check_open(write: Write, author: str) -> None:
    """Raise Conflict where an author has as many open submissions as are allowed."""
    opened = select(func.count()).where(submission.c.state == "open", submission.c.author == author)
    if write.connection.execute(opened).scalar_one() >= MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN:,} such submissions wait for reviewers already; try again later"
        )


def _make_columns(proposal: Proposal, plan: Plan) -> dict[str, Any]:
    return {"kind": proposal.kind, "comment": proposal.comment, "digest": proposal.digest,
            "sent": canonical_bytes(proposal.sent), "plan": plan.to_bytes()}  # fmt: skip


def revise_submission(
    ledger: Ledger, person: Person, id: int, proposal: Proposal, expected: Expected
) -> None:
    """Replace what was proposed, and open it again if it was declined or withdrawn.

    Raises Conflict where its author has too many open ones, and as `propose_changes` does.
    """
    if (row := read_submission(ledger, person, id)).author != person.name:
        raise Forbidden(f"submission {id} is {row.author or 'a reader'}'s, who alone revises it")
    plan = make_plan(ledger, proposal.kind, proposal.sent, reads_texts=person.reads_texts)
    with _open_row(ledger, person, id) as (write, row):
        if row.state == "accepted":
            raise _refuse_closed(row)
        _check_tag(row, expected)
        if row.state != "open":
            _check_open(write, row.author)
        opened = {"state": "open", "reviewer": None, "revision": row.revision + 1}
        values = _make_columns(proposal, plan) | opened
        _change_row(write, row, person, "revised", proposal.comment, **values)


def add_comment(ledger: Ledger, person: Person, id: int, text: str) -> None:
    """Add a comment to the thread of a submission."""
    with _open_row(ledger, person, id) as (write, row):
        _change_row(write, row, person, "commented", text)


def decide(
    ledger: Ledger, person: Person, id: int, decision: str, reason: str, expected: Expected
) -> int | None:
    """Accept, decline or withdraw a submission; returns the changeset that it became, if any.

    The same decision of the same person a second time changes nothing. A submission that does not
    fit any more stays open: raises RequestRefused, or what any write raises.
    """
    state, reviewer = STATE_AFTER[decision], None if decision == "withdraw" else person.name
    with _open_row(ledger, person, id) as (write, row):
        _refuse_decider(row, person, decision)
        if (row.state, row.reviewer) == (state, reviewer):
            return row.changeset
        if row.state != "open":
            raise _refuse_closed(row)
        _check_tag(row, expected)
        accepts = decision == "accept" and row.kind != "note"
        number = _write_changeset(ledger, write, row, person) if accepts else None
        closed = {
            "state": state,
            "reviewer": reviewer,
            "changeset": number,
            "plan": Plan().to_bytes(),  # nobody reads it any more
        }
        if decision == "accept" and row.kind == "coded_source":
            closed["sent"], _ = leave_text_out(row.sent)
        _change_row(write, row, person, state, reason, **closed)
        return number


def _write_changeset(ledger: Ledger, write: Write, row: Any, person: Person) -> int | None:
    pending = ledger.begin_changeset(write, row.author, row.comment, person.name)
    pending.lookup.withheld_at = None if person.reads_texts else pending.head.number
    plan = Plan.from_bytes(row.plan)
    if plan.texts and not person.reads_texts:
        raise Forbidden("it brings a text: to attach it, the reviewer needs the scope texts, too")
    with locate_problems(plan):
        receipt = carry_out(pending, plan)
    return receipt.head if receipt.written else None


def _refuse_decider(row: Any, person: Person, decision: str) -> None:
    is_author = row.author == person.name
    if decision == "withdraw":
        if not is_author:
            raise Forbidden("only its author withdraws a submission; a reviewer declines it")
    elif not person.reviews:
        raise Forbidden(f"the key of {person.name} lacks the scope review")
    elif is_author:
        raise Forbidden(f"it was proposed by {person.name}, so somebody else must {decision} it")


def _refuse_closed(row: Any) -> Conflict:
    by = f" by {row.reviewer}" if row.reviewer else ""
    became = f" as changeset {row.changeset}" if row.changeset else ""
    return Conflict(f"submission {row.id} was {row.state}{by}{became}")


def _check_tag(row: Any, expected: Expected) -> None:
    if expected != LIVE_RECORD and make_tag(row) not in expected:
        raise RevisionMoved(f"submission {row.id} is at revision {row.revision} now; read it again")


def _change_row(write: Write, row: Any, person: Person, act: str, text: str, **values: Any) -> None:
    """Set columns of a submission, and add an entry to its thread unless that repeats the last."""
    values |= {"thread": _extend(row.thread, person.name, act, text), "changed_at": clock.now()}
    write.connection.execute(update(submission).where(submission.c.id == row.id).values(values))


def _extend(thread: bytes, author: str, act: str, text: str) -> bytes:
    entries: list[dict[str, Any]] = orjson.loads(thread)
    entry = {"author": author, "act": act, "text": text}
    if entries and entries[-1].items() >= entry.items():
        return thread
    if len(entries) >= MOST_ENTRIES and act not in STATE_AFTER.values():
        raise Conflict(f"its thread has {MOST_ENTRIES} entries already; close it, and propose anew")
    return orjson.dumps([*entries, {"done_at": clock.format_instant(clock.now()), **entry}])


def drop_closed(ledger: Ledger, before: int) -> int:
    """Delete the submissions that were closed before an instant; returns how many."""
    is_closed = submission.c.state != "open", submission.c.changed_at < before
    dropped = delete(submission).where(*is_closed).returning(submission.c.id)
    with ledger.database.begin_write() as write:
        ids = sorted(write.connection.execute(dropped).scalars())
        if ids:
            record_act(write, "submissions_dropped", ", ".join(map(str, ids)))
    return len(ids)
