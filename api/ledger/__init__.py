"""The ledger: insert-only truth, rebuildable projections, two clocks. No Flask, no marshmallow.

How it works, in steps:

1. A **revision** is an immutable state of a record: canonical bytes or a tombstone (`canonical`).
2. A **changeset** is one write transaction: its revisions, chained by hash to the one before
   (`append`). Its number is the registry's clock.
3. A **version** is what lists and records are read from: a revision rendered, with what follows
   from the records it draws on, from one changeset until another (`projection`, `render`).
4. A **moment** is the two clocks of a question, resolved once (`moment`); a `reader` answers
   as known at it, with `filters` and keyset pages.
5. What differs between nouns is data: `noun`. What cannot be undone is guarded in the database
   itself: `guards`. What can be lost is checked, and made anew: `check`, `rebuild`; what lies
   scattered is put in order: `compact`.

`Ledger` holds these together for whoever wires an application or a command.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from api.errors import Conflict
from api.ledger import check
from api.ledger.append import Append, Receipt
from api.ledger.change import Change
from api.ledger.closings import Closings
from api.ledger.compact import Compacted, compact
from api.ledger.database import Database
from api.ledger.lookup import Key
from api.ledger.moment import NOW, Asked, Newest
from api.ledger.noun import Noun
from api.ledger.reader import Reader, Reading
from api.ledger.rebuild import rebuild
from api.ledger.referrers import find_referrers
from api.ledger.rules import fingerprint
from api.ledger.texts import keep, take_down
from api.ledger.transactions import Write
from api.ledger.watching import NOBODY, Watch

__all__ = ["NOW", "Asked", "Change", "Ledger", "Receipt", "Rehearsal"]


class Ledger:
    """A registry in a database."""

    def __init__(self, database: Database, nouns: Iterable[Noun]) -> None:
        self.database = database
        self.nouns = {noun.name: noun for noun in nouns}
        self._newest, self._closings = Newest(database), Closings()

    def reading(self, asked: Asked = NOW) -> AbstractContextManager[Reader]:
        """Open a snapshot as known at the asked moment."""
        return Reading(self.database, self.nouns, asked, self._newest, self._closings)

    def append(
        self,
        changes: Sequence[Change],
        *,
        author: str,
        message: str = "",
        texts: Mapping[Key, str] | None = None,
        expected_head: int | None = None,
        dry_run: bool = False,
    ) -> Receipt:
        """Write changes as one changeset, all or nothing; see `api.ledger.append`.

        `texts` maps the (noun, id) of records that declare a text, by their `text_sha256`, to that
        text; raises Conflict when they declare another one by now. It is kept, and
        what refers to these records is settled and checked anew in the same changeset. Raises
        RulesBroken or WouldBreak when a record does not fit the text; then nothing is kept.
        """
        with self.database.writing(keep=not dry_run) as write:
            appending = Append(write, self.nouns, author=author, message=message)
            appending.expect_head(expected_head)
            return self._write_changes(appending, changes, texts or {})

    @contextmanager
    def rehearsing(self) -> Generator[Rehearsal]:
        """Open a write that may hold many changesets, of which nothing is kept.

        One that is refused leaves nothing behind for those after it, as when each is kept.
        """
        with self.database.writing(keep=False) as write:
            # What nobody will ever see needs no gate, which would hold up readers all the while.
            unseen = Write(write.connection, lambda: None)

            def rehearse_changes(changes: Sequence[Change], texts: Mapping[Key, str]) -> Receipt:
                with unseen.attempt():
                    appending = Append(unseen, self.nouns, author="", message="")
                    return self._write_changes(appending, changes, texts)

            yield Rehearsal(unseen, rehearse_changes)

    def _write_changes(
        self, appending: Append, changes: Sequence[Change], texts: Mapping[Key, str]
    ) -> Receipt:
        receipt = appending.run(changes, anew=self._attach_texts(appending, texts))
        _check_declared(appending, texts)
        return receipt

    def _attach_texts(self, appending: Append, texts: Mapping[Key, str]) -> set[Key]:
        """Keep texts; give the records to settle anew: those that refer to their holders."""
        touched: set[Key] = set()
        for holder, text in texts.items():
            keep(appending.write.connection, text)
            found = find_referrers(appending.write, self.nouns, holder)
            touched |= {(noun, id) for noun, id, _ in found}
        return touched

    def take_down_texts(self, digests: Iterable[str]) -> bool:
        """Forget the texts with these SHA-256, and nothing else; tells whether any was there."""
        with self.database.writing() as write:
            return take_down(write.connection, digests)

    def faults(self, watch: Watch = NOBODY) -> list[str]:
        """Check truth and projections; an empty list is a sound database."""
        with self.database.writing(keep=False) as write, self.database.reading() as stored:
            return list(check.faults(write, stored.connection, self.nouns, watch))

    def rebuild(self, watch: Watch = NOBODY) -> int:
        """Make all projections anew; returns the number of changesets."""
        with self.database.writing() as write:
            return rebuild(write, self.nouns, watch)

    def compact(self) -> Compacted:
        """Rewrite the database in the order in which it is read; see `api.ledger.compact`."""
        return compact(self.database, self.nouns.values())

    def schema(self) -> str | None:
        """Name the newest migration of the database, None when it has none."""
        with self.database.reading() as snapshot:
            return snapshot.schema()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Writes changesets one after the other, in a transaction that will be rolled back."""

    write: Write
    append: Callable[[Sequence[Change], Mapping[Key, str]], Receipt]


def _check_declared(appending: Append, texts: Mapping[Key, str]) -> None:
    """Refuse a text that its holder does not declare at the end of the changeset."""
    for (noun, id), text in texts.items():
        record = appending.lookup.get(noun, id) or {}
        if record.get("text_sha256") != fingerprint(text):
            raise Conflict(f"{noun}/{id} declares another text by now; read it again")
