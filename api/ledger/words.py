"""How texts are cut into words for the search, once for both engines, and what is looked for.

A word is a run of letters and digits of the folded text (`api.ledger.rules.fold`), so neither
case nor accents nor an engine's own idea of a word makes a difference: `Québec's` is `quebec s`.
Scripts that are written without blanks are not cut further: of those a whole run, or its
beginning, is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from api.ledger.rules import fold

LONGEST_WORD = 100
"""Code points of a word that count; PostgreSQL refuses words of more than 2 KB."""

BETWEEN = " | "
"""Stands between the texts of one record, so that no phrase reaches from one into the next."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words side by side; of a beginning, the last word may go on."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def __str__(self) -> str:
        return " ".join(self.words)


Choice = tuple[Phrase, ...]
"""Phrases of which any will do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a hit must hold: something of each choice of `all_of`, nothing of `none_of`."""

    all_of: tuple[Choice, ...]
    none_of: Choice = ()
    nouns: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def words(text: str) -> tuple[str, ...]:
    """Give the words of a text, folded, in order."""
    return tuple(each[:LONGEST_WORD] for each in _WORD.findall(fold(text)))


def plain(texts: Iterable[str]) -> str:
    """Write the words of texts with single blanks between them; empty where there are none."""
    return BETWEEN.join(" ".join(found) for each in texts if (found := words(each)))


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (word, start, end) of each word of a text, in code points of the text as it is."""
    if text.isascii():
        yield from ((m[0][:LONGEST_WORD], *m.span()) for m in _WORD.finditer(text.lower()))
        return
    folded: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        for each in _fold_character(character):
            folded.append(each)
            origin.append(index)
    for match in _WORD.finditer("".join(folded)):
        end = origin[match.end() - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        yield match[0][:LONGEST_WORD], origin[match.start()], end


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    """Fold one character as `fold` does, blanks left as they are."""
    bare = (c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return "".join(bare).casefold()
