"""Canonical bytes and the hash chain over them.

Canonical bytes are JSON in UTF-8 with sorted keys and no blanks. This is RFC 8785 for the values
that our fields admit (ASCII keys; numbers up to 2^53, whole ones without a point). They hold what
an author wrote and what follows from that alone: no revision number, no time of writing, and not
when they were superseded. The same record therefore always has the same bytes.

A revision's hash covers its identity and its bytes. A changeset's hash covers its revisions, its
time, author, reviewer and message, and the changeset before it. With the newest hash one can
therefore check every byte before it. An attacker who rewrites the whole tail can recompute all
hashes of it; only a copy of a hash that is kept elsewhere reveals that.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson

GENESIS = bytes(32)
"""The previous hash of the first changeset."""


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical bytes of plain data."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def parse_bytes(body: bytes) -> dict[str, Any]:
    """Parse canonical or rendered bytes."""
    return orjson.loads(body)


def revision_hash(noun: str, id: str, number: int, *, tombstone: bool, body: bytes) -> bytes:
    """Hash one revision: SHA-256 over its identity, a line feed, and its canonical bytes."""
    return sha256(canonical_bytes([noun, id, number, tombstone]) + b"\n" + body).digest()


def contents_hash(revision_hashes: Iterable[bytes]) -> bytes:
    """Hash the contents of a changeset: SHA-256 over its revisions' hashes in order of writing."""
    return sha256(b"".join(revision_hashes)).digest()


def changeset_hash(row: Mapping[Any, Any]) -> bytes:
    """Hash a changeset over its number, time, author, message, contents and predecessor.

    The reviewer is covered where there is one, so changesets without one have the hash of 0.1.0.
    """
    covered = {
        "number": row["number"],
        "recorded_at": row["recorded_at"],
        "author": row["author"],
        "message": row["message"],
        "contents": row["contents"].hex(),
        "previous": row["previous"].hex(),
    }
    if row.get("reviewer") is not None:
        covered["reviewer"] = row["reviewer"]
    return sha256(canonical_bytes(covered)).digest()
