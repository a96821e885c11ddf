"""Write the spool in lots, each as one changeset, without a plan in memory.

Entries come in the order of their turns (`spool`), a fixed number to a lot. What an entry names is
written with it or before it:

- An entry that names a later or a postponed entry is postponed, too.
- When all others are written, the postponed entries are written in closed lots: each comes with all
  postponed entries that it names, directly or indirectly, also if they name each other in a circle.

Lots depend only on what was read, not on what the registry holds. So a second run makes the same
lots, and continues where the first one was killed. If the ledger refuses a lot, the entries that
caused this are rejected (`rejections`), and the others are tried again until they are accepted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from api.bulk.rejections import Rejections, find_rejections
from api.bulk.spool import EntryState, Spool, SpoolEntry
from api.errors import Problem, SineQuaNonError, WouldBreak
from api.ledger import Change, Ledger, Receipt, rehearse_changes
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.overlay import Overlay
from api.nouns import NOUNS_BY_NAME

_MOST = 100_000
"""How many revisions a changeset holds at most."""
_LAST_TURN = 2**62


class RegistryTarget:
    """Commits each lot to the registry."""

    texts: Mapping[Key, str]

    def __init__(
        self, ledger: Ledger, author: str, message: str, expected: int | None, *, numbered: bool
    ) -> None:
        self._ledger, self._author, self._message = ledger, author, message
        self._expected, self._numbered, self._parts = expected, numbered, 0

    def append(self, changes: Sequence[Change]) -> Receipt:
        """Write changes as one changeset."""
        part = f", part {self._parts + 1}" if self._numbered else ""
        receipt = self._ledger.append_changes(
            changes,
            author=self._author,
            message=self._message + part,
            texts=self.texts,
            expected_head=self._expected,
            reads_texts=True,  # who runs the command can read the database
        )
        self._expected, self._parts = None, self._parts + 1
        return receipt

    def open_lookup(self) -> AbstractContextManager[PendingLookup]:
        """Open a lookup that reads what was written so far."""
        return self._ledger.open_overlay()


class RehearsalTarget:
    """Lays lots over an overlay."""

    texts: Mapping[Key, str]

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay

    def append(self, changes: Sequence[Change]) -> Receipt:
        """Lay changes as one changeset."""
        return rehearse_changes(self._overlay, changes, self.texts)

    def open_lookup(self) -> AbstractContextManager[PendingLookup]:
        self._overlay.discard_pending()
        return nullcontext(self._overlay)


Target = RegistryTarget | RehearsalTarget
"""Where lots are written; its `texts` are attached with each changeset."""


@dataclass(frozen=True, slots=True)
class LotWriter:
    """Writes a spool to a target.

    `on_rejected` is called with entries that are left out and their problems, `on_written` with the
    number of entries of each lot and its receipt.
    """

    spool: Spool
    target: Target
    on_rejected: Callable[[Sequence[tuple[SpoolEntry, Sequence[Problem]]]], None]
    on_written: Callable[[int, Receipt], None]

    def write_all(self, size: int | None) -> None:
        """Write all entries, `size` to a changeset; None writes one changeset."""
        turn = 0
        while entries := self.spool.list_next(turn, size):
            turn = entries[-1].turn
            early = self._find_early_entries(entries)
            self.spool.set_state(EntryState.POSTPONED, early)
            self._write_lot([each for each in entries if each.key not in early], turn)
        while entries := self._gather_closed_lot(size or _MOST):
            self.spool.set_state(EntryState.DUE, [each.key for each in entries])
            self._write_lot(entries, None)

    def _find_early_entries(self, entries: Sequence[SpoolEntry]) -> set[Key]:
        """Find the entries that name, directly or indirectly, one that is written later."""
        turn = entries[-1].turn
        lot = {each.key for each in entries}
        named = {each.key: set(each.list_references()) for each in entries}
        outside = {key for keys in named.values() for key in keys} - lot
        later = {key for key in outside if self.spool.is_pending(key, turn)}
        early: set[Key] = set()
        while more := {k for k, keys in named.items() if k not in early and keys & (later | early)}:
            early |= more
        return early

    def _gather_closed_lot(self, size: int) -> list[SpoolEntry]:
        """Gather postponed entries, each with all postponed entries that it names."""
        lot: dict[Key, SpoolEntry] = {}
        for each in self.spool.list_postponed():
            if len(lot) >= size:
                break
            self._add_with_references(each, lot)
        return sorted(lot.values(), key=lambda each: each.turn)

    def _add_with_references(self, first: SpoolEntry, lot: dict[Key, SpoolEntry]) -> None:
        """Add an entry to a lot, with all postponed entries that it names; raises for too many."""
        ahead = [first]
        while ahead:
            entry = ahead.pop()
            if entry.key not in lot:
                lot[entry.key] = entry
                ahead += self._find_postponed(entry.list_references())
        if len(lot) > _MOST:
            raise SineQuaNonError(
                f"{first.place} is connected with more than {_MOST:,} records, too many for one "
                "changeset; put the records that others name before them"
            )

    def _find_postponed(self, keys: Iterable[Key]) -> list[SpoolEntry]:
        found = filter(None, map(self.spool.find_entry, keys))
        return [each for each in found if each.state is EntryState.POSTPONED]

    def _write_lot(self, entries: Sequence[SpoolEntry], turn: int | None) -> None:
        """Write a lot without the entries that the ledger refuses; `turn` is None for the last."""
        left = list(entries)
        while left:
            try:
                receipt = self.target.append([each.change for each in left])
            except SineQuaNonError as error:
                left = self._repair_lot(error, left, turn)
            else:
                self.on_written(len(left), receipt)
                return

    def _repair_lot(
        self, error: SineQuaNonError, lot: Sequence[SpoolEntry], turn: int | None
    ) -> list[SpoolEntry]:
        """Return what to write in place of a refused lot."""
        companions = self._find_companions(error, turn)
        if companions and turn is None:
            return self._add_companions(companions, lot)
        with self.target.open_lookup() as lookup:
            rejections = find_rejections(error, lot, lookup)
        if not rejections:
            raise error
        if companions:
            self.spool.set_state(EntryState.POSTPONED, rejections)
        else:
            self._reject_entries(lot, rejections)
        return [each for each in lot if each.key not in rejections]

    def _find_companions(self, error: SineQuaNonError, turn: int | None) -> list[Key]:
        """Find records that a lot would break, but that are amended by a later entry."""
        problems = error.problems if isinstance(error, WouldBreak) else ()
        keys = [(each.noun, each.id) for each in problems]
        after = _LAST_TURN if turn is None else turn
        return [key for key in keys if self.spool.is_pending(key, after)]

    def _add_companions(
        self, companions: Iterable[Key], lot: Sequence[SpoolEntry]
    ) -> list[SpoolEntry]:
        whole = {each.key: each for each in lot}
        for each in self._find_postponed(companions):
            self._add_with_references(each, whole)
        self.spool.set_state(EntryState.DUE, whole)
        return sorted(whole.values(), key=lambda each: each.turn)

    def _reject_entries(self, lot: Iterable[SpoolEntry], rejections: Rejections) -> None:
        self.spool.set_state(EntryState.REJECTED, rejections)
        self.on_rejected([
            (each, [self._explain_missing(each, problem) for problem in rejections[each.key]])
            for each in lot
            if each.key in rejections
        ])  # fmt: skip

    def _explain_missing(self, entry: SpoolEntry, problem: Problem) -> Problem:
        """If a missing record was rejected itself, add the place of its line."""
        for ref in NOUNS_BY_NAME[entry.noun].references:
            for pointer, id in ref.walk_ids(entry.record or {}):
                named = self.spool.find_entry((ref.to, id)) if pointer == problem.pointer else None
                if named is not None and named.state is EntryState.REJECTED:
                    detail = f"{problem.detail}; {named.place}, which has it, was rejected"
                    return Problem(pointer, detail)
        return problem
