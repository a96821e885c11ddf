"""Chooses the database that a request reads: a standby that is near enough, or the primary.

A standby is near enough if it has

- every changeset that this process has shown or written: one process never goes back,
- what the primary had three checks ago (`CHECK`),
- the changeset that the request names (`Sinequanon-Min-Changeset`).

A text that is taken down leaves no changeset, but an entry in the audit log. A standby must have
these entries, too (`Extent`).

A request waits briefly for one that is behind. A standby that stays behind, does not answer or
takes writes is left out, and asked again in the background. What no standby has is read from the
primary; if that is out of reach, from any standby, unless the request names a changeset.

The choice holds for one request (`current`): a GET or HEAD of a view that needs no scope. Commands,
writes, keys and submissions use the primary. Standbys give no leases (`lease`).
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from os import getpid
from threading import Lock
from time import monotonic, sleep
from typing import Any

from api.concurrency import current
from api.errors import Invalid
from api.ledger.store.database import Database
from api.ledger.store.state import PATIENCE, Extent

CHECK = 2.0
"""Seconds between two checks of the primary, and of the standbys that are left out."""

_WAIT, _POLL = 0.1, 0.004
"""Seconds that a request waits for a standby that is behind, and between two looks."""


def _read_extent(state: Any) -> Extent:
    return state[1].extent if state else Extent()


class Standby:
    """A database to read; `fault` says why it is left out, if it is."""

    def __init__(self, database: Database) -> None:
        self.database, self.fault, self.extent = database, "it was not asked yet", Extent()

    def wait_for(self, floor: Extent, least: int, end: float) -> Hashable:
        """Return its state once it has `floor` and the changeset `least`, else None.

        Without `floor` it is left out.
        """
        while True:
            state = self.database.state.read_state()
            fault = self._find_fault(state, floor)
            is_near = not fault and _read_extent(state).changeset >= least
            if is_near or state is None or monotonic() >= end:
                self.fault = fault
                return state if is_near else None
            sleep(_POLL)

    def _find_fault(self, state: Any, floor: Extent) -> str:
        extent = self.extent = _read_extent(state)
        if not state or not state[1].is_standby:
            return "it is no standby" if state else "it does not answer"
        if extent.changeset < floor.changeset:
            return f"it is behind at changeset {extent.changeset}"
        return f"it is behind at audit entry {extent.audit}" if extent.audit < floor.audit else ""


class ReadRouter:
    """Chooses the database that each request reads."""

    def __init__(self, primary: Database, standbys: Sequence[Database]) -> None:
        if any(each.is_sqlite for each in (primary, *standbys)):
            raise Invalid("standbys are read with PostgreSQL alone: SINEQUANON_READ_DATABASE_URLS")
        self._primary, self.standbys = primary, [*map(Standby, standbys)]
        turn = getpid() % len(standbys)  # the workers of a server differ in what they prefer
        self._order = self.standbys[turn:] + self.standbys[:turn]
        self._pool = ThreadPoolExecutor(2 * len(standbys) + 2)
        self._pending: dict[object, Future[Any]] = {}
        self._due, self._polled = 0.0, tuple[Extent, ...]()
        self._shown, self._showing, self._written = Extent(), Lock(), primary.written
        self._started: Any = None  # when the primary was

    def choose(self) -> Database:
        """Return the database that was chosen for the current request, or choose it."""
        if current.source is None:
            self.read_state()
        return current.source or self._primary

    def read_state(self) -> Hashable:
        """Choose the database for the current request, and return its state."""
        current.source, state = self._primary, None
        if current.may_read_standby:
            current.source, state = self._choose_standby(current.least)
        if state is None:
            state = self._primary.state.read_state()
        if state is None and current.may_read_standby and not current.least:
            current.source, state = self._choose_any()
        current.newest = _read_extent(state).changeset
        self.note_shown(Extent(current.newest))
        return state

    def note_shown(self, extent: Extent) -> None:
        """Let no standby be read from now on that lacks a changeset or an audit entry."""
        if self._shown.include(extent) != self._shown:
            with self._showing:
                self._shown = self._shown.include(extent)

    def _choose_standby(self, least: int) -> tuple[Database, Hashable]:
        """Return the first standby that is near enough with its state; else the primary, None."""
        self._check_when_due()
        floor, end = self._find_floor(), monotonic() + _WAIT
        newest = None if least <= floor.changeset else self._primary.state.read_state()
        if newest is None or _read_extent(newest).changeset >= least:  # else nobody has it
            for each in self._order:
                if not each.fault and (state := each.wait_for(floor, least, end)) is not None:
                    return each.database, state
        return self._primary, None

    def _choose_any(self) -> tuple[Database, Hashable]:
        """Return a standby that answers with its state; else the primary, None."""
        for each in self._order:
            state: Any = each.database.state.read_state()
            if state is not None and state[1].is_standby:
                return each.database, state
        return self._primary, None

    def _find_floor(self) -> Extent:
        """Return what a standby must have for any request."""
        written = self._primary.written
        if written is not self._written:
            self.note_shown(written)
            self._written = written
        return self._shown.include(self._polled[0]) if self._polled else self._shown

    def _check_when_due(self) -> None:
        now = monotonic()
        if now < self._due:
            return
        was_idle, self._due = now > self._due + 2 * CHECK, now + CHECK
        polling = self._ask(self._primary, self._poll_primary)
        if was_idle:  # nobody knows how old the standbys are
            self._polled = ()
            wait([polling], PATIENCE)
        for each in self.standbys:
            if each.fault:
                self._ask(each, each.wait_for, self._find_floor(), 0, now + _WAIT)

    def _ask(self, whom: object, question: Callable[..., Any], *given: Any) -> Future[Any]:
        """Ask in the background, unless a question to the same one is pending."""
        pending = self._pending.get(whom)
        if pending is None or pending.done():
            pending = self._pending[whom] = self._pool.submit(question, *given)
        return pending

    def _poll_primary(self) -> None:
        state: Any = self._primary.state.read_state()
        if state is None:
            return
        extent, started = _read_extent(state), state[1].started
        lacks_some = extent.include(self._shown) != extent
        if lacks_some and self._started not in (None, started):  # failover lost them
            with self._showing:
                self._shown, self._polled = extent, ()
                self._primary.written = self._written = extent
        self._started, self._polled = started, (*self._polled[-2:], extent)

    def describe(self) -> Iterator[str]:
        """Ask all standbys, and yield a line for each."""
        floor, end = self._find_floor(), monotonic() + _WAIT
        asked = [self._ask(each, each.wait_for, floor, 0, end) for each in self.standbys]
        wait(asked, 2 * _WAIT)
        for place, each in enumerate(self.standbys, 1):
            fault = each.fault and f"left out, {each.fault}"
            yield f"standby {place}: {fault or f'changeset {each.extent.changeset}'}"
