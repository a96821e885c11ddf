"""Finds the versions of records by their names, exactly, by beginnings, or by similar spelling."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, literal_column, select, union_all

from api.ledger.names import (
    KEYS,
    Range,
    range_from,
    rank_spellings,
    similar_words,
)
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
from api.ledger.versions.as_of import is_facet, is_facet_of, is_shown

_MOST_KEYS, _MOST_PLACES, _MOST_BODIES = 2_000, 3_000, 100
"""How many keys of a range, versions of a word, and records of a noun are read at most."""

_SPELLINGS = 8
"""How many words of similar spelling stand for a word that is not found."""

NamedBodies = Iterator[tuple[Noun, bytes]]
"""Nouns with stored bodies of their records, some of them several times."""

Choice = tuple[Range, Sequence[str]]
"""The range of a word's key and its other spellings."""


def find_named(
    transaction: Transaction, nouns: Sequence[Noun], known_at: int, words: Sequence[str]
) -> NamedBodies:
    """Yield the shown bodies of records whose names begin so, or have words that begin so."""
    choices: list[Choice] = [(range_from(each), ()) for each in words]
    for noun in nouns:
        low, high = range_from("=" + "".join(words))
        whole = {"low": low, "high": high, "known_at": known_at}
        yield from ((noun, body) for (body,) in transaction.fetch_alone(_select_whole(noun), whole))
        yield from _find_by_words(transaction, noun, known_at, choices)


def find_misspelt(
    transaction: Transaction, nouns: Sequence[Noun], known_at: int, words: Sequence[str]
) -> NamedBodies:
    """Yield the shown bodies of records whose names have words that are spelt like these."""
    kinds = tuple(facet_kind(noun.name, KEYS) for noun in nouns)
    choices: list[Choice] = []
    for word in words:
        keys = read_keys(transaction, kinds, similar_words(word))
        choices.append((range_from(word), rank_spellings(word, keys, _SPELLINGS)))
    for noun in nouns:
        yield from _find_by_words(transaction, noun, known_at, choices)


def read_keys(
    transaction: Transaction, kinds: tuple[int, ...], ranges: Iterable[Range]
) -> Iterator[str]:
    """Yield the keys in some ranges, of versions that are shown or were."""
    for each in ranges:
        values = {"low": each[0], "high": each[1]}
        yield from (key for (key,) in transaction.fetch_alone(_select_keys(kinds), values))


def _find_by_words(
    transaction: Transaction, noun: Noun, known_at: int, choices: Sequence[Choice]
) -> NamedBodies:
    places = _intersect_places(transaction, noun, choices)
    for some in split_ids(sorted(places)[:_MOST_BODIES]):
        values = {**numbered_values(some), "known_at": known_at}
        rows = transaction.fetch_alone(_select_bodies(noun, len(some)), values)
        yield from ((noun, body) for (body,) in rows)


def _intersect_places(
    transaction: Transaction, noun: Noun, choices: Sequence[Choice]
) -> set[int]:
    """Return the places of versions that have all words; the most frequent words are left out."""
    read: list[set[int]] = []
    for limits, spellings in sorted(choices, key=lambda each: -len(each[0][0])):
        padded = [*spellings, *[limits[0]] * (_SPELLINGS - len(spellings))]
        values = {**numbered_values(padded), "low": limits[0], "high": limits[1]}
        read.append({place for (place,) in transaction.fetch_alone(_select_places(noun), values)})
        if len(read[-1]) <= _MOST_BODIES:
            break
    rare = [each for each in read if len(each) < _MOST_PLACES]
    first, *others = rare or read
    return first.intersection(*others)


def _is_in_range() -> Any:
    low, high = named_parameter("low"), named_parameter("high")
    return and_(facet.c.value >= low, facet.c.value < high)


@lru_cache(maxsize=64)
def _select_keys(kinds: tuple[int, ...]) -> PreparedStatement:
    is_key = facet.c.kind.in_([literal_column(str(kind)) for kind in kinds])
    query = select(facet.c.value).distinct().where(is_key, _is_in_range())
    return PreparedStatement(query.limit(literal_column(str(_MOST_KEYS))))


@lru_cache(maxsize=32)
def _select_whole(noun: Noun) -> PreparedStatement:
    version = noun.table
    query = (
        select(version.c.body)
        .join_from(facet, version, is_facet_of(version, noun.name, KEYS))
        .where(_is_in_range(), is_shown(version, named_parameter("known_at")))
        .order_by(facet.c.value)
    )
    return PreparedStatement(query.limit(literal_column(str(_MOST_BODIES))))


@lru_cache(maxsize=256)
def _select_bodies(noun: Noun, count: int) -> PreparedStatement:
    version = noun.table
    named = version.c.place.in_(numbered_parameters(count))
    shown = is_shown(version, named_parameter("known_at"))
    return PreparedStatement(select(version.c.body).where(named, shown))


@lru_cache(maxsize=32)
def _select_places(noun: Noun) -> PreparedStatement:
    """Select the places of versions that have a word; SQLite uses this index for no OR."""
    of_noun = select(facet.c.place).where(is_facet(noun.name, KEYS))
    others = of_noun.where(facet.c.value.in_(numbered_parameters(_SPELLINGS)))
    wanted = union_all(others, of_noun.where(_is_in_range()))
    return PreparedStatement(wanted.limit(literal_column(str(_MOST_PLACES))))
