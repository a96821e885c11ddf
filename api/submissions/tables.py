"""The table of submissions; they are no part of the truth, and closed ones may be dropped.

A coded source may bring its text. That is kept with the submission until it is attached or taken
down; from then on only its digest and its length are.
"""

from collections.abc import Collection

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    select,
    update,
)

from api.ledger.rules import text_hash
from api.ledger.store.tables import KEY, SERIAL, metadata
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.versions.texts import FORGET_TEXTS

PROPOSED = ("coded_source", "changeset", "takes_back")
KINDS = (*PROPOSED, "note")
STATE_AFTER = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}
STATES = ("open", *STATE_AFTER.values())
LARGEST_ID = 2**53 - 1
"""The largest integer that is exact in JSON; there is no submission of this id or a larger one."""

submission = Table(
    "submission",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("kind", KEY, nullable=False, comment="of KINDS"),
    Column("state", KEY, nullable=False, comment="of STATES"),
    Column("author", Text, nullable=False, comment="the name of a key; empty: a reader"),
    Column("revision", BigInteger, nullable=False, comment="from 1, one more for each PUT"),
    Column("comment", Text, nullable=False, comment="why; the message of its changeset"),
    Column("created_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("changed_at", BigInteger, nullable=False, comment="of the newest entry of its thread"),
    Column("reviewer", Text, comment="the name of the key that accepted or declined it"),
    Column("changeset", BigInteger, comment="the changeset that it became"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 over kind and what was sent"),
    Column("sent", LargeBinary, nullable=False, comment="what was sent, as canonical bytes"),
    Column("plan", LargeBinary, nullable=False, comment="what it comes to (plans.Plan)"),
    Column("thread", LargeBinary, nullable=False, comment="what was done and said, oldest first"),
    Index("submission_by_author", "author", "id"),
    Index("submission_by_state", "state", "id"),
    sqlite_autoincrement=True,  # the id of a dropped one is not used again
)


def leave_text_out(sent: bytes) -> tuple[bytes, str | None]:
    """Return a coded source without its text, and the hash of that; None where it has none."""
    document = orjson.loads(sent)
    text = document["source"].pop("text", None)
    if not isinstance(text, str):
        return sent, None
    digest = text_hash(text)
    if not document["source"].keys() <= {"id"}:  # as when it was translated
        declared = {"text_sha256": digest, "text_length": len(text)}
        document["source"] = {**declared, **document["source"]}
    return canonical_bytes(document), digest


def _forget_texts(connection: Connection, digests: Collection[str]) -> set[str]:
    """Leave the texts with these hashes out of all submissions; returns the hashes found."""
    found = set[str]()
    coded = select(submission.c.id).where(submission.c.kind == "coded_source")
    for id in connection.execute(coded).scalars().all():
        row = submission.c.id == id
        sent, plan = connection.execute(
            select(submission.c.sent, submission.c.plan).where(row)
        ).one()
        rest, digest = leave_text_out(sent)
        if digest is not None and digest in digests:
            found.add(digest)
            planned = canonical_bytes({**orjson.loads(plan), "texts": {}})
            connection.execute(update(submission).where(row).values(sent=rest, plan=planned))
    return found


submission.info[FORGET_TEXTS] = _forget_texts
