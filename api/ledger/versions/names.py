"""Finds records by their names: exactly, by beginnings, or by words of similar spelling."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import literal_column, select, union_all

from api.ledger.names import KEYS, Range, exactly, range_from, rank_spellings, similar_words
from api.ledger.noun import Noun
from api.ledger.store.tables import facet, facet_kind
from api.ledger.store.transactions import (
    PreparedStatement,
    Transaction,
    named_parameter,
    numbered_parameters,
    numbered_values,
    split_ids,
)
from api.ledger.versions.as_of import is_shown

_MOST_KEYS, _MOST_PLACES, _MOST_BODIES = 2_000, 3_000, 100
"""How many keys of a range, versions of a word, and records of a noun are read at most."""

_SPELLINGS = 8
"""How many words of similar spelling stand for a word."""

Choice = tuple[Range, Sequence[str]]
"""The range of a word's key, and other spellings of the word."""


def find_named(
    transaction: Transaction,
    nouns: Iterable[Noun],
    known_at: int,
    words: Sequence[str],
    *,
    misspelt: bool,
) -> Iterator[tuple[Noun, bytes]]:
    """Yield records, with noun and stored body, whose names begin so or have words that begin so.

    With `misspelt`, words that are spelt like these will do.
    """
    by_kind = {facet_kind(noun.name, KEYS): noun for noun in nouns}
    kinds, whole = tuple(by_kind), "=" + "".join(words)
    others = [_find_spellings(transaction, kinds, each) if misspelt else () for each in words]
    wanted: list[Sequence[Choice]] = [[*zip(map(range_from, words), others, strict=True)]]
    if not misspelt:
        wanted += [(exactly(whole), ())], [(range_from(whole), ())]
    places: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for choices in wanted:
        for kind, found in _find_places(transaction, kinds, choices):
            places[kind].update(dict.fromkeys(sorted(found)[:_MOST_BODIES]))
    for kind, found in places.items():
        for some in split_ids(found):
            values = {**numbered_values(some), "known_at": known_at}
            rows = transaction.fetch_rows(_select_bodies(by_kind[kind], len(some)), values)
            yield from ((by_kind[kind], body) for (body,) in rows)


def _find_spellings(transaction: Transaction, kinds: tuple[int, ...], word: str) -> Sequence[str]:
    """Return the words that are spelt most like one, of versions that are shown or were."""
    bounds = numbered_values([bound for each in similar_words(word) for bound in each])
    keys = (key for (key,) in transaction.fetch_rows(_select_keys(kinds), bounds))
    return rank_spellings(word, keys, _SPELLINGS)


def _find_places(
    transaction: Transaction, kinds: tuple[int, ...], choices: Sequence[Choice]
) -> Iterator[tuple[int, set[int]]]:
    """Yield the places of versions that have all words; the most frequent words are left out."""
    read: list[Sequence[tuple[int, int]]] = []
    for (low, high), spellings in sorted(choices, key=lambda each: -len(each[0][0])):
        padded = [low, high, *spellings, *[low] * (_SPELLINGS - len(spellings))]
        rows = transaction.fetch_rows(_select_places(kinds), numbered_values(padded))
        read.append(cast("Any", rows))
        if len(rows) <= _MOST_BODIES:
            break
    for kind in kinds:
        sets = [{place for of, place in rows if of == kind} for rows in read]
        first, *others = [each for each in sets if len(each) < _MOST_PLACES] or sets
        yield kind, first.intersection(*others)


@lru_cache(maxsize=64)
def _select_keys(kinds: tuple[int, ...]) -> PreparedStatement:
    """Select the keys in three ranges."""
    bounds, key = numbered_parameters(6), facet.c.value
    keys = select(key).where(facet.c.kind.in_([literal_column(str(each)) for each in kinds]))
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    ranges = (keys.distinct().where(key >= low, key < high) for low, high in pairs)
    return PreparedStatement(union_all(*(_limit(each, _MOST_KEYS) for each in ranges)))


@lru_cache(maxsize=64)
def _select_places(kinds: tuple[int, ...]) -> PreparedStatement:
    """Select the places of versions that have a word; for an OR, SQLite reads the whole index."""
    low, high, *others = numbered_parameters(2 + _SPELLINGS)
    fits = [facet.c.value.in_(others)], [facet.c.value >= low, facet.c.value < high]
    places = select(facet.c.kind, facet.c.place)
    of_kinds = [places.where(facet.c.kind == literal_column(str(kind))) for kind in kinds]
    parts = (_limit(each.where(*fit), _MOST_PLACES) for each in of_kinds for fit in fits)
    return PreparedStatement(union_all(*parts))


def _limit(query: Any, most: int) -> Any:
    return select(query.limit(literal_column(str(most))).subquery())


@lru_cache(maxsize=256)
def _select_bodies(noun: Noun, count: int) -> PreparedStatement:
    version = noun.table
    named = version.c.place.in_(numbered_parameters(count))
    shown = is_shown(version, named_parameter("known_at"))
    return PreparedStatement(select(version.c.body).where(named, shown))
