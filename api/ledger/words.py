"""Splits texts into words, in the same way for both engines; queries of words, and ids of words.

A word is a run of letters and digits of the folded text (`rules.fold_text`), so case, accents and
an engine's own tokeniser make no difference: `Québec's` is `quebec s`. Scripts without blanks are
not split further: a search finds a whole run, or its beginning.

A *document* holds the words of a version, and its noun and conflict as *marks*: words that no text
can contain (`versions.search_index`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from api.ledger.noun import Noun, Record
from api.ledger.rules import fold_letters, fold_text

LONGEST_WORD = 100
"""Words are cut to so many code points; PostgreSQL refuses words of more than 2 KB."""

MOST_BYTES = 500_000
"""So many bytes of a document are kept: PostgreSQL refuses vectors of 2^20 - 1, where each word
takes up to twice its length. Compatibility letters make text longer: ㌖ is 18 bytes when folded."""

BETWEEN = " | "
"""The separator between the texts of one record, so that no phrase spans two of them."""

_WORD = re.compile(r"[^\W_]+")

_CHANGESET_BITS = 31
"""A `place` is (ordinal, recorded) in one number, for up to 2^31 changesets, 2^32 revisions."""

_MARK, _HYPHEN = "\N{PILCROW SIGN}", "\N{NOT SIGN}"
"""Neither letters nor digits, so in no word; not ASCII, at which FTS5 would split the mark."""

DocumentWords = tuple[str, str]
"""The words of a document, and its marks."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side; if `is_beginning`, the last is the beginning of a word."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def __str__(self) -> str:
        return " ".join(self.words)


PhraseChoice = tuple[Phrase, ...]
"""Phrases of which one must occur."""


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A search: a hit has a phrase of each choice of `all_of`, and none of `none_of`."""

    all_of: tuple[PhraseChoice, ...]
    none_of: PhraseChoice = ()
    nouns: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def split_words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, in order."""
    return tuple(each[:LONGEST_WORD] for each in _WORD.findall(fold_text(text)))


def join_words(texts: Iterable[str]) -> str:
    """Join the words of texts with single blanks, and the texts with `BETWEEN`."""
    return BETWEEN.join(" ".join(found) for each in texts if (found := split_words(each)))


def locate_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (word, start, end) of each word; the places are code points of the original text.

    The text is folded piece by piece, so the first words of a long one cost little.
    """
    if text.isascii():
        yield from ((m[0][:LONGEST_WORD], *m.span()) for m in _WORD.finditer(text.lower()))
        return
    for piece in _PIECE.finditer(text):
        yield from _locate_in_piece(piece[0], piece.start())


_PIECE = re.compile(r".{1,200}\S*", re.DOTALL)
"""A piece of a text that ends before a blank or with one, so that no word is in two of them."""


def _locate_in_piece(piece: str, before: int) -> Iterator[tuple[str, int, int]]:
    folded, origins = _fold_with_origins(piece)
    for match in _WORD.finditer(folded):
        end = origins[match.end() - 1] + 1
        while end < len(piece) and unicodedata.combining(piece[end]):
            end += 1
        yield match[0][:LONGEST_WORD], before + origins[match.start()], before + end


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    """Fold a text, and return for each folded code point the place of the original one."""
    folds = [*map(_fold_character, text)]
    return "".join(folds), [place for place, each in enumerate(folds) for _ in each]


_fold_character = lru_cache(maxsize=4096)(fold_letters)


def make_slug(name: str) -> str:
    """Return a name as lower-case ASCII words joined by hyphens, as ids are written."""
    plain = fold_letters(name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def document_words(noun: Noun, facts: Record) -> DocumentWords | None:
    """Return the words and marks of a version; None if it has no words."""
    texts: Sequence[str] = () if noun.words is None else noun.words(facts)
    words = _cut_words(join_words(texts)) if texts else ""
    if not words:
        return None
    marks = [encode_mark(noun.name)]
    if facts.get("conflict") is not None:
        marks.append(encode_mark(facts["conflict"]))
    return words, " ".join(marks)


def _cut_words(words: str) -> str:
    """Cut words behind the last one that fits into `MOST_BYTES`."""
    if len(words) * 4 <= MOST_BYTES or len(words.encode()) <= MOST_BYTES:
        return words
    return words.encode()[:MOST_BYTES].decode(errors="ignore").rpartition(" ")[0]


def document_place(ordinal: int, recorded: int = 0) -> int:
    """Return the `place` of the document of a version."""
    return ordinal << _CHANGESET_BITS | recorded


def encode_mark(id: str) -> str:
    """Write an id as a mark."""
    return _MARK + id.replace("-", _HYPHEN)


def decode_marks(marks: str) -> tuple[str, str | None]:
    """Return the noun and the conflict of a document's marks; None if it has no conflict."""
    noun, _, conflict = (
        each.removeprefix(_MARK).replace(_HYPHEN, "-") for each in marks.partition(" ")
    )
    return noun, conflict or None
