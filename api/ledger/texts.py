"""The store of source texts: outside revisions, chain and exports, so that a text can go.

Texts are kept by the SHA-256 of their UTF-8 bytes. Two sources that declare the same text share
it; taking it down takes it from both.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select

from api.ledger.tables import text as text_table


def keep(connection: Connection, text: str) -> None:
    """Keep a text; one that is there already is left as it is."""
    digest = sha256(text.encode()).hexdigest()
    present = select(text_table.c.sha256).where(text_table.c.sha256 == digest)
    if connection.execute(present).first() is None:
        connection.execute(insert(text_table), {"sha256": digest, "body": text})


def take_down(connection: Connection, digest: str) -> bool:
    """Forget the text with that hash; tells whether it was there."""
    statement = delete(text_table).where(text_table.c.sha256 == digest)
    return connection.execute(statement).rowcount > 0


def find(connection: Connection, digest: str) -> str | None:
    """Give the text with that hash, or None."""
    query = select(text_table.c.body).where(text_table.c.sha256 == digest)
    return connection.execute(query).scalar()
