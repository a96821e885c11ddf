"""Finds records by their names: exactly, by beginnings, or by words of similar spelling."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import literal_column, select, union_all

from api.ledger.names import KEYS, Range, exactly, range_from, rank_spellings, similar_words
from api.ledger.noun import Noun
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import facet, facet_kind
from api.ledger.store.transactions import PreparedStatement, Transaction, named_parameter
from api.ledger.versions.as_of import is_shown
from api.ledger.versions.lookup import limit_rows, name_limits, select_ranges

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
    places: defaultdict[int, set[int]] = defaultdict(set)
    for choices in wanted:
        for kind, found in _find_places(transaction, kinds, choices):
            places[kind].update(sorted(found)[:_MOST_BODIES])
    for kind, found in places.items():
        values = {"places": sorted(found), "known_at": known_at}
        rows = transaction.fetch_rows(_select_bodies(by_kind[kind]), values) if found else ()
        yield from ((by_kind[kind], body) for (body,) in rows)


def _find_spellings(transaction: Transaction, kinds: tuple[int, ...], word: str) -> Sequence[str]:
    """Return the words that are spelt most like one, of versions that are shown or were."""
    ranges = similar_words(word)
    rows = transaction.fetch_rows(_select_keys(kinds, len(ranges)), name_limits(ranges))
    return rank_spellings(word, (key for (key,) in rows), _SPELLINGS)


def _find_places(
    transaction: Transaction, kinds: tuple[int, ...], choices: Sequence[Choice]
) -> Iterator[tuple[int, set[int]]]:
    """Yield the places of versions that have all words; the most frequent words are left out."""
    read: list[Sequence[tuple[int, int]]] = []
    for (low, high), spellings in sorted(choices, key=lambda each: -len(each[0][0])):
        values = {"low": low, "high": high, "spellings": [*spellings]}
        rows = transaction.fetch_rows(_select_places(kinds), values)
        read.append(cast("Any", rows))
        if len(rows) <= _MOST_BODIES:
            break
    for kind in kinds:
        sets = [{place for of, place in rows if of == kind} for rows in read]
        first, *others = [each for each in sets if len(each) < _MOST_PLACES] or sets
        yield kind, first.intersection(*others)


@lru_cache(maxsize=64)
def _select_keys(kinds: tuple[int, ...], count: int) -> PreparedStatement:
    """Select the keys in several ranges."""
    of_kinds = facet.c.kind.in_([literal_column(str(each)) for each in kinds])
    return select_ranges(select(facet.c.value).where(of_kinds).distinct(), count, _MOST_KEYS)


@lru_cache(maxsize=64)
def _select_places(kinds: tuple[int, ...]) -> PreparedStatement:
    """Select the places of versions that have a word; for an OR, SQLite reads the whole index."""
    low, high = named_parameter("low"), named_parameter("high")
    fits = [in_list(facet.c.value, "spellings")], [facet.c.value >= low, facet.c.value < high]
    places = select(facet.c.kind, facet.c.place)
    of_kinds = [places.where(facet.c.kind == literal_column(str(kind))) for kind in kinds]
    parts = (limit_rows(each.where(*fit), _MOST_PLACES) for each in of_kinds for fit in fits)
    return PreparedStatement(union_all(*parts))


@lru_cache(maxsize=32)
def _select_bodies(noun: Noun) -> PreparedStatement:
    version = noun.table
    shown = is_shown(version, named_parameter("known_at"))
    query = select(version.c.body).where(in_list(version.c.place, "places"), shown)
    return PreparedStatement(query)
