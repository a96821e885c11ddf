"""The store of source texts: outside revisions, chain and exports, so that a text can go.

Texts are kept by the SHA-256 of their UTF-8 bytes. Two sources that declare the same text share
it; taking it down takes it from both.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from api.ledger.rules import fingerprint
from api.ledger.tables import text as text_table


def plain_text(raw: bytes) -> str:
    """Decode UTF-8; raises ValueError, also for NUL, which PostgreSQL cannot keep."""
    text = raw.decode("utf-8")
    if "\0" in text:
        raise ValueError("it holds a NUL character, which no text needs")
    return text


def keep(connection: Connection, text: str) -> None:
    """Keep a text; one that is there already is left as it is."""
    digest = fingerprint(text)
    present = select(text_table.c.sha256).where(text_table.c.sha256 == digest)
    if connection.execute(present).first() is None:
        connection.execute(insert(text_table), {"sha256": digest, "body": text})


def take_down(connection: Connection, digests: Iterable[str]) -> bool:
    """Forget the texts with these hashes; tells whether any was there."""
    statement = delete(text_table).where(text_table.c.sha256.in_(list(digests)))
    return connection.execute(statement).rowcount > 0


def find(connection: Connection, digest: str) -> str | None:
    """Give the text with that hash, or None."""
    query = select(text_table.c.body).where(text_table.c.sha256 == digest)
    return connection.execute(query).scalar()
