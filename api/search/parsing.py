"""What somebody typed, read as phrases to find and phrases to leave out.

Words are looked for one by one, all of them; "words in quotation marks" side by side. A * at the
end lets the last word go on, a - in front leaves out what has it. A word that holds other signs
(no-fly, Russia's) is a phrase of its parts. Signs by themselves say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.ledger.rules import unique
from api.ledger.words import Choice, Phrase, words

_PART = re.compile(r'(?P<minus>-?)(?:"(?P<quoted>[^"]*)"?(?P<star>\*?)|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


@dataclass(frozen=True, slots=True)
class SearchText:
    """What is to be found, all of it, and what is to be left out; each phrase once."""

    included: tuple[Phrase, ...]
    excluded: tuple[Phrase, ...]

    @property
    def possible_names(self) -> list[str]:
        """Give each phrase that may be somebody's name, as names are compared."""
        return unique(
            str(each) for each in (*self.included, *self.excluded) if not each.is_beginning
        )


def parse_search_text(text: str) -> SearchText:
    """Read what somebody typed; `found` is empty where it asks for nothing."""
    parts = list(_split_phrases(text.translate(_QUOTES)))
    found, left_out = ([phrase for minus, phrase in parts if minus is each]
                       for each in (False, True))  # fmt: skip
    return SearchText(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(left_out)))


def _split_phrases(text: str) -> Iterator[tuple[bool, Phrase]]:
    for part in _PART.finditer(text):
        quoted, word = part["quoted"], part["word"]
        goes_on = word.endswith("*") if quoted is None else bool(part["star"])
        if found := words(word if quoted is None else quoted):
            yield bool(part["minus"]), Phrase(found, goes_on)


def widen_to_names(phrases: Iterable[Phrase], names: Mapping[str, Sequence[str]]) -> list[Choice]:
    """Let each phrase that is somebody's name stand for all of their names."""
    return [tuple(dict.fromkeys([each, *_list_other_names(each, names)])) for each in phrases]


def _list_other_names(phrase: Phrase, names: Mapping[str, Sequence[str]]) -> list[Phrase]:
    if phrase.is_beginning:
        return []
    return [Phrase(tuple(name.split())) for name in names.get(str(phrase), ())]
