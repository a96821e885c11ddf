"""API keys: who may write, and under which name.

A key is shown once, when it is made; only its SHA-256 is stored, and by that it is found. It ends
in a checksum, so that a mistyped key is refused without a look-up; keys from before 0.2.0 have
none. Its name stands in every changeset that it writes, so a name is given to one holder only, and
a revoked key stays on the list. A holder may have several keys, so that one can follow another.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from zlib import crc32

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, insert, select, update

from api import clock
from api.errors import AlreadyExists, Invalid, NotFound
from api.ledger.rules import fold_text
from api.ledger.store.database import Database
from api.ledger.store.tables import KEY, metadata
from api.ledger.store.transactions import PreparedStatement, Transaction, named_parameter
from api.ledger.truth.audit import COMMAND, list_acts, record_act

SCOPES: Mapping[str, str] = {
    "read": "read a private registry, and the metrics of any",
    "write": "create, amend and retract records",
    "texts": "read all texts of sources, attach them, make them public and take them down",
    "propose": "propose changes, for a reviewer to accept",
    "review": "read all submissions and notes, accept or decline those of others",
    "admin": "write records, also where review is required",
}

_ALSO_BY: Mapping[str, Sequence[str]] = {
    "write": ("admin",),
    "propose": ("write", "review", "admin"),
}
"""Scopes that include another."""

RESERVED_NAMES = ("seed", "import", COMMAND)
"""The names under which commands write; a key of such a name would pass for them."""

_FORM = re.compile("sqn_([0-9a-f]{40})([0-9a-f]{8})|sqn_[0-9A-Za-z_-]{43}")
"""Random characters and their checksum, or the form of the keys that have no checksum."""

_LISTED = len("sqn_") + 8
"""How many characters of a key are stored to list it; 128 random bits stay secret."""

api_key = Table(
    "api_key",
    metadata,
    Column("sha256", LargeBinary, primary_key=True, comment="of the key itself"),
    Column("prefix", KEY, nullable=False, comment="its first characters, or a part of its hash"),
    Column("name", KEY, nullable=False, comment="the author of its changesets"),
    Column("scopes", Text, nullable=False, comment="separated by blanks"),
    Column("created_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("expires_at", BigInteger, comment="microseconds since 1970; null: never"),
    Column("used_on", KEY, comment="the day of its last use, in UTC"),
    Column("revoked_at", BigInteger, comment="microseconds since 1970; null while it is good"),
)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key without its secret."""

    sha256: bytes = field(repr=False)
    prefix: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None
    used_on: str | None
    revoked_at: int | None

    def __str__(self) -> str:
        return f"{self.prefix} of {self.name}"

    def may(self, scope: str) -> bool:
        """Whether the key has a scope, or another one that includes it."""
        return not {scope, *_ALSO_BY.get(scope, ())}.isdisjoint(self.scopes)

    @property
    def state(self) -> str:
        """Return "good", or why it is not."""
        if self.revoked_at is not None:
            return f"was revoked {clock.format_instant(self.revoked_at)}"
        if self.expires_at is not None and self.expires_at <= clock.now():
            return f"expired {clock.format_instant(self.expires_at)}"
        return "has a name that is reserved by now" if _is_reserved(self.name) else "good"


def create_key(
    database: Database, name: str, scopes: Sequence[str], expires_at: int | None = None
) -> str:
    """Make a key and return it, the only time that it is shown.

    Without scopes it is a further key of a name, with the scopes of the newest good one.
    """
    if unknown := [each for each in scopes if each not in SCOPES]:
        raise Invalid(f"unknown scope {unknown[0]}; the scopes are {', '.join(SCOPES)}")
    if name != name.strip() or not name or not name.isprintable() or name.startswith("sqn_"):
        raise Invalid("a key needs a name that can be read: its changesets bear it")
    if _is_reserved(name):
        raise Invalid(f"the name {name!r} is reserved for commands; choose another")
    drawn = secrets.token_hex(20)
    secret = f"sqn_{drawn}{_make_checksum(drawn)}"
    with database.begin_write() as write:
        same = [each for each in _read_keys(write) if each.name == name]
        if scopes and same:
            raise AlreadyExists(
                f"there is a key named {name!r}, and names are never reused; choose another, or "
                f"make a further key of the same holder: `sinequanon keys rotate {name}`"
            )
        row = {
            "sha256": hash_secret(secret),
            "prefix": secret[:_LISTED],
            "name": name,
            "scopes": " ".join(scopes or _find_good(same, name)[-1].scopes),
            "created_at": clock.now(),
            "expires_at": expires_at,
        }
        write.connection.execute(insert(api_key), row)
        ends = f", until {clock.format_instant(expires_at)}" if expires_at else ""
        made = f"{row['prefix']} of {name}: {row['scopes']}{ends}"
        record_act(write, "key_created" if scopes else "key_rotated", made)
    return secret


def revoke_keys(database: Database, named: str) -> list[KeyHolder]:
    """Revoke the keys of a name, or the one listed by a prefix; returns them. Raises NotFound.

    A request that is under way may still finish.
    """
    with database.begin_write() as write:
        found = _find_good(_read_keys(write), named)
        chosen = api_key.c.sha256.in_([each.sha256 for each in found])
        write.connection.execute(update(api_key).where(chosen).values(revoked_at=clock.now()))
        for each in found:
            record_act(write, "key_revoked", str(each))
    return found


def record_expired_keys(database: Database) -> None:
    """Add an entry to the audit log for each key that has expired, unless it has one."""
    with database.begin_write() as write:
        told = {each.subject for each in list_acts(write.connection) if each.act == "key_expired"}
        for each in _read_keys(write):
            ends = each.expires_at
            if each.revoked_at is None and ends is not None and ends <= clock.now():
                expired = f"{each}, {clock.format_instant(ends)}"
                if expired not in told:
                    record_act(write, "key_expired", expired)


def _find_good(holders: Sequence[KeyHolder], named: str) -> list[KeyHolder]:
    """Return the unrevoked keys with a name or a prefix; raises NotFound if there is none."""
    found = [e for e in holders if e.revoked_at is None and named in (e.name, e.prefix)]
    if not found:
        raise NotFound(f"there is no good key named {named!r}")
    return found


def list_keys(database: Database) -> list[KeyHolder]:
    """Return all keys, oldest first."""
    with database.read_snapshot() as snapshot:
        return _read_keys(snapshot)


def _read_keys(transaction: Transaction) -> list[KeyHolder]:
    ordered = select(api_key).order_by(api_key.c.created_at, api_key.c.name)
    return [_make_holder(row) for row in transaction.connection.execute(ordered)]


def find_holder(transaction: Transaction, secret: str) -> KeyHolder | None:
    """Return the holder of a key, unless it was revoked; it may have expired."""
    rows = transaction.fetch_alone(_UNREVOKED, {"sha256": hash_secret(secret)})
    return _make_holder(rows[0]) if rows else None


def _make_holder(row: Sequence[Any]) -> KeyHolder:
    sha256, prefix, name, scopes, *rest = row
    return KeyHolder(bytes(sha256), prefix, name, tuple(scopes.split()), *rest)


_UNREVOKED = PreparedStatement(
    select(api_key).where(
        api_key.c.sha256 == named_parameter("sha256"), api_key.c.revoked_at.is_(None)
    )
)


def record_use(database: Database, holder: KeyHolder) -> None:
    """Record the day on which a key was used, unless that would wait for a write or fail."""
    if holder.used_on != (today := clock.today()):
        used = update(api_key).where(api_key.c.sha256 == holder.sha256)
        database.try_update(used.values(used_on=today))


def is_well_formed(secret: str) -> bool:
    """Return whether a key has the right checksum, or the form of those without one."""
    match = _FORM.fullmatch(secret)
    return match is not None and (match[1] is None or _make_checksum(match[1]) == match[2])


def _make_checksum(drawn: str) -> str:
    return f"{crc32(drawn.encode()):08x}"


def _is_reserved(name: str) -> bool:
    return fold_text(name) in RESERVED_NAMES


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a key, which is what is stored of it."""
    return sha256(secret.encode()).digest()
