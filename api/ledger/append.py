"""The write path: a changeset is one transaction, all or nothing.

Inside the one write transaction, in this order:

1. compare what the caller expected (the head, the record's revision) with what is there,
2. settle each draft and drop those that say nothing new,
3. hold the changed records against references and rules, and insert their revisions and versions,
   some at a time, so that the engine works on some while we look at others,
4. hold those that depend on what changed against the rules, and refresh their versions,
5. shut the gate, stamp, insert the changeset, commit.

Rules look at the state at the end of the changeset, so the order of its records does not matter.
Because writers are serial and everything is read inside the transaction, no acknowledged write
can be lost.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api import clock
from api.errors import Conflict, HeadMoved, RecordProblem, RulesBroken, StillReferred, WouldBreak
from api.ledger.canonical import canonical, changeset_hash, contents_hash
from api.ledger.change import Change, compare
from api.ledger.changesets import read_head_and_last_seq
from api.ledger.kin import Kin, problems
from api.ledger.lookup import Key, PendingLookup
from api.ledger.noun import Noun, Record, nothing_to_settle
from api.ledger.projection import Versions
from api.ledger.referrers import BeforeAndAfter, ChangedRecords, find_dependents, find_referrers
from api.ledger.render import Served, closing
from api.ledger.revisions import Revision, Stored, newest
from api.ledger.tables import changeset, revision
from api.ledger.tags import tag
from api.ledger.transactions import Write, batched

_BATCH_SIZE = 1_200
"""How many records are looked at before they are handed on to be inserted."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a write: the head after it, what it wrote, what its author should look at.

    `served` is what is served from then on of the one record that it wrote, if it wrote one alone.
    """

    head: int
    written: Mapping[Key, int] = field(default_factory=dict[Key, int])
    warnings: Sequence[RecordProblem] = ()
    served: Served | None = None


class Append:
    """One changeset in the making."""

    def __init__(
        self, write: Write, nouns: Mapping[str, Noun], *, author: str, message: str
    ) -> None:
        self.write = write
        self._nouns, self._author, self._message = nouns, author, message
        self.lookup = PendingLookup(write, nouns)
        self._head, self._last = read_head_and_last_seq(write)
        self._is_alone = False
        self._alike: dict[tuple[str, Hashable], Kin] = {}
        self._kin: dict[Key, Kin] = {}

    @property
    def head(self) -> int:
        """The number of the newest changeset before this one."""
        return self._head.number

    def expect_head(self, expected: int | None) -> None:
        """Raise HeadMoved unless the newest changeset is the expected one, if any is."""
        if expected is not None and expected != self.head:
            raise HeadMoved(
                f"expected changeset {expected} to be the newest, but it is {self.head}"
            )

    def run(self, changes: Sequence[Change], *, anew: Collection[Key] = ()) -> Receipt:
        """Write the changes as one changeset; what says nothing new writes nothing.

        Live records of `anew` are settled and held against the rules again, changed or not.
        Raises the errors of `api.errors` for what is not as expected or against the rules.
        """
        changes = [*changes, *self._unchanged_records(anew, changes)]
        self._is_alone = len(changes) == 1
        stored = self._read_stored(changes)
        for change in changes:
            compare(change, stored.get((change.noun, change.id)))
        fresh = self._normalise_changes(changes, stored)
        affected = find_dependents(self.write, self._nouns, fresh)
        affected += [key for key in sorted(anew) if key not in {*fresh, *affected}]
        versions = Versions(self.write, self._nouns, self.lookup, self.head + 1, self._kin)
        made, warnings = self._write_checked(fresh, stored, versions)
        self._refuse_dangling([key for key, (_, after) in fresh.items() if after is None], fresh)
        if affected:
            self._check_dependents(affected)
        if not made:
            return Receipt(self.head, {}, warnings)
        versions.refresh(affected)
        versions.move_horizons()
        number = self.head + 1
        added = closing(number, self._insert_changeset(number, made), self._author)
        written = {(r.noun, r.id): r.number for r in made}
        return Receipt(number, written, warnings, _served_record(made, versions, added))

    def _unchanged_records(self, keys: Collection[Key], changes: Sequence[Change]) -> list[Change]:
        """Give changes that leave records as they are, but for those that are changed anyway."""
        left = {*keys} - {(change.noun, change.id) for change in changes}
        self.lookup.prefetch(left)
        return [Change(*key, self.lookup.get(*key)) for key in sorted(left)]

    def _read_stored(self, changes: Sequence[Change]) -> dict[Key, Stored]:
        wanted: dict[str, set[str]] = {}
        for change in changes:
            ids = wanted.setdefault(change.noun, set())
            if change.id in ids:
                raise Conflict(f"{change.noun}/{change.id} stands twice in one changeset")
            ids.add(change.id)
        return {
            (noun, id): each
            for noun, ids in wanted.items()
            for id, each in newest(self.write, noun, ids).items()
        }

    def _normalise_changes(
        self, changes: Sequence[Change], stored: Mapping[Key, Stored]
    ) -> ChangedRecords:
        """Map each record that really changes to its state before and after."""
        drafts = [(c.noun, c.record) for c in changes if c.record is not None]
        for change in changes:
            self.lookup.put(change.noun, change.id, change.record)
        self.lookup.prefetch_referenced(drafts)
        fresh: dict[Key, BeforeAndAfter] = {}
        for change in changes:
            key = (change.noun, change.id)
            there = stored.get(key)
            before = None if there is None else there.record
            after = change.record
            settle = self._nouns[change.noun].settle
            if after is not None and settle is not nothing_to_settle:
                after = settle(after, before, self.lookup)
                self.lookup.put(*key, after)
            if before is None and after is None:
                continue
            if there is None or after is None or canonical(after) != there.body:
                fresh[key] = (before, after)
        return fresh

    def _write_checked(
        self, fresh: ChangedRecords, stored: Mapping[Key, Stored], versions: Versions
    ) -> tuple[list[Revision], list[RecordProblem]]:
        """Hold the changed records against the rules, and write them, some at a time.

        What is written already when a fault is found goes with the transaction; the rest is only
        looked at then, so that all faults are told.
        """
        ordinals = {key: each.ordinal for key, each in stored.items()}
        made: list[Revision] = []
        found: list[RecordProblem] = []
        fatal: list[RecordProblem] = []
        for some in batched(list(fresh.items()), _BATCH_SIZE):
            held = [*self._check_records(some)]
            found += held
            fatal += (each for each in held if not each.problem.warning)
            if not fatal:
                revisions = self._make_revisions(some, stored, len(made))
                self.write.insert(revision, [each.row for each in revisions])
                versions.replace(revisions, ordinals)
                made += revisions
        if fatal:
            raise RulesBroken(fatal)
        versions.write_facets()
        return made, found

    def _check_records(self, some: Iterable[tuple[Key, BeforeAndAfter]]) -> Iterator[RecordProblem]:
        for (noun, id), (_, after) in some:
            if after is not None:
                kin = self._batch_of(noun, id, after)
                for problem in problems(self._nouns[noun], after, self.lookup, kin):
                    yield RecordProblem(noun, id, problem)

    def _batch_of(self, name: str, id: str, record: Record) -> Kin | None:
        """Find the kin of a record, of which it may be the first; one alone has none."""
        noun = self._nouns[name]
        alike = None if self._is_alone else noun.kin(record, self.lookup)
        if alike is None:
            return None
        kin = self._alike.get((name, alike))
        if kin is None:
            kin = self._alike[name, alike] = Kin(noun, record, self.lookup)
        self._kin[name, id] = kin
        return kin

    def _check_dependents(self, affected: Sequence[Key]) -> None:
        """Raise WouldBreak where records that draw on changed ones would break the rules now."""
        self.lookup.prefetch(affected)
        live = [
            (noun, id, record)
            for noun, id in affected
            if (record := self.lookup.get(noun, id)) is not None
        ]
        self.lookup.prefetch_referenced((noun, record) for noun, _, record in live)
        broken = [
            RecordProblem(noun, id, problem)
            for noun, id, record in live
            for problem in problems(self._nouns[noun], record, self.lookup)
            if not problem.warning
        ]
        if broken:
            raise WouldBreak(broken)

    def _refuse_dangling(self, retracted: Iterable[Key], fresh: Mapping[Key, Any]) -> None:
        referrers = [
            (noun, id, path)
            for key in retracted
            for noun, id, path in find_referrers(self.write, self._nouns, key)
            if (noun, id) not in fresh
        ]
        if referrers:
            raise StillReferred("live records refer to it; retract or amend them first", referrers)

    def _make_revisions(
        self, some: Iterable[tuple[Key, BeforeAndAfter]], stored: Mapping[Key, Stored], behind: int
    ) -> list[Revision]:
        """Make the revisions of some of the changeset's records, of which so many are made."""
        made: list[Revision] = []
        for seq, ((noun, id), (_, after)) in enumerate(some, self._last + behind + 1):
            order = stored[noun, id].number + 1 if (noun, id) in stored else 1
            made.append(Revision.made(noun, id, order, after, seq=seq, changeset=self.head + 1))
        return made

    def _insert_changeset(self, number: int, made: Sequence[Revision]) -> int:
        """Insert the changeset, and give its time."""
        self.write.close_barrier()
        row: dict[str, Any] = {
            "number": number,
            "recorded_at": max(clock.now(), self._head.recorded_at + 1),
            "author": self._author,
            "message": self._message,
            "contents": contents_hash(each.hash for each in made),
            "previous": self._head.hash,
        }
        self.write.insert(changeset, [(*row.values(), changeset_hash(row))])
        return row["recorded_at"]


def _served_record(made: Sequence[Revision], versions: Versions, added: bytes) -> Served | None:
    """Tell what a reader is served of the only revision; `added` is what the changeset adds."""
    if len(made) != 1:
        return None
    [only] = made
    body = b"" if only.tombstone or versions.last is None else versions.last.row[-1] + added
    return Served(body, tag(only.hash))
