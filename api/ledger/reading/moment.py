"""The two clocks of a request, resolved once at its start.

`known_at` is a changeset's number or an instant, and becomes a number; `valid_at` is a day or
`any`, and becomes a day or None. An answer that depends only on the resolved moment never changes.
What changesets add to their records is cached by moments, too (`BodyEndings`).
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from api import clock
from api.concurrency import MIN_CHANGESET, current
from api.errors import Invalid, NotReady
from api.ledger.noun import Noun
from api.ledger.store.database import Database
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import changeset, revision
from api.ledger.store.transactions import PreparedStatement, Snapshot, Transaction, named_parameter
from api.ledger.truth.revisions import BEGINNING, GENESIS, Head, read_head
from api.ledger.versions.rendering import ID_START, QUOTE, links_by_id, render_suffix


class Asked(NamedTuple):
    """The clocks as requested; at most one of `number` and `instant` is given.

    `instant` is in microseconds since 1970; `valid_at` is a day, "any", or None for today. The
    changeset `after` must be there, and only what follows it is wanted.
    """

    number: int | None = None
    instant: int | None = None
    valid_at: str | None = None
    after: int = 0

    @property
    def is_pinned(self) -> bool:
        """Whether both clocks were given, so that the answer never changes."""
        return (self.number is not None or self.instant is not None) and self.valid_at is not None


NOW = Asked()


class Moment(NamedTuple):
    """The resolved clocks: a changeset's number with its hash; a day, or None for any day.

    `is_newest` is set if no newer changeset existed at the time of the request.
    """

    known_at: int
    hash: bytes
    valid_at: str | None
    is_newest: bool = True


class NewestChangeset:
    """Caches the newest changeset for as long as the state of the database stays the same.

    A file that was put in the place of another is read after `state.FRESH` at the latest. One that
    is restored in place is noticed as late; answers until then have the tag of the old changeset.
    """

    def __init__(self, database: Database) -> None:
        self._state = database.state
        self._cached: tuple[object, Head] = (None, BEGINNING)

    def read_newest(self, snapshot: Snapshot) -> Head:
        """Return the newest changeset; call it before the snapshot reads anything else."""
        # The state is read before the head, so a cached head is never older than its state.
        state = (self._state.read_state(), snapshot.identity)
        cached_state, newest = self._cached
        if state[0] is None or state != cached_state:
            newest = read_head(snapshot)
            self._cached = state, newest
        return newest


_HASH = PreparedStatement(
    select(changeset.c.hash).where(changeset.c.number == named_parameter("number"))
)

_NUMBER = PreparedStatement(
    select(changeset.c.number, changeset.c.hash)
    .where(changeset.c.recorded_at <= named_parameter("instant"))
    .order_by(changeset.c.recorded_at.desc())
    .limit(1)
)

_LAST_SEQ = PreparedStatement(
    select(revision.c.seq)
    .where(revision.c.changeset <= named_parameter("known_at"))
    .order_by(revision.c.changeset.desc(), revision.c.seq.desc())
    .limit(1)
)


def find_last_seq(transaction: Transaction, known_at: int) -> int:
    """Return the `seq` of the last revision that was written up to a changeset."""
    found = transaction.fetch_alone(_LAST_SEQ, {"known_at": known_at})
    return found[0][0] if found else 0


def resolve_moment(database: Database, snapshot: Snapshot, asked: Asked, newest: Head) -> Moment:
    """Resolve the clocks; raises Invalid if `known_at` lies in the future.

    Raises NotReady if this is a standby that may lack what was recorded until `known_at`.
    """
    least = max(asked.number or 0, asked.after, current.least)
    if (asked.instant or 0) > newest.recorded_at or least > newest.number:
        newest = _wait_for_commits(database, snapshot, asked, least)
    number, hash = newest.number, newest.hash
    if asked.instant is not None and asked.instant < newest.recorded_at:
        found = snapshot.fetch_alone(_NUMBER, {"instant": asked.instant})
        number, hash = found[0] if found else (0, GENESIS)
    elif asked.number is not None and asked.number != number:
        found = snapshot.fetch_alone(_HASH, {"number": asked.number})
        number, hash = asked.number, found[0][0] if found else GENESIS
    day = asked.valid_at or clock.today()
    is_newest = number == newest.number
    return Moment(number, hash, None if day == "any" else day, is_newest=is_newest)


def _wait_for_commits(database: Database, snapshot: Snapshot, asked: Asked, least: int) -> Head:
    """Return the newest changeset after the commits that were in progress.

    A write that was in progress would else commit with an earlier time stamp than the instant. Any
    later one gets a later stamp, because the clock is read before the barrier is passed. A standby
    cannot wait for commits of the original: only a later changeset shows that it has all before.
    """
    snapshot.roll_back()  # one that has begun would not see the commits that the barrier waits for
    now, is_standby = database.pass_barrier(snapshot)
    newest = read_head(snapshot)  # a write may have ended since it was read before
    is_later = (asked.instant or 0) > newest.recorded_at
    if not is_later and least <= newest.number:
        return newest
    if is_standby:  # whose clock may be another than that of the original
        raise NotReady(
            "this server reads a standby, which has received no changeset as late as the request "
            "names; try again, ask the server of the original, or name none"
        )
    if asked.instant is not None and asked.instant >= now:
        raise Invalid(
            "lies in the future by this server's clock; leave it out for the newest state",
            parameter="known_at",
        )
    if not is_later:
        named = {"known_at": asked.number or 0, "after": asked.after, MIN_CHANGESET: least}
        name = next(name for name, number in named.items() if number > newest.number)
        raise Invalid(f"the newest changeset is {newest.number}", parameter=name)
    return newest


_MOMENTS, _CHANGESETS = 8, 20_000
"""The most moments in the cache, and the most changesets of each."""


class BodyEndings:
    """Ends stored bodies (`rendering`) as known at a moment.

    The bytes that a changeset adds to each of its records, its suffix, are cached by its number
    under the hash of the newest changeset that is known. That covers every changeset before it, so
    they are valid wherever it is the newest, and nowhere else: a registry that was restored, and
    went on differently, has other hashes.
    """

    def __init__(self) -> None:
        self._moments: OrderedDict[bytes, dict[int, bytes]] = OrderedDict()

    def end_bodies(
        self, transaction: Transaction, moment: Moment, noun: Noun, rows: Sequence[tuple[Any, ...]]
    ) -> tuple[list[bytes], list[bytes]]:
        """Return the bodies of rows (body, changeset, …), and what follows each of them.

        Suffixes that are not cached are read.
        """
        known = self._moments.setdefault(moment.hash, {})
        while len(self._moments) > _MOMENTS:
            self._moments.popitem(last=False)
        bodies, numbers = [row[0] for row in rows], [row[1] for row in rows]
        if not known.keys() >= (wanted := {*numbers}):
            if len(known) > _CHANGESETS:
                known = self._moments[moment.hash] = {}
            found = transaction.fetch_alone(_SIGNATURES, {"numbers": [*(wanted - known.keys())]})
            known.update((row[0], render_suffix(*row)) for row in found)
        links = links_by_id(noun)
        return bodies, [
            body[ID_START : body.index(b'"', ID_START)].join(links) + known[number]
            if body[-1] == QUOTE else known[number]
            for body, number in zip(bodies, numbers, strict=True)
        ]  # fmt: skip


_SIGNATURES = PreparedStatement(
    select(changeset.c.number, changeset.c.recorded_at, changeset.c.author).where(
        in_list(changeset.c.number, "numbers")
    )
)
