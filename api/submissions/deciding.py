"""What people do with submissions: propose, revise, comment, decide, and leave a note."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.errors import Conflict, Forbidden, RevisionMoved
from api.ledger import Ledger
from api.ledger.store.transactions import Write
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.writing import LIVE_RECORD
from api.submissions import queue
from api.submissions.plans import Plan, carry_out, locate_problems, make_plan
from api.submissions.tables import STATE_AFTER

Expected = str | frozenset[str]
"""The tags of the revisions that may be decided on or revised, or `LIVE_RECORD` for any."""


class Person(NamedTuple):
    """Who acts: the name of a key, whether it reviews, and whether it reads all texts."""

    name: str
    reviews: bool = True
    reads_texts: bool = True

    @property
    def seen_by(self) -> str | None:
        """The author whose submissions the person sees; None for all."""
        return None if self.reviews else self.name


def propose_changes(ledger: Ledger, person: Person, kind: str, sent: Any, comment: str = "") -> int:
    """Store a proposal that fits the present records; returns its id. Raises as a write does."""
    plan = make_plan(ledger, kind, sent, reads_texts=person.reads_texts)
    with ledger.database.begin_write() as write:
        return queue.add_submission(write, kind, person.name, comment, sent, plan.to_bytes())


def leave_note(ledger: Ledger, note: dict[str, str]) -> None:
    """Store a reader's note, unless the same one is open."""
    with ledger.database.begin_write() as write:
        queue.add_submission(write, "note", "", "", note, Plan().to_bytes())


def read_submission(ledger: Ledger, person: Person, id: int) -> Any:
    """Return the row of a submission that a person may see; raises NotFound."""
    with queue.open_queue(ledger.database) as connection:
        return queue.read_submission(connection, id, seen_by=person.seen_by)


def revise_submission(
    ledger: Ledger, person: Person, id: int, kind: str, sent: Any, comment: str, expected: Expected
) -> None:
    """Replace what was proposed, and open it again if it was declined or withdrawn."""
    if (row := read_submission(ledger, person, id)).author != person.name:
        raise Forbidden(f"submission {id} is {row.author or 'a reader'}'s, who alone revises it")
    plan = make_plan(ledger, kind, sent, reads_texts=person.reads_texts)
    with ledger.database.begin_write() as write:
        row = queue.read_submission(write.connection, id, seen_by=person.name)
        if row.state == "accepted":
            raise _refuse_closed(row)
        _check_tag(row, expected)
        queue.change_submission(
            write, row, person.name, "revised", comment, kind=kind, state="open", comment=comment,
            revision=row.revision + 1, sent=canonical_bytes(sent), plan=plan.to_bytes(),
            digest=queue.make_digest(kind, sent), reviewer=None,
        )  # fmt: skip


def add_comment(ledger: Ledger, person: Person, id: int, text: str) -> None:
    """Add a comment to the thread of a submission."""
    with ledger.database.begin_write() as write:
        row = queue.read_submission(write.connection, id, seen_by=person.seen_by)
        queue.change_submission(write, row, person.name, "commented", text)


def decide(
    ledger: Ledger, person: Person, id: int, decision: str, reason: str, expected: Expected
) -> int | None:
    """Accept, decline or withdraw a submission; returns the changeset that it became, if any.

    The same decision of the same person a second time changes nothing. A submission that does not
    fit any more stays open: raises RequestRefused, or what any write raises.
    """
    row = read_submission(ledger, person, id)
    _refuse_decider(row, person, decision)
    reviewer = None if decision == "withdraw" else person.name
    with locate_problems(Plan.from_bytes(row.plan)), ledger.database.begin_write() as write:
        row = queue.read_submission(write.connection, id, seen_by=person.seen_by)
        if (row.state, row.reviewer) == (STATE_AFTER[decision], reviewer):
            return row.changeset
        if row.state != "open":
            raise _refuse_closed(row)
        _check_tag(row, expected)
        accepts = decision == "accept" and row.kind != "note"
        number = _write_changeset(ledger, write, row, person) if accepts else None
        queue.change_submission(
            write, row, person.name, STATE_AFTER[decision], reason, changeset=number,
            state=STATE_AFTER[decision], reviewer=reviewer,
        )  # fmt: skip
        return number


def _write_changeset(ledger: Ledger, write: Write, row: Any, person: Person) -> int | None:
    pending = ledger.begin_changeset(write, row.author, row.comment, person.name)
    pending.lookup.withheld_at = None if person.reads_texts else pending.head.number
    plan = Plan.from_bytes(row.plan)
    if plan.texts and not person.reads_texts:
        raise Forbidden("it brings a text: to attach it, the reviewer needs the scope texts, too")
    receipt = carry_out(pending, plan)
    return receipt.head if receipt.written else None


def _refuse_decider(row: Any, person: Person, decision: str) -> None:
    is_author = row.author == person.name
    if decision == "withdraw" and not is_author:
        raise Forbidden("only its author withdraws a submission; a reviewer declines it")
    if decision != "withdraw" and not person.reviews:
        raise Forbidden(f"the key of {person.name} lacks the scope review")
    if decision != "withdraw" and is_author:
        raise Forbidden(f"it was proposed by {person.name}, so somebody else must {decision} it")


def _refuse_closed(row: Any) -> Conflict:
    by = f" by {row.reviewer}" if row.reviewer else ""
    became = f" as changeset {row.changeset}" if row.changeset else ""
    return Conflict(f"submission {row.id} was {row.state}{by}{became}")


def _check_tag(row: Any, expected: Expected) -> None:
    if expected != LIVE_RECORD and queue.make_tag(row) not in expected:
        raise RevisionMoved(f"submission {row.id} is at revision {row.revision} now; read it again")
