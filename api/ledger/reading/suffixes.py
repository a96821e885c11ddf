"""Cache of changeset suffixes: the rendered bytes that a changeset adds to each of its records.

The hash chain makes that safe. The hash of a changeset covers every changeset up to it, so the
suffixes that are cached under a hash are valid wherever that hash is the head, and nowhere else. A
registry that was restored to an earlier state, and went on differently, has other hashes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sqlalchemy import select

from api.ledger.reading.moment import Moment
from api.ledger.store.prepared import (
    PreparedStatement,
    numbered_parameters,
    numbered_values,
    split_ids,
)
from api.ledger.store.tables import changeset
from api.ledger.store.transactions import Transaction
from api.ledger.versions.rendering import render_suffix

_MOMENTS, _CHANGESETS = 8, 20_000
"""The most moments in the cache, and the most changesets of each."""


class ChangesetSuffixes:
    """The suffixes of changesets by number, for the last few moments."""

    def __init__(self) -> None:
        self._moments: OrderedDict[bytes, dict[int, bytes]] = OrderedDict()

    def read_all(
        self, transaction: Transaction, moment: Moment, numbers: Sequence[int]
    ) -> list[bytes]:
        """Return the suffix of each changeset; those that are not cached are read."""
        known = self._moments.get(moment.hash)
        if known is None:
            known = self._moments[moment.hash] = {}
            while len(self._moments) > _MOMENTS:
                self._moments.popitem(last=False)
        try:
            return [known[number] for number in numbers]
        except KeyError:
            if len(known) > _CHANGESETS:
                known = self._moments[moment.hash] = {}
            missing = {number for number in numbers if number not in known}
            known.update(_read_suffixes(transaction, missing))
            return [known[number] for number in numbers]


def _read_suffixes(transaction: Transaction, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    for some in split_ids(numbers):
        query = _select_changesets(len(some))
        for number, recorded_at, author in transaction.fetch_alone(query, numbered_values(some)):
            yield number, render_suffix(number, recorded_at, author)


@lru_cache(maxsize=64)
def _select_changesets(count: int) -> PreparedStatement:
    return PreparedStatement(
        select(changeset.c.number, changeset.c.recorded_at, changeset.c.author).where(
            changeset.c.number.in_(numbered_parameters(count))
        )
    )
