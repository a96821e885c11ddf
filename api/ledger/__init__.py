"""The ledger: a bitemporal store with insert-only truth and rebuildable projections.

`Ledger` is the entry point. It uses no Flask and no marshmallow. How it works, in steps:

1. A **revision** is an immutable state of a record: canonical bytes or a tombstone (`canonical`).
2. A **changeset** is one write transaction: its revisions, chained by hash to the changeset before
   (`writing`). Its number is the clock of the registry.
3. A **version** is a materialised revision with its derived facts, as shown from one changeset
   until another (`projection`, `rendering`). Lists and records are read from versions.
4. A **moment** is the two clocks of a request, resolved once (`moment`). A `reader` answers as
   known at a moment, with `filters` and keyset pages.
5. `noun` holds as data what differs between nouns. `guards` in the database refuse changes of the
   truth. `check` compares the projections with it, `rebuild` restores them, `compact` sorts them.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import IO

from sqlalchemy.exc import DBAPIError

from api.concurrency import current, dry_runs
from api.errors import Conflict, NotReady, RulesBroken, WouldBreak
from api.ledger.noun import Noun, Record
from api.ledger.reading.moment import NOW, Asked, NewestChangeset, resolve_moment
from api.ledger.reading.reader import BodyEndings, Reader
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from api.ledger.store.router import ReadRouter
from api.ledger.store.state import Extent
from api.ledger.store.transactions import Write
from api.ledger.truth.audit import COMMAND, record_act
from api.ledger.truth.revisions import Change, read_head
from api.ledger.upkeep import check
from api.ledger.upkeep.archive import restore_archive, write_archive
from api.ledger.upkeep.compact import CompactionResult, compact_database
from api.ledger.upkeep.rebuild import NOBODY, ProgressWatch, rebuild_projections
from api.ledger.versions.lookup import Key
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.referrers import find_referrers
from api.ledger.versions.texts import delete_texts
from api.ledger.writing import PendingChangeset, Receipt, WrittenChangeset

__all__ = ["NOW", "Asked", "Change", "Ledger", "Receipt", "rehearse_changes", "write_changes"]


class Ledger:
    """A registry in a database."""

    def __init__(self, database: Database, nouns: Iterable[Noun], *standbys: Database) -> None:
        self.database = database
        self.router = ReadRouter(database, standbys) if standbys else None
        self.state = self.router or database.state
        self.nouns = {noun.name: noun for noun in nouns}
        self._newest, self._endings = NewestChangeset(database), BodyEndings()

    @contextmanager
    def open_reader(self, asked: Asked = NOW) -> Generator[Reader]:
        """Open a reader as known at the requested moment."""
        if self.router is not None:
            with ExitStack() as opened:
                if reader := self._open_standby(opened, asked, self.router):
                    yield reader
                    return
        with self.database.read_snapshot() as snapshot:
            newest = self._newest.read_newest(snapshot)
            moment = resolve_moment(self.database, snapshot, asked, newest)
            if self.router is not None:
                self.router.note_shown(Extent(newest.number))
            yield Reader(snapshot, self.nouns, moment, self._endings)

    def _open_standby(self, opened: ExitStack, asked: Asked, router: ReadRouter) -> Reader | None:
        """Open a reader of the chosen standby; None if the primary has to answer."""
        if (database := router.choose()) is self.database:
            return None
        with suppress(NotReady, DBAPIError), ExitStack() as tried:
            snapshot = tried.enter_context(database.read_snapshot())
            newest = read_head(snapshot)
            moment = resolve_moment(database, snapshot, asked, newest)
            if newest.number >= current.newest:  # else another server has answered
                router.note_shown(Extent(newest.number))
                opened.push(tried.pop_all())
                return Reader(snapshot, self.nouns, moment, self._endings)
        current.source = self.database
        return None

    def find_record(self, noun: str, id: str) -> Record | None:
        """Return a record as it is served now, or None."""
        with self.open_reader() as reader:
            return reader.find_record(noun, id)

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
        """Write changes as one changeset, all or nothing; `writing` describes the steps.

        `texts` maps the (noun, id) of records that declare a text, by their `text_sha256`, to that
        text. The texts are stored, and the records that refer to these are normalised and checked
        again in the same changeset. Raises Conflict if a record declares another text by now, and
        RulesBroken or WouldBreak if a record does not fit the text; then nothing is written. A dry
        run has the same result, but reads a snapshot, waits for no writer and writes nothing.
        Without `reads_texts` errors show no text that is not public, and Forbidden is raised if the
        changes make one public.
        """
        with self._open_changeset(author, message, dry_run=dry_run) as pending:
            pending.lookup.withheld_at = None if reads_texts else pending.head.number
            pending.expect_head(expected_head)
            return write_changes(pending, changes, texts or {})

    @contextmanager
    def _open_changeset(
        self, author: str, message: str, *, dry_run: bool
    ) -> Generator[PendingChangeset]:
        if dry_run:
            with self.open_overlay() as overlay:
                yield PendingChangeset(overlay, overlay.head)
        else:
            with self.database.begin_write() as write:
                yield self.begin_changeset(write, author, message)

    def begin_changeset(
        self, write: Write, author: str, message: str, reviewer: str | None = None
    ) -> WrittenChangeset:
        """Begin a changeset in a write transaction, which may hold more than the changeset."""
        return WrittenChangeset(write, self.nouns, author, message, reviewer)

    @contextmanager
    def open_overlay(self) -> Generator[Overlay]:
        """Open a snapshot over which changesets can be laid (`rehearse_changes`)."""
        with (
            dry_runs.hold_slot(),
            self.database.read_snapshot() as read,
            closing(Overlay(read, self.nouns)) as overlay,
        ):
            yield overlay

    def take_down_texts(self, digests: Iterable[str], author: str = COMMAND) -> bool:
        """Delete the texts with these SHA-256, wherever they are; returns whether there was any."""
        with self.database.begin_write() as write:
            deleted = delete_texts(write.connection, set(digests))
            for digest in sorted(deleted):
                record_act(write, "text_taken_down", digest, author)
        return bool(deleted)

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

    def write_archive(self, out: IO[bytes], watch: ProgressWatch = NOBODY) -> None:
        """Write all that cannot be rebuilt to a file, as one snapshot shows it."""
        with self.database.read_snapshot() as snapshot:
            out.writelines(write_archive(snapshot, self.nouns, watch))

    def restore_archive(self, lines: Iterable[bytes], watch: ProgressWatch = NOBODY) -> int:
        """Restore an archive into an empty registry; returns the number of changesets."""
        with self.database.begin_write() as write:
            return restore_archive(write, self.nouns, lines, watch)

    def compact_database(self) -> CompactionResult:
        """Rewrite the database in the order in which it is read; `compact` says how."""
        return compact_database(self.database, self.nouns.values())

    def read_schema(self) -> str | None:
        """Return the number of the newest migration of the database, None if it has none."""
        with self.database.read_snapshot() as snapshot:
            return snapshot.read_schema()


def rehearse_changes(
    overlay: Overlay, changes: Sequence[Change], texts: Mapping[Key, str]
) -> Receipt:
    """Lay changes over an overlay as one changeset, with the receipt and errors of a real write.

    A changeset that is refused has no effect on the next one.
    """
    overlay.discard_pending()
    pending = PendingChangeset(overlay, overlay.head)
    receipt = write_changes(pending, changes, texts)
    overlay.lay_changeset(pending.made)
    return receipt


def write_changes(
    pending: PendingChangeset, changes: Sequence[Change], texts: Mapping[Key, str]
) -> Receipt:
    """Attach texts and write changes; refuse a text that its source does not declare by now."""
    for text in texts.values():
        pending.attach_text(text)
    referring: set[Key] = set()
    if sources := {*texts, *pending.list_declaring(changes)}:
        referring = {(noun, id) for noun, id, _ in find_referrers(pending.lookup, sources)}
    try:
        receipt = pending.write_changes(changes, recheck=referring)
    except RulesBroken as error:
        own = {(each.noun, each.id) for each in changes}
        if own.isdisjoint((each.noun, each.id) for each in error.problems):
            raise WouldBreak(error.problems) from error  # of statements that were stored before
        raise
    for (noun, id), text in texts.items():
        record = pending.lookup.get(noun, id) or {}
        if record.get("text_sha256") != text_hash(text):
            raise Conflict(f"{noun}/{id} declares another text now; read it again")
    return receipt
