"""What a holder has on record already, of which the author of a new record is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain, islice

from api.errors import Problem
from api.evidence.rules import (
    VOICE_RANKS,
    day_of,
    derive_from_evidence,
    derive_shared_fields,
    list_holders,
)
from api.ledger.noun import PendingRecords, Record, WrittenRecords

_MOST, _IN_ALL, _NAMED = 50, 200, 3
"""With how many records of one holder on one thing a record is compared on average, with how many
in all, and how many are named."""

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
    new = [record for _, record in written.values()]
    pool = _Pool(list_subjects)
    pool.add_records(new)
    subjects = dict.fromkeys(chain.from_iterable(map(list_subjects, new)))
    stored = lookup.find_unchanged(noun, subjects)
    pool.add_records([each for each in stored if any(pool.find_sharing(each))])
    known: dict[str, Record] = {}

    def read_facts(record: Record) -> Record:
        if record["id"] not in known:
            known[record["id"]] = _derive_facts(record, lookup)
        return known[record["id"]]

    for id, (_, record) in written.items():
        there = (each for each in pool.find_sharing(record) if each["id"] != id)
        most = _MOST * len([*list_subjects(record)]) * len(list_holders(record))
        found = {each["id"]: each for each in islice(there, min(most, _IN_ALL))}
        replaced = {each.get("replaces") for each in (record, *found.values())}
        if found and id not in replaced:
            own = read_facts(record)
            others = [read_facts(found[other]) for other in sorted(found) if other not in replaced]
            yield own, [each for each in others if _count_together(own, each)]


class _Pool:
    """Records in order, by what they are about and who holds them.

    Bit n of a whole number stands for record n. So the cost is a sum of subjects and holders, where
    pairs of them would be a product.
    """

    def __init__(self, list_subjects: Callable[[Record], Iterable[Subject]]) -> None:
        self._list_subjects = list_subjects
        self._records: list[Record] = []
        self._about: defaultdict[Subject, int] = defaultdict(int)
        self._held: defaultdict[str, int] = defaultdict(int)

    def add_records(self, records: Iterable[Record]) -> None:
        """Add those records that are about something."""
        for record in records:
            if subjects := [*self._list_subjects(record)]:
                bit = 1 << len(self._records)
                self._records.append(record)
                for subject in subjects:
                    self._about[subject] |= bit
                for holder in list_holders(record):
                    self._held[holder] |= bit

    def find_sharing(self, record: Record) -> Iterator[Record]:
        """Yield the records with a subject and a holder in common with one, also itself."""
        about = (self._about.get(each, 0) for each in self._list_subjects(record))
        held = (self._held.get(each, 0) for each in list_holders(record))
        bits, place = reduce(int.__or__, about, 0) & reduce(int.__or__, held, 0), 0
        while bits:
            step = (bits & -bits).bit_length()
            bits, place = bits >> step, place + step
            yield self._records[place - 1]


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
