"""What a holder has on record already, of which the author of a new record is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, product

from api.errors import Problem
from api.evidence.rules import (
    VOICE_RANKS,
    day_of,
    derive_from_evidence,
    derive_shared_fields,
    list_holders,
)
from api.ledger.noun import PendingRecords, Record, WrittenRecords

_MOST, _NAMED = 50, 3
"""With how many records of one holder on one thing a record is compared, and how many are named."""

Subject = tuple[str, str]
"""What a record is about: the path of a field, and the id there."""


def find_rivals(
    noun: str,
    list_subjects: Callable[[Record], Iterable[Subject]],
    written: WrittenRecords,
    lookup: PendingRecords,
) -> Iterator[tuple[Record, list[Record]]]:
    """Yield the written records beside which others count, and these, all with derived facts.

    They are about the same, have a holder in common, the same rank, voices of equal rank, and
    periods that overlap; neither replaces the other.
    """

    def list_keys(record: Record) -> list[tuple[Subject, str]]:
        return [*product(list_subjects(record), list_holders(record))]

    by_key: defaultdict[tuple[Subject, str], list[Record]] = defaultdict(list)
    for _, record in written.values():
        for key in list_keys(record):
            by_key[key].append(record)
    known: dict[str, Record] = {}

    def read_facts(record: Record) -> Record:
        if record["id"] not in known:
            known[record["id"]] = _derive_facts(record, lookup)
        return known[record["id"]]

    for id, (_, record) in written.items():
        found: dict[str, Record] = {}
        for subject, holder in list_keys(record):
            stored = lookup.find_unchanged(noun, *subject, holder)
            there = (each for each in stored if (subject, holder) in list_keys(each))
            some = islice(chain(by_key[subject, holder], there), _MOST)
            found.update((each["id"], each) for each in some if each["id"] != id)
        replaced = {each.get("replaces") for each in (record, *found.values())}
        if found and id not in replaced:
            own = read_facts(record)
            others = [read_facts(found[other]) for other in sorted(found) if other not in replaced]
            yield own, [each for each in others if _count_together(own, each)]


def find_repeats(own: Record, same: Iterable[Record]) -> Iterator[tuple[str, Problem]]:
    """Warn of a record that repeats others of its day or of one of its sources."""
    day = day_of(own)
    if repeated := [each for each in same if day_of(each) == day or share_source(own, each)]:
        detail = f"repeats {list_some(repeated)}, by the same holder on the same day or from the "
        detail += "same source; add the evidence to that record instead"
        yield own["id"], Problem("", detail, warning=True)


def share_source(one: Record, other: Record) -> bool:
    """Whether two records with their facts rest on a common source."""
    return not set(one["documents"]).isdisjoint(other["documents"])


def list_some(records: Sequence[Record]) -> str:
    """Name some records, and count the others."""
    more = f" and {len(records) - _NAMED} more" if len(records) > _NAMED else ""
    return ", ".join(each["id"] for each in records[:_NAMED]) + more


def _derive_facts(record: Record, lookup: PendingRecords) -> Record:
    defaults = {"antecedents_kind": "stated", "modality": "unknown"}
    derived = derive_from_evidence(record, lookup)
    whole = {**defaults, **derived, **record}
    return {**derive_shared_fields(whole, derived, (), lookup), **whole}


def _count_together(one: Record, other: Record) -> bool:
    return (
        one["rank"] == other["rank"] != "deprecated"
        and VOICE_RANKS[one["voice"]] == VOICE_RANKS[other["voice"]]
        and one["valid_start"] < other["valid_end"]
        and other["valid_start"] < one["valid_end"]
    )
