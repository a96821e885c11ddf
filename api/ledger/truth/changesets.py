"""The newest changeset: a write follows it, and a reader starts from it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from api.ledger.store.prepared import PreparedStatement, named_parameter
from api.ledger.store.tables import changeset, revision
from api.ledger.store.transactions import Transaction, Write
from api.ledger.truth.canonical import GENESIS


class Head(NamedTuple):
    """The newest changeset: its number, its time stamp in microseconds, and its hash."""

    number: int
    recorded_at: int
    hash: bytes


BEGINNING = Head(0, 0, GENESIS)
"""Stands for the head of a registry that has no changeset yet."""

_HEAD = PreparedStatement(
    select(*(changeset.c[name] for name in Head._fields))
    .order_by(changeset.c.number.desc())
    .limit(named_parameter("one"))
)


def read_head(transaction: Transaction) -> Head:
    """Return the newest changeset, or `BEGINNING` if there is none."""
    found = transaction.fetch_alone(_HEAD, {"one": 1})
    return Head(*found[0]) if found else BEGINNING


def read_head_and_last_seq(write: Write) -> tuple[Head, int]:
    """Return the newest changeset and the last `seq`; a write needs both."""
    found = write.fetch_rows(_HEAD_AND_LAST_SEQ, {"one": 1})
    return (Head(*found[0][:-1]), found[0][-1]) if found else (BEGINNING, 0)


_HEAD_AND_LAST_SEQ = PreparedStatement(
    select(*(changeset.c[name] for name in Head._fields),
           select(func.max(revision.c.seq)).scalar_subquery())
    .order_by(changeset.c.number.desc())
    .limit(named_parameter("one"))
)  # fmt: skip
