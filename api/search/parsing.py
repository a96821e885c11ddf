"""Parse a search text into phrases to include and phrases to exclude.

Each word is a phrase of its own; "words in quotation marks" are one phrase. A * at the end matches
all words that begin like the last one; a - in front excludes. A word with signs in it (no-fly,
Russia's) is a phrase of its parts. Signs alone are ignored.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.ledger.rules import drop_repeats
from api.ledger.words import Phrase, PhraseChoice, split_words

_PART = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?(?P<star>\*?)|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


@dataclass(frozen=True, slots=True)
class SearchText:
    """A parsed search text: phrases that a hit must all have, and phrases it must not have."""

    included: tuple[Phrase, ...]
    excluded: tuple[Phrase, ...]

    @property
    def possible_names(self) -> list[str]:
        """Each phrase that may be a name of an actor, in the form in which names are compared."""
        phrases = (*self.included, *self.excluded)
        return drop_repeats(str(each) for each in phrases if not each.is_beginning)

    @property
    def cursor_key(self) -> str:
        """The text as cursors digest it: in the form of 0.1.0, so that its cursors still work."""
        return f"Said(found={self.included!r}, left_out={self.excluded!r})"


def parse_search_text(text: str) -> SearchText:
    """Parse a search text; without any word to look for, `included` is empty."""
    parts = dict.fromkeys(_split_phrases(text.translate(_QUOTES)))
    included = tuple(phrase for minus, phrase in parts if not minus)
    return SearchText(included, tuple(phrase for minus, phrase in parts if minus))


def format_search_text(text: SearchText) -> str:
    """Return a text that is parsed as the same phrases."""
    included = (_format_phrase(each) for each in text.included)
    return " ".join([*included, *(f"-{_format_phrase(each)}" for each in text.excluded)])


def _format_phrase(phrase: Phrase) -> str:
    words = f'"{phrase}"' if len(phrase.words) > 1 else str(phrase)
    return f"{words}*" if phrase.is_beginning else words


def _split_phrases(text: str) -> Iterator[tuple[bool, Phrase]]:
    for part in _PART.finditer(text):
        quoted, word = part["quoted"], part["word"]
        goes_on = word.endswith("*") if quoted is None else bool(part["star"])
        if found := split_words(word if quoted is None else quoted):
            yield bool(part["minus"]), Phrase(found, goes_on)


def widen_to_names(
    phrases: Iterable[Phrase], names: Mapping[str, Sequence[str]]
) -> list[PhraseChoice]:
    """Return for each phrase the choice of it and the other names of the same actor."""
    found: list[PhraseChoice] = []
    for each in phrases:
        others = () if each.is_beginning else names.get(str(each), ())
        found.append(tuple(dict.fromkeys([each, *(Phrase((*name.split(),)) for name in others)])))
    return found
