"""API keys: who may write, and under which name.

A key is shown once, when it is made; only its SHA-256 is stored. Its name stands in every changeset
that it writes, so a name is never reused, and a revoked key stays on the list.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, insert, select, update

from api import clock
from api.errors import AlreadyExists, Invalid, NotFound
from api.ledger.store.database import Database
from api.ledger.store.prepared import PreparedStatement, named_parameter
from api.ledger.store.tables import KEY, metadata
from api.ledger.store.transactions import Transaction

SCOPES: Mapping[str, str] = {
    "write": "create, amend and retract records",
    "texts": "attach the texts of sources and take them down",
}

api_key = Table(
    "api_key",
    metadata,
    Column("name", KEY, primary_key=True, comment="the author of its changesets"),
    Column("sha256", LargeBinary, nullable=False, unique=True, comment="of the key itself"),
    Column("scopes", Text, nullable=False, comment="separated by blanks"),
    Column("created_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("revoked_at", BigInteger, comment="microseconds since 1970; null while it is good"),
)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key without its secret."""

    name: str
    scopes: tuple[str, ...]
    created_at: int
    revoked_at: int | None


def create_key(database: Database, name: str, scopes: Sequence[str]) -> str:
    """Make a key and return it, the only time that it is shown."""
    if unknown := [each for each in scopes if each not in SCOPES]:
        raise Invalid(f"unknown scope {unknown[0]}; the scopes are {', '.join(SCOPES)}")
    if not scopes:
        raise Invalid(f"a key needs a scope: {', '.join(SCOPES)}")
    if not name.strip() or not name.isprintable():
        raise Invalid("a key needs a name that can be read: its changesets bear it")
    secret = f"sqn_{secrets.token_urlsafe(32)}"
    row = {
        "name": name,
        "sha256": hash_secret(secret),
        "scopes": " ".join(scopes),
        "created_at": clock.now(),
    }
    with database.begin_write() as write:
        if write.connection.execute(select(api_key.c.name).where(api_key.c.name == name)).first():
            detail = f"there is a key named {name!r}, and names are never reused; choose another"
            raise AlreadyExists(detail)
        write.connection.execute(insert(api_key), row)
    return secret


def revoke_key(database: Database, name: str) -> None:
    """Revoke a key; a request that is under way may still finish. Raises NotFound."""
    statement = (
        update(api_key)
        .where(api_key.c.name == name, api_key.c.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    with database.begin_write() as write:
        if write.connection.execute(statement).rowcount == 0:
            raise NotFound(f"there is no good key named {name!r}")


def list_keys(database: Database) -> list[KeyHolder]:
    """Return all keys, oldest first."""
    with database.read_snapshot() as snapshot:
        rows = snapshot.connection.execute(
            select(api_key).order_by(api_key.c.created_at, api_key.c.name)
        )
        return [
            KeyHolder(row.name, tuple(row.scopes.split()), row.created_at, row.revoked_at)
            for row in rows
        ]


def find_holder(transaction: Transaction, sha256: bytes) -> KeyHolder | None:
    """Return the holder of the key with a digest, unless it was revoked."""
    rows = transaction.fetch_alone(_GOOD, {"sha256": sha256})
    return KeyHolder(rows[0][0], tuple(rows[0][1].split()), rows[0][2], None) if rows else None


_GOOD = PreparedStatement(
    select(api_key.c.name, api_key.c.scopes, api_key.c.created_at).where(
        api_key.c.sha256 == named_parameter("sha256"), api_key.c.revoked_at.is_(None)
    )
)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a key, which is what is stored of it."""
    return sha256(secret.encode()).digest()
