"""Which records of a lot are to blame for its refusal, and why.

The ledger refuses a changeset as a whole. Who writes what can be written needs to know which
records to leave out: those that break rules, those whose change would break others, those that
were retracted, and those that cannot go because others name them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api.bulk.spool import SpoolEntry
from api.errors import (
    Gone,
    NotFound,
    Problem,
    RecordProblem,
    RulesBroken,
    SineQuaNonError,
    StillReferred,
    WouldBreak,
)
from api.ledger.lookup import Key, PendingLookup
from api.ledger.noun import Noun
from api.ledger.revisions import newest
from api.ledger.transactions import Transaction

Rejections = Mapping[Key, Sequence[Problem]]


def find_rejections(
    error: SineQuaNonError,
    entries: Sequence[SpoolEntry],
    transaction: Transaction,
    nouns: Mapping[str, Noun],
) -> Rejections:
    """Map the entries to blame to what is wrong with them; empty where none of them is."""
    match error:
        case RulesBroken(problems=found):
            blamed = _find_rule_breakers(found, entries)
        case WouldBreak(problems=found):
            blamed = _find_breaking_changes(
                found, entries, PendingLookup(transaction, nouns), nouns
            )
        case StillReferred(referrers=referrers):
            lookup = PendingLookup(transaction, nouns)
            blamed = _find_blocked_retractions(referrers, entries, lookup, nouns)
        case Gone() | NotFound():
            blamed = _find_missing_records(entries, transaction)
        case _:
            blamed = iter(())
    gathered: defaultdict[Key, list[Problem]] = defaultdict(list)
    for key, problem in blamed:
        gathered[key].append(problem)
    return gathered


def _find_rule_breakers(
    found: Iterable[RecordProblem], entries: Iterable[SpoolEntry]
) -> Iterator[tuple[Key, Problem]]:
    keys = {each.key for each in entries}
    for each in found:
        if (each.noun, each.id) in keys:
            yield (each.noun, each.id), each.problem


def _find_breaking_changes(
    found: Iterable[RecordProblem],
    entries: Iterable[SpoolEntry],
    lookup: PendingLookup,
    nouns: Mapping[str, Noun],
) -> Iterator[tuple[Key, Problem]]:
    """A record that would break leads, along what it names, to what changed."""
    keys = {each.key for each in entries}
    for each in found:
        seen: set[Key] = set()
        ahead = [(each.noun, each.id)]
        while ahead:
            key = ahead.pop()
            if key in seen:
                continue
            seen.add(key)
            if key in keys:
                yield key, Problem("", f"would break {each}")
            ahead += _list_references(key, lookup, nouns)


def _find_blocked_retractions(
    referrers: Iterable[tuple[str, str, str]],
    entries: Iterable[SpoolEntry],
    lookup: PendingLookup,
    nouns: Mapping[str, Noun],
) -> Iterator[tuple[Key, Problem]]:
    going = {each.key for each in entries if each.record is None}
    for noun, id, path in referrers:
        for key in going.intersection(_list_references((noun, id), lookup, nouns)):
            yield key, Problem("", f"cannot go, because {noun}/{id} names it in {path}")


def _list_references(key: Key, lookup: PendingLookup, nouns: Mapping[str, Noun]) -> list[Key]:
    record = lookup.get(*key)
    if record is None:
        return []
    return [(ref.to, id) for ref in nouns[key[0]].references for _, id in ref.walk(record)]


def _find_missing_records(
    entries: Iterable[SpoolEntry], transaction: Transaction
) -> Iterator[tuple[Key, Problem]]:
    by_noun: defaultdict[str, list[SpoolEntry]] = defaultdict(list)
    for each in entries:
        by_noun[each.noun].append(each)
    for noun, some in by_noun.items():
        stored = newest(transaction, noun, {each.id for each in some})
        for each in some:
            there = stored.get(each.id)
            if there is not None and there.tombstone:
                yield each.key, _describe_retracted(each)
            elif there is None and each.record is None:
                yield each.key, Problem("", "is not there to be retracted")


def _describe_retracted(entry: SpoolEntry) -> Problem:
    return Problem("/id", f"{entry.noun}/{entry.id} was retracted, and an import revives nothing")
