"""The ledger: a bitemporal store with insert-only truth and rebuildable projections.

It uses no Flask and no marshmallow. How it works, in steps:

1. A **revision** is an immutable state of a record: canonical bytes or a tombstone (`canonical`).
2. A **changeset** is one write transaction: its revisions, chained by hash to the changeset before
   (`append`). Its number is the clock of the registry.
3. A **version** is a materialised revision with its derived facts, as shown from one changeset
   until another (`projection`, `rendering`). Lists and records are read from versions.
4. A **moment** is the two clocks of a request, resolved once (`moment`). A `reader` answers as
   known at a moment, with `filters` and keyset pages.
5. `noun` holds as data what differs between nouns. `guards` in the database refuse changes of the
   truth. `check` compares truth and projections, `rebuild` restores the projections, and `compact`
   rewrites the database in the order in which it is read.

`Ledger` is the entry point for applications and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from api.errors import Conflict
from api.ledger.noun import Noun
from api.ledger.reading.moment import NOW, Asked, NewestChangeset, resolve_moment
from api.ledger.reading.reader import Reader
from api.ledger.reading.suffixes import ChangesetSuffixes
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from api.ledger.store.transactions import Write
from api.ledger.truth.texts import delete_texts, store_text
from api.ledger.upkeep import check
from api.ledger.upkeep.compact import CompactionResult, compact_database
from api.ledger.upkeep.progress import NOBODY, ProgressWatch
from api.ledger.upkeep.rebuild import rebuild_projections
from api.ledger.versions.lookup import Key
from api.ledger.versions.referrers import find_referrers
from api.ledger.writing.append import Change, PendingChangeset, Receipt

__all__ = ["NOW", "Asked", "Change", "Ledger", "Receipt", "Rehearsal"]


class Ledger:
    """A registry in a database."""

    def __init__(self, database: Database, nouns: Iterable[Noun]) -> None:
        self.database = database
        self.nouns = {noun.name: noun for noun in nouns}
        self._newest, self._suffixes = NewestChangeset(database), ChangesetSuffixes()

    @contextmanager
    def open_reader(self, asked: Asked = NOW) -> Generator[Reader]:
        """Open a reader as known at the requested moment."""
        with self.database.read_snapshot() as snapshot:
            newest = self._newest.read_newest(snapshot)
            moment = resolve_moment(self.database, snapshot, asked, newest)
            yield Reader(snapshot, self.nouns, moment, self._suffixes)

    def append_changes(
        self,
        changes: Sequence[Change],
        *,
        author: str,
        message: str = "",
        texts: Mapping[Key, str] | None = None,
        expected_head: int | None = None,
        dry_run: bool = False,
        reads_texts: bool = False,
    ) -> Receipt:
        """Write changes as one changeset, all or nothing; `append` describes the steps.

        `texts` maps the (noun, id) of records that declare a text, by their `text_sha256`, to that
        text. The texts are stored, and the records that refer to these are normalised and checked
        again in the same changeset. Raises Conflict if a record declares another text by now, and
        RulesBroken or WouldBreak if a record does not fit the text; then nothing is written.
        Without `reads_texts` errors show no text that is not public, and Forbidden is raised if the
        changes make one public.
        """
        with self.database.begin_write(keep=not dry_run) as write:
            pending = PendingChangeset(write, self.nouns, author=author, message=message)
            pending.lookup.withheld_at = None if reads_texts else pending.head
            pending.expect_head(expected_head)
            return self._write_changes(pending, changes, texts or {})

    @contextmanager
    def open_rehearsal(self) -> Generator[Rehearsal]:
        """Open a write of several changesets that is rolled back at its end.

        A changeset that is refused has no effect on the next one, as in a real import.
        """
        with self.database.begin_write(keep=False) as write:
            # Nobody will see this write, so it need not close the commit barrier: readers would
            # have to wait all the while.
            unseen = Write(write.connection, lambda: None)

            def rehearse_changes(changes: Sequence[Change], texts: Mapping[Key, str]) -> Receipt:
                with unseen.open_savepoint():
                    pending = PendingChangeset(unseen, self.nouns, author="", message="")
                    return self._write_changes(pending, changes, texts)

            yield Rehearsal(unseen, rehearse_changes)

    def _write_changes(
        self, pending: PendingChangeset, changes: Sequence[Change], texts: Mapping[Key, str]
    ) -> Receipt:
        receipt = pending.write_changes(changes, recheck=self._attach_texts(pending, texts))
        _check_declared(pending, texts)
        return receipt

    def _attach_texts(self, pending: PendingChangeset, texts: Mapping[Key, str]) -> set[Key]:
        """Store texts; returns the records to check again: those that refer to their sources."""
        referring: set[Key] = set()
        for source, text in texts.items():
            store_text(pending.write.connection, text)
            found = find_referrers(pending.write, self.nouns, source)
            referring |= {(noun, id) for noun, id, _ in found}
        return referring

    def take_down_texts(self, digests: Iterable[str]) -> bool:
        """Delete the texts with these SHA-256, and nothing else; returns whether there was any."""
        with self.database.begin_write() as write:
            return delete_texts(write.connection, digests)

    def find_faults(self, watch: ProgressWatch = NOBODY) -> list[str]:
        """Check truth and projections; returns a sentence for each fault."""
        with (
            self.database.begin_write(keep=False) as write,
            self.database.read_snapshot() as stored,
        ):
            return list(check.find_faults(write, stored.connection, self.nouns, watch))

    def rebuild_projections(self, watch: ProgressWatch = NOBODY) -> int:
        """Rebuild all projections; returns the number of changesets."""
        with self.database.begin_write() as write:
            return rebuild_projections(write, self.nouns, watch)

    def compact_database(self) -> CompactionResult:
        """Rewrite the database in the order in which it is read; `compact` says how."""
        return compact_database(self.database, self.nouns.values())

    def read_schema(self) -> str | None:
        """Return the number of the newest migration of the database, None if it has none."""
        with self.database.read_snapshot() as snapshot:
            return snapshot.read_schema()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Writes changesets one after the other, in a transaction that is rolled back at its end."""

    write: Write
    append: Callable[[Sequence[Change], Mapping[Key, str]], Receipt]


def _check_declared(pending: PendingChangeset, texts: Mapping[Key, str]) -> None:
    """Refuse a text that its source does not declare at the end of the changeset."""
    for (noun, id), text in texts.items():
        record = pending.lookup.get(noun, id) or {}
        if record.get("text_sha256") != text_hash(text):
            raise Conflict(f"{noun}/{id} declares another text now; read it again")
