"""Splits texts into words, in the same way for both engines, and defines the queries of words.

A word is a run of letters and digits of the folded text (`rules.fold_text`), so case, accents and
an engine's own tokeniser make no difference: `Québec's` is `quebec s`. Scripts without blanks are
not split further: a search finds a whole run, or its beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from api.ledger.rules import fold_text

LONGEST_WORD = 100
"""Words are cut to so many code points; PostgreSQL refuses words of more than 2 KB."""

BETWEEN = " | "
"""The separator between the texts of one record, so that no phrase spans two of them."""

_WORD = re.compile(r"[^\W_]+")


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
    """Yield (word, start, end) of each word; the places are code points of the original text."""
    if text.isascii():
        yield from ((m[0][:LONGEST_WORD], *m.span()) for m in _WORD.finditer(text.lower()))
        return
    folded, origins = _fold_with_origins(text)
    for match in _WORD.finditer(folded):
        end = origins[match.end() - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        yield match[0][:LONGEST_WORD], origins[match.start()], end


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    """Fold a text, and return for each folded code point the place of the original one."""
    pairs = [(each, place) for place, one in enumerate(text) for each in _fold_character(one)]
    return "".join(each for each, _ in pairs), [place for _, place in pairs]


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    """Fold one character as `fold_text` does, but keep blanks."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()
