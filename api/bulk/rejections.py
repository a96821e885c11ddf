"""Which entries of a refused lot must be left out, and why.

The ledger refuses a changeset as a whole. So that everything else can be written, this module finds
the entries that caused the refusal: those that break rules, those whose change would break other
records, those that were retracted before, and retractions of records that others still name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api import errors
from api.bulk.spool import SpoolEntry
from api.errors import Problem, RecordProblem, SineQuaNonError
from api.ledger.versions.lookup import Key, PendingLookup
from api.nouns import NOUNS_BY_NAME

Rejections = Mapping[Key, Sequence[Problem]]
"""What is wrong with each rejected record."""


def find_rejections(
    error: SineQuaNonError, entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Rejections:
    """Map the entries that caused an error to their problems; empty if none of them did."""
    match error:
        case errors.RulesBroken(problems=problems):
            rejected = _find_rule_breakers(problems, entries)
        case errors.WouldBreak(problems=problems):
            rejected = _find_breaking_changes(problems, entries, lookup)
        case errors.StillReferred(referrers=referrers):
            rejected = _find_blocked_retractions(referrers, entries, lookup)
        case errors.Gone() | errors.NotFound():
            rejected = _find_missing_records(entries, lookup)
        case _:
            rejected = iter(())
    gathered: defaultdict[Key, list[Problem]] = defaultdict(list)
    for key, problem in rejected:
        gathered[key].append(problem)
    return gathered


def _find_rule_breakers(
    problems: Iterable[RecordProblem], entries: Iterable[SpoolEntry]
) -> Iterator[tuple[Key, Problem]]:
    keys = {each.key for each in entries}
    for each in problems:
        if (each.noun, each.id) in keys:
            yield (each.noun, each.id), each.problem


def _find_breaking_changes(
    problems: Iterable[RecordProblem], entries: Iterable[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    """Follow the references of each record that would break to the entries that change it."""
    keys = {each.key for each in entries}
    for each in sorted(problems, key=lambda each: (each.noun, each.id)):  # also in a rehearsal
        seen, ahead = set[Key](), [(each.noun, each.id)]
        while ahead:
            key = ahead.pop()
            if key not in seen:
                seen.add(key)
                if key in keys:
                    yield key, Problem("", f"would break {each}")
                ahead += _list_references(key, lookup)


def _find_blocked_retractions(
    referrers: Iterable[tuple[str, str, str]], entries: Iterable[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    retracted = {each.key for each in entries if each.record is None}
    for noun, id, path in sorted(referrers):
        for key in retracted.intersection(_list_references((noun, id), lookup)):
            yield key, Problem("", f"cannot be retracted, because {noun}/{id} names it in {path}")


def _list_references(key: Key, lookup: PendingLookup) -> list[Key]:
    record = lookup.get(*key)
    if record is None:
        return []
    return [
        (ref.to, id) for ref in NOUNS_BY_NAME[key[0]].references for _, id in ref.walk_ids(record)
    ]


def _find_missing_records(
    entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    stored = lookup.read_newest(each.key for each in entries)
    for each in entries:
        revision = stored.get(each.key)
        if revision is not None and revision.tombstone:
            detail = f"{each.noun}/{each.id} was retracted, and an import does not revive records"
            yield each.key, Problem("/id", detail)
        elif revision is None and each.record is None:
            yield each.key, Problem("", "cannot be retracted, because there is no such record")
