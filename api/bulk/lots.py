"""Lots: how more records than one changeset should hold are written, without a plan in memory.

Entries come in the order of their turns (`spool`), so many to a lot, and each lot is a changeset.
What an entry names is written with it or before it:

- an entry that names one whose turn is later, or that was put off, is put off, too;
- when all others are written, those that were put off go in lots that are closed: with each of
  them comes all that it names and that still waits, also where records name each other in a circle.

So the lots depend on what was read alone, not on what is there: a second run makes the same lots,
and goes on where the first one was killed. A lot that the ledger refuses is tried again without the
entries that are to blame (`blame`), and without what breaks for want of them, until it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from api.bulk.blame import Rejections, find_rejections
from api.bulk.spool import Spool, SpoolEntry
from api.errors import Problem, SineQuaNonError, WouldBreak
from api.ledger import Change, Receipt
from api.ledger.lookup import Key
from api.ledger.transactions import Transaction
from api.nouns import NOUNS

_MOST = 100_000
"""How many revisions a changeset holds at most."""
_LAST = 2**62
"""A turn after all others."""
_NOUNS = {noun.name: noun for noun in NOUNS}


class Target(Protocol):
    """Where lots are written to: the registry, or a rehearsal."""

    def append(self, changes: Sequence[Change]) -> Receipt:
        """Write changes as one changeset."""
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Give access to what was written so far."""
        ...


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told of what becomes of entries."""

    rejected: Callable[[Sequence[tuple[SpoolEntry, Sequence[Problem]]]], None]
    written: Callable[[int, Receipt], None]


def write_lots(spool: Spool, target: Target, size: int | None, hearers: Hearers) -> None:
    """Write all that is in a spool, `size` records to a changeset; with None all in one."""
    turn = 0
    while entries := spool.list_next(turn, size):
        turn = entries[-1].turn
        early = _early(entries, spool)
        spool.postpone_entries(early)
        ready = [each for each in entries if each.key not in early]
        _write(spool, ready, target, hearers, turn=turn)
    while entries := _closed(spool, size or _MOST):
        spool.resume_entries(each.key for each in entries)
        _write(spool, entries, target, hearers, turn=None)


def _early(entries: Sequence[SpoolEntry], spool: Spool) -> set[Key]:
    """Find the entries of a lot that name, at whatever remove, one that is not written by then."""
    turn = entries[-1].turn
    lot = {each.key for each in entries}
    named = {each.key: set(each.list_references()) for each in entries}
    outside = {key for keys in named.values() for key in keys} - lot
    missing = {key for key in outside if spool.is_pending(key, turn)}
    early: set[Key] = set()
    while more := {k for k, keys in named.items() if k not in early and keys & (missing | early)}:
        early |= more
    return early


def _closed(spool: Spool, size: int) -> list[SpoolEntry]:
    """Gather entries that were put off, with all that they name and that waits, up to a lot."""
    lot: dict[Key, SpoolEntry] = {}
    for each in spool.list_postponed():
        if len(lot) >= size:
            break
        _gather(each, lot, spool)
    return sorted(lot.values(), key=lambda each: each.turn)


def _gather(first: SpoolEntry, lot: dict[Key, SpoolEntry], spool: Spool) -> None:
    """Add an entry to a lot, with all that it names and that waits.

    Raises SineQuaNonError where more hang together than a changeset can hold.
    """
    ahead = [first]
    while ahead:
        entry = ahead.pop()
        if entry.key not in lot:
            lot[entry.key] = entry
            ahead += _waiting(entry.list_references(), spool)
    if len(lot) > _MOST:
        raise SineQuaNonError(
            f"more than {_MOST:,} records hang together with {first.place}, too many for one "
            "changeset; put what others name before them"
        )


def _waiting(keys: Iterable[Key], spool: Spool) -> list[SpoolEntry]:
    return [found for key in keys if (found := spool.find_postponed(key)) is not None]


def _write(
    spool: Spool,
    entries: Sequence[SpoolEntry],
    target: Target,
    hearers: Hearers,
    *,
    turn: int | None,
) -> None:
    """Write a lot, without what is to blame for its refusal; with a turn, others come after it."""
    left = list(entries)
    while left:
        try:
            receipt = target.append([each.change for each in left])
        except SineQuaNonError as error:
            left = _mended(error, left, spool, target, hearers, turn)
        else:
            hearers.written(len(left), receipt)
            return


def _mended(
    error: SineQuaNonError,
    lot: Sequence[SpoolEntry],
    spool: Spool,
    target: Target,
    hearers: Hearers,
    turn: int | None,
) -> list[SpoolEntry]:
    """Give what to try in place of a lot that was refused."""
    companions = _companions(error, spool, turn)
    if companions and turn is None:
        return _with(companions, lot, spool)
    with target.transaction() as transaction:
        blamed = find_rejections(error, lot, transaction, _NOUNS)
    if not blamed:
        raise error
    if companions:
        spool.postpone_entries(blamed)
    else:
        _reject(spool, lot, blamed, hearers)
    return [each for each in lot if each.key not in blamed]


def _companions(error: SineQuaNonError, spool: Spool, turn: int | None) -> list[Key]:
    """Find records that a lot would break as they are, but that are to be amended, too."""
    found = error.problems if isinstance(error, WouldBreak) else ()
    keys = [(each.noun, each.id) for each in found]
    return [key for key in keys if spool.is_pending(key, _LAST if turn is None else turn)]


def _with(companions: Iterable[Key], lot: Sequence[SpoolEntry], spool: Spool) -> list[SpoolEntry]:
    whole = {each.key: each for each in lot}
    for each in _waiting(companions, spool):
        _gather(each, whole, spool)
    spool.resume_entries(whole)
    return sorted(whole.values(), key=lambda each: each.turn)


def _reject(
    spool: Spool, entries: Iterable[SpoolEntry], blamed: Rejections, hearers: Hearers
) -> None:
    spool.reject_entries(blamed)
    hearers.rejected([
        (each, [_explained(each, problem, spool) for problem in blamed[each.key]])
        for each in entries
        if each.key in blamed
    ])  # fmt: skip


def _explained(entry: SpoolEntry, problem: Problem, spool: Spool) -> Problem:
    """Add where the row stands that was to be what is missing, if it was rejected itself."""
    for ref in _NOUNS[entry.noun].references:
        for pointer, id in ref.walk(entry.record or {}):
            if pointer == problem.pointer and spool.is_rejected((ref.to, id)):
                place = spool.find_place((ref.to, id))
                return Problem(pointer, f"{problem.detail}; {place}, which has it, was rejected")
    return problem
