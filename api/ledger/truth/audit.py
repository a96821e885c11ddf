"""The audit log: administrative acts, which leave no changeset, in an insert-only table.

Each entry is hashed with the hash of the entry before it. So `db check` finds an entry that was
changed or taken out, unless all entries after it were rewritten as well.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from api import clock
from api.ledger.store.tables import audit
from api.ledger.store.transactions import Write
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.truth.revisions import GENESIS

COMMAND = "command"
"""The actor of what a command does: it needs no key."""


def record_act(write: Write, act: str, subject: str, actor: str = COMMAND) -> None:
    """Add an entry to the audit log, in the transaction of the act itself."""
    newest = select(audit.c.number, audit.c.done_at, audit.c.hash).order_by(audit.c.number.desc())
    last = write.connection.execute(newest.limit(1)).first()
    number, done_at, previous = last or (0, 0, GENESIS)
    entry = (number + 1, max(clock.now(), done_at + 1), actor, act, subject)
    write.insert_rows(audit, [(*entry, _hash_entry(entry, previous))])
    write.extent = write.extent._replace(audit=number + 1)


def list_acts(connection: Connection) -> Iterator[Any]:
    """Yield the entries of the audit log, oldest first."""
    yield from connection.execute(select(audit).order_by(audit.c.number))


def find_audit_faults(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each entry that is missing or was changed."""
    previous = GENESIS
    for number, (*entry, hash) in enumerate(list_acts(connection), 1):
        if entry[0] != number:
            yield f"audit entry {entry[0]}: expected entry {number}; entries are missing"
            return
        if hash != _hash_entry(entry, previous):
            yield f"audit entry {number}: it or the entry before it was changed"
        previous = hash


def _hash_entry(entry: Any, previous: bytes) -> bytes:
    return sha256(canonical_bytes(list(entry)) + previous).digest()
