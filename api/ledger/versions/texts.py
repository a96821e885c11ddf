"""The store of source texts, and which of them are public.

Texts are outside of revisions, hash chain and exports, so that they can be deleted. The key of a
text is the SHA-256 of its UTF-8 bytes. Two sources that declare the same text share it; its
deletion takes it from both.

A text is public if every live source that declares it makes it public. So a text is published by a
source that says so, and by taking away the last that says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, delete, insert, select

from api.errors import Forbidden
from api.ledger.noun import Noun, Record
from api.ledger.rules import text_hash
from api.ledger.store.tables import metadata, revision
from api.ledger.store.tables import text as text_table
from api.ledger.store.transactions import PreparedStatement, Transaction, named_parameter
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.as_of import is_shown

if TYPE_CHECKING:  # referrers imports lookup, which imports this module
    from api.ledger.versions.referrers import ChangedRecords


def find_declaring(
    transaction: Transaction, nouns: Mapping[str, Noun], sha256: str, known_at: int
) -> dict[str, Record]:
    """Return the sources that declared a text at a changeset, by id."""
    values = {"sha256": sha256, "known_at": known_at}
    rows = transaction.fetch_rows(_select_declaring(nouns["sources"].table), values)
    return {id: parse_bytes(body) for id, body in rows}


@lru_cache(maxsize=1)
def _select_declaring(source: Table) -> PreparedStatement:
    query = select(source.c.id, revision.c.body).join(revision, revision.c.seq == source.c.seq)
    query = query.where(is_shown(source, named_parameter("known_at")))
    return PreparedStatement(query.where(source.c.text_sha256 == named_parameter("sha256")))


def are_public(declaring: Iterable[Record]) -> bool:
    """Return whether a text is public that these sources declare; if none does, it is not."""
    flags = [each.get("text_public", False) for each in declaring]
    return bool(flags) and all(flags)


def refuse_publishing(
    find_declaring: Callable[[str], dict[str, Record]], changed: ChangedRecords
) -> None:
    """Raise Forbidden if changes make a text public; the function finds who declared it before."""
    nothing: Record = {}
    sources = {
        id: (before or nothing, after or nothing)
        for (noun, id), (before, after) in changed.items()
        if noun == "sources"
    }
    newly = [id for id, (before, after) in sources.items()
             if are_public([after]) and not are_public([before])]  # fmt: skip
    declaring: defaultdict[str, set[str]] = defaultdict(set)
    for id, states in sources.items():
        for sha256 in (each["text_sha256"] for each in states if "text_sha256" in each):
            declaring[sha256].add(id)
    for sha256, ids in declaring.items():
        earlier = find_declaring(sha256)
        later = [each for id, each in earlier.items() if id not in sources]
        written = (sources[id][1] for id in ids)
        later += [each for each in written if each.get("text_sha256") == sha256]
        if are_public(later) and not are_public(earlier.values()):
            newly += sorted(ids)
    if newly:
        raise Forbidden(f"only a key with the scope texts makes texts public: sources/{newly[0]}")


def plain_text(raw: bytes) -> str:
    """Decode UTF-8; raises ValueError if it is malformed or has a NUL, which PostgreSQL refuses."""
    text = raw.decode("utf-8")
    if "\0" in text:
        raise ValueError("it contains a NUL character; remove that")
    return text


def store_text(connection: Connection, text: str) -> bool:
    """Store a text unless it is there already; returns whether it was not."""
    digest = text_hash(text)
    present = select(text_table.c.sha256).where(text_table.c.sha256 == digest)
    if connection.execute(present).first() is not None:
        return False
    connection.execute(insert(text_table), {"sha256": digest, "body": text})
    return True


FORGET_TEXTS = "forget_texts"
"""In the `info` of a table that holds copies of texts: what takes some out, and returns which."""


def delete_texts(connection: Connection, digests: Collection[str]) -> set[str]:
    """Delete the texts with these hashes, and their copies; returns the hashes that were found."""
    there = delete(text_table).where(text_table.c.sha256.in_(digests))
    found = set(connection.execute(there.returning(text_table.c.sha256)).scalars())
    holders = (table.info[FORGET_TEXTS] for table in metadata.sorted_tables
               if FORGET_TEXTS in table.info)  # fmt: skip
    return found.union(*(forget(connection, digests) for forget in holders))


def find_text(connection: Connection, digest: str) -> str | None:
    """Return the text with that hash, or None."""
    query = select(text_table.c.body).where(text_table.c.sha256 == digest)
    return connection.execute(query).scalar()
