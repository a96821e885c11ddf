"""Finds records by their names: exactly, by beginnings, or by words of similar spelling."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

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

NamedBodies = Iterator[tuple[Noun, bytes]]
"""Nouns with stored bodies of their records."""

Choice = tuple[Range, Sequence[str]]
"""The range of a word's key, and other spellings of the word."""

NounsByKind = Mapping[int, Noun]


def key_kinds(nouns: Iterable[Noun]) -> NounsByKind:
    """Map the kinds of the facets that hold keys of names to their nouns."""
    return {facet_kind(noun.name, KEYS): noun for noun in nouns}


def find_beginnings(
    transaction: Transaction, nouns: NounsByKind, known_at: int, words: Sequence[str]
) -> NamedBodies:
    """Yield the records whose names begin so, or have words that begin so."""
    whole = "=" + "".join(words)
    wanted: list[Sequence[Choice]] = [[(exactly(whole), ())], [(range_from(whole), ())]]
    wanted.append([(range_from(each), ()) for each in words])
    return _read_bodies(transaction, nouns, known_at, wanted)


def find_misspelt(
    transaction: Transaction, nouns: NounsByKind, known_at: int, words: Sequence[str]
) -> NamedBodies:
    """Yield the records whose names have words that are spelt like these."""
    choices: list[Choice] = []
    for word in words:
        keys = read_keys(transaction, nouns, similar_words(word))
        choices.append((range_from(word), rank_spellings(word, keys, _SPELLINGS)))
    return _read_bodies(transaction, nouns, known_at, [choices])


def read_keys(transaction: Transaction, nouns: NounsByKind, ranges: Iterable[Range]) -> set[str]:
    """Return the keys in three ranges, of versions that are shown or were."""
    values = numbered_values([bound for each in ranges for bound in each])
    return {key for (key,) in transaction.fetch_rows(_select_keys(tuple(nouns)), values)}


def _read_bodies(
    transaction: Transaction, nouns: NounsByKind, known_at: int, wanted: Iterable[Sequence[Choice]]
) -> NamedBodies:
    places: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for choices in wanted:
        for kind, found in _find_places(transaction, tuple(nouns), choices):
            places[kind].update(dict.fromkeys(sorted(found)[:_MOST_BODIES]))
    for kind, found in places.items():
        for some in split_ids(found):
            values = {**numbered_values(some), "known_at": known_at}
            rows = transaction.fetch_rows(_select_bodies(nouns[kind], len(some)), values)
            yield from ((nouns[kind], body) for (body,) in rows)


def _find_places(
    transaction: Transaction, kinds: tuple[int, ...], choices: Sequence[Choice]
) -> Iterator[tuple[int, set[int]]]:
    """Yield the places of versions that have all words; the most frequent words are left out."""
    read: dict[int, list[set[int]]] = {kind: [] for kind in kinds}
    for (low, high), spellings in sorted(choices, key=lambda each: -len(each[0][0])):
        padded = [low, high, *spellings, *[low] * (_SPELLINGS - len(spellings))]
        rows = transaction.fetch_rows(_select_places(kinds), numbered_values(padded))
        for sets in read.values():
            sets.append(set())
        for kind, place in rows:
            read[kind][-1].add(place)
        if len(rows) <= _MOST_BODIES:
            break
    for kind, sets in read.items():
        first, *others = [each for each in sets if len(each) < _MOST_PLACES] or sets
        yield kind, first.intersection(*others)


@lru_cache(maxsize=64)
def _select_keys(kinds: tuple[int, ...]) -> PreparedStatement:
    bounds = numbered_parameters(6)
    named = facet.c.kind.in_([literal_column(str(kind)) for kind in kinds])
    ranges = (
        _limit(
            select(facet.c.value)
            .distinct()
            .where(named, facet.c.value >= low, facet.c.value < high),
            _MOST_KEYS,
        )
        for low, high in zip(bounds[::2], bounds[1::2], strict=True)
    )
    return PreparedStatement(union_all(*ranges))


@lru_cache(maxsize=64)
def _select_places(kinds: tuple[int, ...]) -> PreparedStatement:
    """Select the places of versions that have a word; for an OR, SQLite reads the whole index."""
    low, high, *others = numbered_parameters(2 + _SPELLINGS)
    fits = [facet.c.value.in_(others)], [facet.c.value >= low, facet.c.value < high]
    of_kinds = [
        (select(facet.c.kind, facet.c.place).where(facet.c.kind == literal_column(str(kind))))
        for kind in kinds
    ]
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
