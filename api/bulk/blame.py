"""Which records of a lot are to blame for its refusal, and why.

The ledger refuses a changeset as a whole. Who writes what can be written needs to know which
records to leave out: those that break rules, those whose change would break others, those that
were retracted, and those that cannot go because others name them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api.bulk.spool import Entry
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

Blame = Mapping[Key, Sequence[Problem]]


def blame(
    error: SineQuaNonError,
    entries: Sequence[Entry],
    transaction: Transaction,
    nouns: Mapping[str, Noun],
) -> Blame:
    """Map the entries to blame to what is wrong with them; empty where none of them is."""
    match error:
        case RulesBroken(problems=found):
            blamed = _own(found, entries)
        case WouldBreak(problems=found):
            blamed = _of_dependents(found, entries, PendingLookup(transaction, nouns), nouns)
        case StillReferred(referrers=referrers):
            lookup = PendingLookup(transaction, nouns)
            blamed = _of_referrers(referrers, entries, lookup, nouns)
        case Gone() | NotFound():
            blamed = _missing(entries, transaction)
        case _:
            blamed = iter(())
    gathered: defaultdict[Key, list[Problem]] = defaultdict(list)
    for key, problem in blamed:
        gathered[key].append(problem)
    return gathered


def _own(found: Iterable[RecordProblem], entries: Iterable[Entry]) -> Iterator[tuple[Key, Problem]]:
    keys = {each.key for each in entries}
    for each in found:
        if (each.noun, each.id) in keys:
            yield (each.noun, each.id), each.problem


def _of_dependents(
    found: Iterable[RecordProblem],
    entries: Iterable[Entry],
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
            ahead += _named(key, lookup, nouns)


def _of_referrers(
    referrers: Iterable[tuple[str, str, str]],
    entries: Iterable[Entry],
    lookup: PendingLookup,
    nouns: Mapping[str, Noun],
) -> Iterator[tuple[Key, Problem]]:
    going = {each.key for each in entries if each.record is None}
    for noun, id, path in referrers:
        for key in going.intersection(_named((noun, id), lookup, nouns)):
            yield key, Problem("", f"cannot go, because {noun}/{id} names it in {path}")


def _named(key: Key, lookup: PendingLookup, nouns: Mapping[str, Noun]) -> list[Key]:
    record = lookup.get(*key)
    if record is None:
        return []
    return [(ref.to, id) for ref in nouns[key[0]].references for _, id in ref.walk(record)]


def _missing(entries: Iterable[Entry], transaction: Transaction) -> Iterator[tuple[Key, Problem]]:
    by_noun: defaultdict[str, list[Entry]] = defaultdict(list)
    for each in entries:
        by_noun[each.noun].append(each)
    for noun, some in by_noun.items():
        stored = newest(transaction, noun, {each.id for each in some})
        for each in some:
            there = stored.get(each.id)
            if there is not None and there.tombstone:
                yield each.key, _gone(each)
            elif there is None and each.record is None:
                yield each.key, Problem("", "is not there to be retracted")


def _gone(entry: Entry) -> Problem:
    return Problem("/id", f"{entry.noun}/{entry.id} was retracted, and an import revives nothing")
