"""The rules of a language, and their phrases among the words of a text.

In a phrase "*" stands for any ending of a word, "…" for up to six words between.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from api.ledger.rules import fold_text
from api.ledger.words import locate_words

_FOLDER = Path(__file__).parent / "languages"
LANGUAGES = tuple(sorted(each.stem for each in _FOLDER.glob("*.toml")))
_PART = re.compile(r"…|[^\W_]+\*?")
_GAP, _LONGEST_STEM, _SAMPLE = 6, 16, 20_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text; `folded` is without case and accents."""

    folded: str
    start: int
    end: int
    is_capital: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase stands: from word `first` to before word `last`; `value` names its list.

    `head` is where its first part ends, before words that stand between.
    """

    first: int
    head: int
    last: int
    value: str


def split_words(text: str) -> list[Word]:
    """Return the words of a text in order."""
    return [Word(word, a, b, text[a].isupper()) for word, a, b in locate_words(text)]


class Phrases:
    """Finds the longest phrase that begins with a word."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        # By the first two words; the second is "" unless it is written out.
        self._by_words: dict[str, dict[str, list[tuple[list[str], str]]]] = {}
        for value, listed in lists.items():
            for phrase in filter(str.strip, listed.split(",")):
                parts = _PART.findall(phrase)
                first, *rest = (each if each == "…" else fold_text(each) for each in parts)
                second = rest[0] if rest and rest[0].isalnum() else ""
                followed = self._by_words.setdefault(first, {})
                followed.setdefault(second, []).append((rest, value))

    def match(self, words: Sequence[Word], at: int) -> Hit | None:
        """Return the longest phrase that begins with word `at`, if there is one."""
        folded = words[at].folded
        following = words[at + 1].folded if at + 1 < len(words) else ""
        keys = [folded, *(folded[:n] + "*" for n in range(1, min(len(folded), _LONGEST_STEM) + 1))]
        hits = (
            Hit(at, at + 1 + rest.index("…") if "…" in rest else last, last, value)
            for key in keys
            if (followed := self._by_words.get(key))
            for second in {"", following}
            for rest, value in followed.get(second, ())
            if (last := _match_rest(words, at + 1, rest))
        )
        return max(hits, key=lambda each: each.last, default=None)

    def find(self, words: Sequence[Word]) -> Iterator[Hit]:
        """Yield the phrases among words, from left to right, without overlaps."""
        at = 0
        while at < len(words):
            if hit := self.match(words, at):
                yield hit
            at = hit.head if hit else at + 1


def _match_rest(words: Sequence[Word], at: int, rest: Sequence[str]) -> int:
    """Return the end of the match; 0 if there is none."""
    for number, part in enumerate(rest):
        if part == "…":
            ends = (_match_rest(words, each, rest[number + 1 :]) for each in range(at, at + _GAP))
            return next(filter(None, ends), 0)
        if at >= len(words) or not _fits(words[at].folded, part):
            return 0
        at += 1
    return at


def _fits(word: str, part: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


class Language:
    """The rules of a language."""

    def __init__(self, data: Mapping[str, Mapping[str, str]]) -> None:
        self.verbs, self.force, self.conditions, self.offices, self.titles = (
            Phrases(data[each]) for each in ("verbs", "force", "conditions", "offices", "titles")
        )
        roles = ",".join((data["speakers"]["roles"], *data["offices"].values()))
        told = {k: v for k, v in data["speakers"].items() if k in _PHRASED}
        self.speakers = Phrases({**told, "roles": roles})
        listed = {**data["speakers"], **data["sentences"], **data["language"]}
        self.words = {
            k: frozenset(fold_text(v).replace(",", " ").split()) for k, v in listed.items()
        }
        self._letters = data["language"]["letters"].replace(", ", "")
        self.has_capital_nouns, self.has_late_modifiers = (
            bool(data["language"][each]) for each in ("capitalised_nouns", "late_modifiers")
        )

    def count_frequent(self, counted: Mapping[str, int], letters: Mapping[str, int]) -> int:
        """Count how many words and letters of a text are of this language."""
        known = sum(counted.get(each, 0) for each in self.words["frequent"])
        return known + sum(letters.get(each, 0) for each in self._letters)


_PHRASED = ("according", "he", "she", "they", "own", "roles")


@lru_cache
def load_language(name: str) -> Language:
    """Return the rules of a language; raises ValueError for one without rules."""
    if name not in LANGUAGES:
        raise ValueError(f"the language must be one of {', '.join(LANGUAGES)}")
    return Language(tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8")))


def recognise_language(words: Sequence[Word], text: str) -> str:
    """Return the language with most of the frequent words; English if there are none."""
    counted = Counter(each.folded for each in words[:_SAMPLE])
    letters = Counter(text[:_SAMPLE].lower())
    counts = {each: load_language(each).count_frequent(counted, letters) for each in LANGUAGES}
    return max(counts, key=lambda each: (counts[each], each == "en"))
