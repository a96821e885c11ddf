"""The table of submissions; they are no part of the truth, and closed ones may be dropped."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from api.ledger.store.tables import KEY, SERIAL, metadata

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
