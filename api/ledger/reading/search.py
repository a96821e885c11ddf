"""Full-text queries: find and count the records whose words match, as known at a changeset.

`search_index` describes the documents and the index of each engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    column,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from api.ledger import words
from api.ledger.noun import Noun, Reference
from api.ledger.reading.history import HistoryReader
from api.ledger.store.list_parameters import in_list, like_list
from api.ledger.store.tables import facet
from api.ledger.store.transactions import split_ids, split_keys
from api.ledger.versions.as_of import is_facet_of, is_shown
from api.ledger.versions.lookup import Key, join_reference
from api.ledger.versions.rendering import parse_stored
from api.ledger.versions.search_index import VECTOR, document

NAMES = "names"
"""The facet of nouns whose words are names: a search by one name finds the others, too."""

_PART = 100
"""The words and records of how many hits one query reads: they may be large."""

_FEW_PHRASES = 8
"""Up to so many phrases have a condition each, which is fastest; more of them are a list."""

_VECTOR: ColumnElement[Any] = literal_column(VECTOR)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A record that was found, and the place of its document."""

    noun: str
    ordinal: int
    place: int


@dataclass(frozen=True, slots=True)
class HitCount:
    """The number of found records of a noun that belong to a conflict, or to none."""

    noun: str
    conflict: str | None
    count: int


@dataclass(slots=True, eq=False)
class SearchReader(HistoryReader):
    """Finds and counts the records whose words match, as known at one moment."""

    def find_hits(
        self, wanted: words.WordQuery, *, limit: int, before: int | None = None
    ) -> list[SearchHit]:
        """Find up to `limit` records by their words, newest first, with an older ordinal."""
        columns = document.c.noun, document.c.ordinal, document.c.place
        query = self._select_newest_hits(wanted, *columns)
        if before is not None:
            query = query.where(self._index.place < words.document_place(before))
        return [SearchHit(*row) for row in self._connection.execute(query.limit(limit))]

    def read_words(self, hits: Sequence[SearchHit]) -> Iterator[str]:
        """Yield the words of hits, in the order of the hits; few are in memory at once."""
        for some in split_hits(hits):
            query = select(document.c.place, document.c.words)
            query = query.where(document.c.place.in_([hit.place for hit in some]))
            words = {row.place: row.words for row in self._connection.execute(query)}
            yield from (words.pop(hit.place) for hit in some)

    def count_hits(self, wanted: words.WordQuery, *, most: int) -> list[HitCount]:
        """Count the newest records found by words, at most `most`, by noun and conflict."""
        newest = self._select_newest_hits(wanted, document.c.marks).limit(most)
        marks = newest.subquery().c.marks
        counted = self._connection.execute(select(marks, func.count()).group_by(marks))
        found = [(*words.decode_marks(marks), count) for marks, count in counted]
        return [HitCount(*each) for each in sorted(found, key=lambda e: (e[0], e[1] or ""))]

    @property
    def _index(self) -> _Index:
        return _INDEXES[self._connection.dialect.name]

    def _select_newest_hits(
        self, wanted: words.WordQuery, *columns: Any
    ) -> Select[*tuple[Any, ...]]:
        index = self._index
        return (
            select(*columns)
            .select_from(index.source)
            .where(
                index.matching([*wanted.all_of, *_mark_choices(wanted)]),
                _is_document_shown(self._nouns, self.moment.known_at),
                *_word_conditions(wanted),
            )
            .order_by(index.place.desc())
        )

    def find_by_names(self, noun: Noun, names: Collection[str]) -> list[dict[str, Any]]:
        """Return the records of a noun that have one of the names, folded as `join_words` does."""
        version = noun.table
        query = (
            select(version.c.ordinal, version.c.body)
            .join(facet, is_facet_of(version, noun.name, NAMES))
            .where(in_list(facet.c.value, "names"), is_shown(version, self.moment.known_at))
        )
        rows = self._connection.execute(query, {"names": [*names]})
        bodies = {row.ordinal: row.body for row in rows}
        return [parse_stored(noun, bodies[each]) for each in sorted(bodies)]

    def other_names(self, names: Collection[str]) -> dict[str, list[str]]:
        """Map each name to all names of the records that have it."""
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for noun in (each for each in self._nouns.values() if NAMES in each.facets):
            for record in self.find_by_names(noun, names):
                spelled = (words.join_words([each]) for each in noun.list_names(record))
                own = dict.fromkeys(filter(None, spelled))
                for name in own.keys() & names:
                    found[name] |= own
        return {name: [*others] for name, others in found.items()}

    def find_referring(
        self, noun: Noun, ref: Reference, ids: Sequence[str], *, most: int
    ) -> list[str]:
        """Return up to `most` ids of records that refer to some ids; derived references count."""
        version, found = noun.table, list[str]()
        shown = is_shown(version, self.moment.known_at)
        query, value = join_reference(select(version.c.id).where(shown), noun, ref)
        query = query.where(in_list(value, "ids")).limit(most)
        for some in split_ids(ids):
            found += self._connection.execute(query, {"ids": some}).scalars()
            if len(found) >= most:
                break
        return found

    def measure_records(self, keys: Iterable[Key]) -> int:
        """Return how many bytes the stored bodies of some records have together."""
        size = 0
        for noun, ids in split_keys(keys):
            version = self._nouns[noun].table
            wanted = is_shown(version, self.moment.known_at), in_list(version.c.id, "ids")
            query = select(func.sum(func.length(version.c.body))).where(*wanted)
            size += int(self._connection.execute(query, {"ids": ids}).scalar() or 0)
        return size


def split_hits(hits: Sequence[SearchHit]) -> Iterator[Sequence[SearchHit]]:
    """Split hits into the parts whose words and records are read at once."""
    return (hits[start : start + _PART] for start in range(0, len(hits), _PART))


def _mark_choices(wanted: words.WordQuery) -> Iterator[words.PhraseChoice]:
    for ids in (wanted.nouns, wanted.conflicts):
        if ids:
            yield tuple(words.Phrase((words.encode_mark(each),)) for each in ids)


def _is_document_shown(nouns: Mapping[str, Noun], known_at: int) -> ColumnElement[bool]:
    superseded = case(*(
        (
            document.c.noun == noun.name,
            select(noun.table.c.superseded)
            .where(noun.table.c.ordinal == document.c.ordinal,
                   noun.table.c.recorded == document.c.recorded)
            .scalar_subquery(),
        )
        for noun in nouns.values()
        if noun.words is not None
    ))  # fmt: skip
    return and_(document.c.recorded <= known_at, superseded > known_at)


def _word_conditions(wanted: words.WordQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an index of single words cannot check: phrases and exclusions."""
    for choice in wanted.all_of:
        if any(len(phrase.words) > 1 for phrase in choice):
            yield _contains_any(choice)
    if wanted.none_of:
        yield not_(_contains_any(wanted.none_of))


def _contains_any(phrases: words.PhraseChoice) -> ColumnElement[bool]:
    """Return the condition that a document contains a phrase: words have no sign of a pattern."""
    patterns = [f"% {each}{'' if each.is_beginning else ' '}%" for each in dict.fromkeys(phrases)]
    padded = literal(" ") + document.c.words + literal(" ")
    if len(patterns) <= _FEW_PHRASES:
        return or_(*(padded.like(literal(each)) for each in patterns))
    return like_list(padded, patterns)


@dataclass(frozen=True, slots=True)
class _Index:
    """The full-text index of an engine: its source, its order, and its match condition."""

    source: FromClause
    place: ColumnElement[int]
    matching: Callable[[Sequence[words.PhraseChoice]], ColumnElement[bool]]


_fts5 = table("search_index", column("rowid"))


def _fts5_matching(choices: Sequence[words.PhraseChoice]) -> ColumnElement[bool]:
    text = _boolean_query(choices, "AND", "OR", lambda word, more: f'"{word}"{"*" if more else ""}')
    return cast("Any", literal_column("search_index")).match(literal(text))


def _tsvector_matching(choices: Sequence[words.PhraseChoice]) -> ColumnElement[bool]:
    text = _boolean_query(choices, "&", "|", lambda word, more: f"'{word}'{':*' if more else ''}")
    return _VECTOR.op("@@", is_comparison=True)(literal(text, TSQUERY))


def _boolean_query(
    choices: Sequence[words.PhraseChoice], both: str, either: str, one: Callable[[str, bool], str]
) -> str:
    """Write a query for documents that have the words of a phrase of each choice."""

    def write_phrase(of: words.Phrase) -> str:
        *first, last = of.words
        every = [*(one(word, False) for word in first), one(last, of.is_beginning)]  # noqa: FBT003
        return f"({f' {both} '.join(every)})"

    return f" {both} ".join(f"({f' {either} '.join(map(write_phrase, each))})" for each in choices)


_INDEXES = {
    "sqlite": _Index(
        document.join(_fts5, _fts5.c.rowid == document.c.place), _fts5.c.rowid, _fts5_matching
    ),
    "postgresql": _Index(document, document.c.place, _tsvector_matching),
}
