"""The store of source texts: outside of revisions, hash chain and exports, so it can delete them.

The key of a text is the SHA-256 of its UTF-8 bytes. Two sources that declare the same text share
it; its deletion takes it from both.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from api.ledger.rules import text_hash
from api.ledger.store.tables import text as text_table


def plain_text(raw: bytes) -> str:
    """Decode UTF-8; raises ValueError if it is malformed or has a NUL, which PostgreSQL refuses."""
    text = raw.decode("utf-8")
    if "\0" in text:
        raise ValueError("it contains a NUL character; remove that")
    return text


def store_text(connection: Connection, text: str) -> None:
    """Store a text unless it is there already."""
    digest = text_hash(text)
    present = select(text_table.c.sha256).where(text_table.c.sha256 == digest)
    if connection.execute(present).first() is None:
        connection.execute(insert(text_table), {"sha256": digest, "body": text})


def delete_texts(connection: Connection, digests: Iterable[str]) -> bool:
    """Delete the texts with these hashes; returns whether there was any."""
    statement = delete(text_table).where(text_table.c.sha256.in_(list(digests)))
    return connection.execute(statement).rowcount > 0


def find_text(connection: Connection, digest: str) -> str | None:
    """Return the text with that hash, or None."""
    query = select(text_table.c.body).where(text_table.c.sha256 == digest)
    return connection.execute(query).scalar()
