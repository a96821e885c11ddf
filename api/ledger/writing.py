"""The write path: a changeset is one transaction, all or nothing.

Inside the one write transaction, in this order:

1. check what the caller expects (the head, the record's revision) against what is stored,
2. normalise each draft, and drop those that change nothing,
3. check the changed records against references and rules, and insert their revisions and versions,
   in batches,
4. check the records that depend on changed ones against the rules, and refresh their versions,
5. close the commit barrier, take the time stamp, insert the changeset, commit.

A dry run takes the same steps, but inserts nothing: a `PendingChangeset` reads a snapshot, and only
a `WrittenChangeset` has a write transaction.

Rules see the state at the end of the changeset, so the order of its records does not matter.
Writers are serial and everything is read inside the transaction, so no acknowledged write can be
lost; a change that was made from what was read before expects that revision (`Change`). A change
that would break a dependent record is refused (409), not passed on silently.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from api.errors import Conflict, HeadMoved, RecordProblem, RulesBroken
from api.ledger.noun import Noun, Record
from api.ledger.rules import check_size, text_hash
from api.ledger.store.tables import changeset, revision
from api.ledger.store.transactions import Write
from api.ledger.truth.audit import record_act
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.truth.revisions import (
    Change,
    Head,
    Revision,
    StoredRevision,
    changeset_hash,
    check_expected,
    contents_hash,
    describe_clock,
    read_head,
    revision_tag,
)
from api.ledger.versions.duplicates import find_duplicates
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.projection import VersionWriter
from api.ledger.versions.referrers import (
    BeforeAndAfter,
    ChangedRecords,
    check_dependents,
    find_dependents,
    refuse_dangling,
)
from api.ledger.versions.rendering import (
    IdenticalBatch,
    ServedRecord,
    check_record,
    complete_body,
    render_suffix,
)
from api.ledger.versions.texts import refuse_publishing, store_text

_log = logging.getLogger(__name__)

_BATCH_SIZE = 1_200
"""How many records are checked before they are stored together."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of a write: the head after it, the written revisions, and the warnings.

    `served` is the new served form of the record, if the write has written only one.
    """

    head: int
    written: Mapping[Key, int] = field(default_factory=dict[Key, int])
    warnings: Sequence[RecordProblem] = ()
    served: ServedRecord | None = None

    @property
    def created(self) -> int:
        """How many new records it has; the others were amended, retracted or revived."""
        return sum(number == 1 for number in self.written.values())


class PendingChangeset:
    """One changeset over the newest one, `head`: it is checked, and stores nothing by itself."""

    warns = True
    """Whether to look for doubts about valid records: not where nobody is told of them."""

    def __init__(self, lookup: PendingLookup, head: Head) -> None:
        self.lookup, self._nouns, self.head = lookup, lookup.nouns, head
        self.made: list[Revision] = []
        self.changed: ChangedRecords = {}
        self.affected: Sequence[Key] = ()
        self._is_single = False
        self._batches: dict[tuple[str, Hashable], IdenticalBatch] = {}
        self._batch_by_key: dict[Key, IdenticalBatch] = {}

    def expect_head(self, expected: int | None) -> None:
        """Raise HeadMoved if another changeset than the expected one is the newest."""
        if expected is not None and expected != self.head.number:
            raise HeadMoved(
                f"expected changeset {expected} to be the newest, but it is {self.head.number}"
            )

    def attach_text(self, text: str) -> None:
        """Attach a text to the sources that declare it."""
        self.lookup.put_text(text)

    def list_declaring(self, changes: Iterable[Change]) -> Iterator[Key]:
        """Yield the stored sources that newly declare a text which is attached."""
        declared = {(noun, id): record["text_sha256"] for noun, id, record, _ in changes
                    if noun == "sources" and record and "text_sha256" in record}  # fmt: skip
        self.lookup.prefetch(declared)
        for key, digest in declared.items():
            before = self.lookup.get(*key)
            is_new = before is not None and before.get("text_sha256") != digest
            if is_new and self.lookup.text(digest) is not None:
                yield key

    def write_changes(self, changes: Sequence[Change], *, recheck: Collection[Key] = ()) -> Receipt:
        """Write the changes as one changeset; a change that changes nothing is not written.

        The live records of `recheck` are normalised and checked again, changed or not. Raises the
        errors of `api.errors` if a record is not as expected, or breaks a rule.
        """
        changes = [*changes, *self._unchanged_records(recheck, changes)]
        self._is_single = len(changes) == 1
        stored = self._read_stored(changes)
        for change in changes:
            check_expected(change, stored.get((change.noun, change.id)))
        changed = self.changed = self._normalise_changes(changes, stored)
        if self.lookup.withheld_at is not None:
            refuse_publishing(self.lookup.find_declaring, changed)
        # Nothing depends on records that were never stored.
        affected = find_dependents(self.lookup, changed) if stored else []
        affected += sorted({*recheck}.difference(changed, affected))
        self.affected = affected
        warnings = self._write_checked(changed, stored)
        if retracted := [key for key, (_, after) in changed.items() if after is None]:
            refuse_dangling(self.lookup, retracted, changed)
        if affected:
            check_dependents(self.lookup, affected)
        if not self.made:
            return Receipt(self.head.number, {}, warnings)
        served = self._finish_changeset(affected)
        written = {(each.noun, each.id): each.number for each in self.made}
        return Receipt(self.head.number + 1, written, warnings, served)

    def _store_revisions(self, made: Sequence[Revision], ordinals: Mapping[Key, int]) -> None:
        """Store some of the checked revisions; `ordinals` are those of amended records."""

    def _finish_changeset(self, affected: Sequence[Key]) -> ServedRecord | None:
        """Store what remains; return the served form of the record if there is only one."""

    def _unchanged_records(self, keys: Collection[Key], changes: Sequence[Change]) -> list[Change]:
        """Return changes that leave records as they are, except for those that `changes` has."""
        others = {*keys} - {(change.noun, change.id) for change in changes}
        self.lookup.prefetch(others)
        return [Change(*key, self.lookup.get(*key)) for key in sorted(others)]

    def _read_stored(self, changes: Sequence[Change]) -> dict[Key, StoredRevision]:
        wanted: set[Key] = set()
        for change in changes:
            if (change.noun, change.id) in wanted:
                raise Conflict(f"{change.noun}/{change.id} occurs twice in one changeset")
            wanted.add((change.noun, change.id))
        return self.lookup.read_newest(wanted)

    def _normalise_changes(
        self, changes: Sequence[Change], stored: Mapping[Key, StoredRevision]
    ) -> ChangedRecords:
        """Normalise the drafts; map each record that really changes to its states."""
        for change in changes:
            self.lookup.put_record(change.noun, change.id, change.record)
        self.lookup.prefetch_referenced((e.noun, e.record) for e in changes if e.record is not None)
        changed: dict[Key, BeforeAndAfter] = {}
        for change in changes:
            key = (change.noun, change.id)
            newest = stored.get(key)
            before = newest.record if newest else None
            after = self._normalise_draft(change, before)
            is_same = newest and after is not None and canonical_bytes(after) == newest.body
            if not is_same and (before, after) != (None, None):
                changed[key] = (before, after)
        return changed

    def _normalise_draft(self, change: Change, before: Record | None) -> Record | None:
        normalise = self._nouns[change.noun].normalise
        if change.record is None or normalise is None:
            return change.record
        record = normalise(change.record, before, self.lookup)
        self.lookup.put_record(change.noun, change.id, record)
        return record

    def _write_checked(
        self, changed: ChangedRecords, stored: Mapping[Key, StoredRevision]
    ) -> list[RecordProblem]:
        """Check the changed records, and store them in batches; returns the warnings."""
        found = [*self._check_records(changed.items())]
        if fatal := [each for each in found if not each.problem.warning]:
            raise RulesBroken(fatal)
        # Nothing is stored yet: duplicates are looked for among what was on record before.
        found += self._find_doubts(changed) if self.warns else ()
        ordinals = {key: each.ordinal for key, each in stored.items()}
        listed = [*changed.items()]
        for start in range(0, len(listed), _BATCH_SIZE):
            revisions = self._make_revisions(listed[start : start + _BATCH_SIZE], stored)
            fatal += [RecordProblem(e.noun, e.id, p) for e in revisions for p in check_size(e.body)]
            if not fatal:
                self._store_revisions(revisions, ordinals)
                self.made += revisions
        if fatal:
            raise RulesBroken(fatal)
        return found

    def _check_records(self, some: Iterable[tuple[Key, BeforeAndAfter]]) -> Iterator[RecordProblem]:
        for (noun, id), (_, after) in some:
            if after is not None:
                batch = self._batch_of(noun, id, after)
                for problem in check_record(self._nouns[noun], after, self.lookup, batch):
                    yield RecordProblem(noun, id, problem)

    def _batch_of(self, name: str, id: str, record: Record) -> IdenticalBatch | None:
        """Return the identical batch of a record; None if it has none, as a single record."""
        noun = self._nouns[name]
        if self._is_single or noun.batch_key is None:
            return None
        if (key := noun.batch_key(record, self.lookup)) is None:
            return None
        batch = self._batches.get((name, key))
        if batch is None:
            batch = self._batches[name, key] = IdenticalBatch(noun, record, self.lookup)
        self._batch_by_key[name, id] = batch
        return batch

    def _find_doubts(self, changed: ChangedRecords) -> Iterator[RecordProblem]:
        """Yield the doubts about valid changed records; new ones of identical batches have none."""
        by_noun: defaultdict[str, dict[str, tuple[Record | None, Record]]] = defaultdict(dict)
        for key, (before, after) in changed.items():
            if after is not None and (before is not None or key not in self._batch_by_key):
                by_noun[key[0]][key[1]] = before, after
        self.lookup.written = changed
        for name, written in by_noun.items():
            noun = self._nouns[name]
            found = noun.find_doubts(written, self.lookup) if noun.find_doubts else ()
            alike = noun.alike or noun.identities
            also = find_duplicates(self.lookup, noun, written) if alike else ()
            yield from (RecordProblem(name, id, problem) for id, problem in chain(found, also))

    def _make_revisions(
        self, some: Iterable[tuple[Key, BeforeAndAfter]], stored: Mapping[Key, StoredRevision]
    ) -> list[Revision]:
        """Make the revisions of some records, after those that were made before."""
        made: list[Revision] = []
        number = self.head.number + 1
        for seq, (key, (_, after)) in enumerate(some, self.head.last_seq + len(self.made) + 1):
            before = stored[key].number if key in stored else 0
            made.append(Revision.from_record(*key, before + 1, after, seq=seq, changeset=number))
        return made


class WrittenChangeset(PendingChangeset):
    """A changeset that is inserted into a write transaction while it is checked."""

    def __init__(
        self,
        write: Write,
        nouns: Mapping[str, Noun],
        author: str,
        message: str,
        reviewer: str | None,
    ) -> None:
        super().__init__(PendingLookup(write, nouns), read_head(write))
        self._write, self._author, self._message = write, author, message
        self._reviewer = reviewer
        self._versions = VersionWriter(write, self.lookup, self.head.number + 1, self._batch_by_key)

    def attach_text(self, text: str) -> None:
        super().attach_text(text)
        if store_text(self._write.connection, text):
            actor = self._reviewer or self._author
            record_act(self._write, "text_attached", text_hash(text), actor)

    def _store_revisions(self, made: Sequence[Revision], ordinals: Mapping[Key, int]) -> None:
        self._write.insert_rows(revision, [each.row for each in made])
        self._versions.replace_versions(made, ordinals)

    def _finish_changeset(self, affected: Sequence[Key]) -> ServedRecord | None:
        self._versions.refresh_versions(affected)
        self._versions.move_horizons()
        recorded_at = self._insert_changeset()
        if len(self.made) != 1:
            return None
        [only], last = self.made, self._versions.last
        suffix = render_suffix(only.changeset, recorded_at, self._author)
        whole = b""
        if not only.tombstone and last is not None:
            whole = complete_body(self._nouns[only.noun], last.row[-1], suffix)
        return ServedRecord(whole, revision_tag(only.hash))

    def _insert_changeset(self) -> int:
        """Insert the changeset; returns its time stamp."""
        now, number = self._write.close_barrier(), self.head.number + 1
        if (ahead := describe_clock(self.head, now)) is not None:
            _log.warning("%s", ahead)
        row: dict[str, Any] = {
            "number": number,
            "recorded_at": max(now, self.head.recorded_at + 1),
            "author": self._author,
            "message": self._message,
            "contents": contents_hash(each.hash for each in self.made),
            "previous": self.head.hash,
        }
        hash = changeset_hash({**row, "reviewer": self._reviewer})
        self._write.insert_rows(changeset, [(*row.values(), hash, self._reviewer)])
        self._write.extent = self._write.extent._replace(changeset=number)
        return row["recorded_at"]
