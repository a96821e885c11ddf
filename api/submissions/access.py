"""Reads submissions: each person sees their own, a reviewer all."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from api.errors import NotFound
from api.ledger import Ledger
from api.ledger.store.transactions import Transaction
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.truth.revisions import revision_tag
from api.submissions.tables import LARGEST_ID, submission

_LISTED = [each for each in submission.c if each.name not in ("sent", "plan", "thread")]


class Person(NamedTuple):
    """Who acts: the name of a key, whether it reviews, and whether it reads all texts."""

    name: str
    reviews: bool = True
    reads_texts: bool = True


def list_submissions(
    ledger: Ledger, person: Person, limit: int | None, before: int | None = None, **given: Any
) -> Sequence[Any]:
    """Read the submissions that a person may see, without what was sent, newest first.

    `given` are values by column, or lists of them. Raises NotReady at another schema.
    """
    query = _select_seen(person, *_LISTED).order_by(submission.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(submission.c.id < before)
    for name, value in given.items():
        query = query.where(submission.c[name].in_(value if isinstance(value, list) else [value]))
    with _open_snapshot(ledger) as snapshot:
        return snapshot.connection.execute(query).all()


def read_submission(ledger: Ledger, person: Person, id: int) -> Any:
    """Return the row of a submission that a person may see, from a snapshot of its own."""
    with _open_snapshot(ledger) as snapshot:
        return read_row(snapshot, person, id)


@contextmanager
def _open_snapshot(ledger: Ledger) -> Generator[Transaction]:
    with ledger.database.read_snapshot() as snapshot:
        snapshot.check_schema()
        yield snapshot


def read_row(transaction: Transaction, person: Person, id: int) -> Any:
    """Return the row of a submission that a person may see; raises NotFound."""
    query = _select_seen(person, submission).where(submission.c.id == min(id, LARGEST_ID))
    if (row := transaction.connection.execute(query).first()) is None:
        raise NotFound(f"there is no submission {id}, or it is another one's")
    return row


def _select_seen(person: Person, *columns: Any) -> Select[*tuple[Any, ...]]:
    query = select(*columns)
    return query if person.reviews else query.where(submission.c.author == person.name)


def make_tag(row: Any) -> str:
    """Return the entity tag of a submission's revision."""
    return revision_tag(sha256(canonical_bytes([row.id, row.revision]) + row.digest).digest())
