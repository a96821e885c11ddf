"""Reads and writes the rows of submissions, with the threads of what was done and said."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from types import MappingProxyType
from typing import Any, cast

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from api import clock
from api.errors import Conflict, NotFound
from api.ledger.store.database import Database
from api.ledger.store.transactions import Write
from api.ledger.truth.audit import record_act
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.truth.revisions import revision_tag
from api.submissions.tables import submission

MOST_OPEN, MOST_ENTRIES = 1_000, 500
"""How many submissions of one author, or notes, may be open; how many entries a thread may have."""

NOTHING: Mapping[str, Any] = MappingProxyType({})

_LISTED = [each for each in submission.c if each.name not in ("sent", "plan", "thread")]


@contextmanager
def open_queue(database: Database) -> Generator[Connection]:
    """Open a snapshot of the submissions; raises NotReady at another schema than the code's."""
    with database.read_snapshot() as snapshot:
        snapshot.check_schema()
        yield snapshot.connection


def make_digest(kind: str, sent: Any) -> bytes:
    """Return the digest by which the same proposal is known again."""
    return sha256(canonical_bytes([kind, sent])).digest()


def make_tag(row: Any) -> str:
    """Return the entity tag of a submission's revision."""
    return revision_tag(sha256(canonical_bytes([row.id, row.revision]) + row.digest).digest())


def read_submission(connection: Connection, id: int, *, seen_by: str | None) -> Any:
    """Return a submission of an author, with None of any; raises NotFound."""
    row = connection.execute(select(submission).where(submission.c.id == id)).first()
    if row is None or seen_by not in (None, row.author):
        raise NotFound(f"there is no submission {id}, or it is another one's")
    return row


def list_submissions(
    connection: Connection,
    limit: int | None,
    before: int | None = None,
    given: Mapping[str, Any] = NOTHING,
    *,
    seen_by: str | None = None,
) -> Sequence[Any]:
    """Read submissions of an author, or all, without what was sent, newest first.

    `given` are values by column; of authors, several.
    """
    query = select(*_LISTED).order_by(submission.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(submission.c.id < before)
    if seen_by is not None:
        query = query.where(submission.c.author == seen_by)
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        query = query.where(submission.c[name].in_(values))
    return connection.execute(query).all()


def add_submission(
    write: Write, kind: str, author: str, comment: str, sent: Any, plan: bytes
) -> int:
    """Store a submission and return its id; an open one with the same content is that one.

    Raises Conflict where its author has too many open ones.
    """
    digest, now = make_digest(kind, sent), clock.now()
    is_open = submission.c.state == "open", submission.c.author == author
    same = select(submission.c.id).where(submission.c.digest == digest, *is_open)
    if (found := write.connection.scalar(same)) is not None:
        return cast("int", found)
    count = select(func.count()).select_from(submission).where(*is_open)
    if write.connection.execute(count).scalar_one() >= MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN:,} such submissions wait for reviewers already; try again later"
        )
    row = {"kind": kind, "state": "open", "author": author, "revision": 1, "comment": comment,
           "created_at": now, "changed_at": now, "digest": digest, "sent": canonical_bytes(sent),
           "plan": plan, "thread": _extend(b"[]", author, "proposed", comment)}  # fmt: skip
    made = write.connection.execute(insert(submission).returning(submission.c.id), row)
    return made.scalar_one()


def change_submission(
    write: Write, row: Any, author: str, act: str, text: str = "", **values: Any
) -> None:
    """Set columns of a submission, and add an entry to its thread unless that repeats the last."""
    values |= {"thread": _extend(row.thread, author, act, text), "changed_at": clock.now()}
    write.connection.execute(update(submission).where(submission.c.id == row.id).values(values))


def _extend(thread: bytes, author: str, act: str, text: str) -> bytes:
    entries: list[dict[str, Any]] = orjson.loads(thread)
    entry = {"author": author, "act": act, "text": text}
    if entries and entries[-1].items() >= entry.items():
        return thread
    if len(entries) >= MOST_ENTRIES:
        raise Conflict(f"its thread has {MOST_ENTRIES} entries already; propose it anew")
    return orjson.dumps([*entries, {"done_at": clock.format_instant(clock.now()), **entry}])


def drop_closed(write: Write, before: int) -> int:
    """Delete the submissions that were closed before an instant; returns how many."""
    is_closed = submission.c.state != "open", submission.c.changed_at < before
    dropped = delete(submission).where(*is_closed).returning(submission.c.id)
    ids = sorted(write.connection.execute(dropped).scalars())
    if ids:
        record_act(write, "submissions_dropped", ", ".join(map(str, ids)))
    return len(ids)
