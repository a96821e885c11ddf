"""Finds and checks the live records that refer to another one, or derive facts from it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from api.concurrency import current
from api.errors import Conflict, RecordProblem, StillReferred, WouldBreak
from api.ledger.noun import Record
from api.ledger.rules import MORE_COPIED
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import FEW, Key, PendingLookup
from api.ledger.versions.rendering import check_record

_AT_ONCE = 512

MOST_DEPENDENTS = 10_000
"""How many records a request may derive anew; a command may do as many as there are."""

BeforeAndAfter = tuple[Record | None, Record | None]
"""The states of a record before and after a changeset."""

ChangedRecords = Mapping[Key, BeforeAndAfter]
"""The changed records of a changeset."""


def find_referrers(lookup: PendingLookup, targets: Iterable[Key]) -> Iterator[tuple[str, str, str]]:
    """Yield (noun, id, path) of each live record that refers to a target, target by target."""
    named: dict[tuple[str, str, str], set[str]] = {}  # for which a record is parsed once
    references = [(noun, ref) for noun in lookup.nouns.values() for ref in noun.references]
    for to, id in targets:
        for noun, ref in references:
            for referrer, body in lookup.find_referring(noun, ref, id) if ref.to == to else ():
                place = noun.name, referrer, ref.path
                if place not in named:
                    named[place] = {each for _, each in ref.walk_ids(parse_bytes(body))}
                if id in named[place]:
                    yield place


def find_dependents(lookup: PendingLookup, changed: ChangedRecords) -> list[Key]:
    """Find the other live records whose derived facts may depend on a changed record.

    A change reaches the records that refer to the changed one and read a changed field. From these
    it goes on as a change of the field that holds the reference. Raises Conflict where a request
    would reach more than `MOST_DEPENDENTS`.
    """
    reached: dict[Key, set[str]] = defaultdict(set)
    pending: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
    for (to, id), (before, after) in changed.items():
        if before is not None and after is not None:
            fields = frozenset(n for n in {*before, *after} if before.get(n) != after.get(n))
            pending[to, fields].append(id)
    while pending:
        (to, fields), ids = pending.popitem()
        for key, field in _find_readers(lookup, to, fields, ids):
            if field not in reached[key]:
                reached[key].add(field)
                pending[key[0], frozenset({field})].append(key[1])
        if current.client and len(reached) > MOST_DEPENDENTS:
            raise Conflict(
                f"more than {MOST_DEPENDENTS:,} records depend on what this would change; "
                "`sinequanon import` on the server can change it"
            )
    return [key for key in reached if key not in changed]


def _find_readers(
    lookup: PendingLookup, to: str, fields: frozenset[str], ids: Sequence[str]
) -> Iterator[tuple[Key, str]]:
    """Yield the live records that read some fields of the targets, with the referring field."""
    for noun in lookup.nouns.values():
        for ref in noun.references:
            if ref.to == to and fields.intersection(ref.reads):
                for start in range(0, len(ids), _AT_ONCE):
                    some = ids[start : start + _AT_ONCE]
                    for referrer in lookup.list_referring(noun, ref, some):
                        yield (noun.name, referrer), ref.field


def check_dependents(lookup: PendingLookup, affected: Collection[Key]) -> None:
    """Raise WouldBreak if a dependent record would break a rule after the changeset."""
    lookup.copied -= MORE_COPIED
    lookup.prefetch(affected)
    live = [(*key, record) for key in affected if (record := lookup.get(*key)) is not None]
    lookup.prefetch_referenced((noun, record) for noun, _, record in live)
    broken = [
        RecordProblem(noun, id, problem)
        for noun, id, record in live
        for problem in check_record(lookup.nouns[noun], record, lookup)
        if not problem.warning
    ]
    if broken:
        raise WouldBreak(broken)


def refuse_dangling(
    lookup: PendingLookup, retracted: Iterable[Key], changed: ChangedRecords
) -> None:
    """Raise StillReferred if live records refer to one that is retracted."""
    found = (each for each in find_referrers(lookup, retracted) if each[:2] not in changed)
    most = FEW if current.client else None  # an import finds all at once
    if referrers := [*islice(found, most)]:
        many = f"{FEW:,} or more " if len(referrers) == most else ""
        detail = f"{many}live records refer to it; retract or amend them first"
        raise StillReferred(detail, referrers)
