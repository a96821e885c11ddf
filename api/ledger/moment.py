"""The two clocks of a question, resolved once at the edge.

`known_at` is asked as a changeset's number or an instant and becomes a number; `valid_at` is
asked as a day or `any` and becomes a day or None. From there on nothing moves: an answer that
depends on a moment alone can never change.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from api import clock
from api.errors import Invalid
from api.ledger.canonical import GENESIS
from api.ledger.changesets import BEGINNING, Head, head
from api.ledger.database import Database
from api.ledger.prepared import Prepared, parameter
from api.ledger.tables import changeset
from api.ledger.transactions import Snapshot, Transaction


class Asked(NamedTuple):
    """The clocks as a caller asked for them; at most one of `number` and `instant` is given.

    `instant` is in microseconds since 1970; `valid_at` is a day, "any", or None for today.
    """

    number: int | None = None
    instant: int | None = None
    valid_at: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether both clocks were given, so that the answer never changes."""
        return (self.number is not None or self.instant is not None) and self.valid_at is not None


NOW = Asked()


class Moment(NamedTuple):
    """The clocks resolved: a changeset's number with its hash, a day or None for any.

    `is_newest` tells that nothing newer was known when the question was asked.
    """

    known_at: int
    hash: bytes
    valid_at: str | None
    is_newest: bool = True


class Newest:
    """The newest changeset, read anew when the database is in another state than it was.

    PostgreSQL tells its state no faster than this, so it is always asked. A file that took the
    place of another is seen at once. What is put back in place goes past our gate and is seen
    after `state.FRESH`; what is answered meanwhile has the old changeset's name and tag.
    """

    def __init__(self, database: Database) -> None:
        self._state = database.state if database.is_sqlite else None
        self._known: tuple[object, Head] = (None, BEGINNING)

    def of(self, snapshot: Snapshot) -> Head:
        """Give the newest changeset, before anything else is read."""
        if self._state is None:
            return head(snapshot)
        # The state is told first: if more is committed after that, the snapshot sees it, and
        # whoever is told the same state has not looked yet and will see it, too.
        state = (self._state.now(), snapshot.identity)
        known, newest = self._known
        if state[0] is None or state != known:
            newest = head(snapshot)
            self._known = state, newest
        return newest


_HASH = Prepared(select(changeset.c.hash).where(changeset.c.number == parameter("number")))

_NUMBER = Prepared(
    select(changeset.c.number, changeset.c.hash)
    .where(changeset.c.recorded_at <= parameter("instant"))
    .order_by(changeset.c.recorded_at.desc())
    .limit(parameter("one"))
)


def resolve(transaction: Transaction, asked: Asked, newest: Head) -> Moment | None:
    """Resolve the clocks; None when the instant needs the gate (see `settle`)."""
    number, hash = newest.number, newest.hash
    if asked.instant is not None:
        if asked.instant > newest.recorded_at:
            return None
        found = transaction.alone(_NUMBER, {"instant": asked.instant, "one": 1})
        number, hash = found[0] if found else (0, GENESIS)
    elif asked.number is not None and asked.number != number:
        if asked.number > number:
            raise Invalid(f"the newest changeset is {number}", parameter="known_at")
        found = transaction.alone(_HASH, {"number": asked.number})
        number, hash = asked.number, found[0][0] if found else GENESIS
    return _make_moment(number, hash, asked, is_newest=number == newest.number)


def settle(database: Database, snapshot: Snapshot, asked: Asked) -> Moment:
    """Resolve an instant behind the newest changeset, so that no write at work can undercut it."""
    snapshot.roll_back()  # one that has begun is older than the gate
    with database.settled():
        # A write may have ended since the newest changeset was looked for.
        newest = head(snapshot)
        if (moment := resolve(snapshot, asked, newest)) is not None:
            return moment
        if (asked.instant or 0) >= clock.now():
            raise Invalid(
                "lies in the future by this server's clock; leave it out for the newest state",
                parameter="known_at",
            )
        return _make_moment(newest.number, newest.hash, asked)


def _make_moment(number: int, hash: bytes, asked: Asked, *, is_newest: bool = True) -> Moment:
    valid_at = asked.valid_at or clock.today()
    return Moment(number, hash, None if valid_at == "any" else valid_at, is_newest)
