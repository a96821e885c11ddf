"""The rules of a language, and their phrases among the words of a text.

In a phrase "*" stands for any letters of a word, "…" for up to five words between.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from api.ledger.rules import fold_text
from api.ledger.words import locate_words

_FOLDER = Path(__file__).parent / "languages"
LANGUAGES = tuple(sorted(each.stem for each in _FOLDER.glob("*.toml")))
_PART = re.compile(r"…|\*?[^\W_]+\*?")
_LONGEST, _SAMPLE = 16, 20_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text; `folded` is without case and accents, `gap` stands before it."""

    folded: str
    start: int
    end: int
    is_capital: bool
    gap: str


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
    words, before = list[Word](), 0
    for word, start, end in locate_words(text):
        words.append(Word(word, start, end, text[start].isupper(), text[before:start]))
        before = end
    return words


class Phrases:
    """Finds phrases among words, by a regular expression for each letter that begins some."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        self._listed: defaultdict[str, list[tuple[list[str], str]]] = defaultdict(list)
        for value, phrases in lists.items():
            for parts in filter(None, map(_PART.findall, phrases.split(","))):
                folded = ["…" if part == "…" else fold_text(part) for part in parts]
                self._listed[folded[0][0]].append((folded, value))
        for letter in {*self._listed} - {"*"}:
            self._listed[letter] += self._listed.get("*", [])
        self._patterns = {letter: _compile(listed) for letter, listed in self._listed.items()}
        self._beginnings = {  # of the first words alone, as most words begin no phrase
            letter: _compile([(parts[:1], value) for parts, value in listed])
            for letter, listed in self._listed.items()
        }

    def match(self, words: Sequence[Word], at: int) -> Hit | None:
        """Return the longest phrase that begins with word `at`, if there is one."""
        letter = words[at].folded[0]
        letter = letter if letter in self._patterns else "*"
        begins = self._beginnings.get(letter)
        if not begins or not begins.match(words[at].folded + " "):
            return None
        told = " ".join(each.folded for each in words[at : at + _LONGEST]) + " "
        if not (found := self._patterns[letter].match(told)):
            return None
        parts, value = self._listed[letter][(found.lastindex or 0) - 1]
        last = at + found[0].count(" ")
        return Hit(at, at + parts.index("…") if "…" in parts else last, last, value)

    def find(self, words: Sequence[Word]) -> Iterator[Hit]:
        """Yield the phrases among words, from left to right, without overlaps."""
        at = 0
        while at < len(words):
            if hit := self.match(words, at):
                yield hit
            at = hit.head if hit else at + 1


def _compile(listed: list[tuple[list[str], str]]) -> re.Pattern[str]:
    """Compile phrases, the longest first, with a group for each."""
    listed.sort(key=lambda each: -len(each[0]))
    gap, ending = r"(?:\w+ ){0,5}?", r"\w*"
    return re.compile("|".join(
        f"({''.join(gap if part == '…' else part.replace('*', ending) + ' ' for part in parts)})"
        for parts, _ in listed
    ))  # fmt: skip


class Language:
    """The rules of a language."""

    def __init__(self, data: Mapping[str, Mapping[str, str]]) -> None:
        self.verbs, self.force, self.conditions, self.offices, self.titles, self.sources = (
            Phrases(data[each]) for each in _LISTED
        )
        self.forms = Phrases({each: data["speakers"][each] for each in ("participles", "nouns")})
        roles = ",".join((data["speakers"]["roles"], *data["offices"].values()))
        self.speakers = Phrases({**{each: data["speakers"][each] for each in _PHRASED},
                                 "roles": roles})  # fmt: skip
        listed = {**data["speakers"], **data["sentences"], **data["language"]}
        self.words = {
            k: frozenset(fold_text(v).replace(",", " ").split()) for k, v in listed.items()
        }
        self._letters = data["language"]["letters"].replace(", ", "")
        self.has_capital_nouns = bool(data["language"]["capitalised_nouns"])
        self.has_late_modifiers = bool(data["language"]["late_modifiers"])

    def count_frequent(self, counted: Mapping[str, int], letters: Mapping[str, int]) -> int:
        """Count how many words and letters of a text are of this language."""
        known = sum(counted.get(each, 0) for each in self.words["frequent"])
        return known + sum(letters.get(each, 0) for each in self._letters)


_LISTED = ("verbs", "force", "conditions", "offices", "titles", "sources")
_PHRASED = ("he", "she", "they", "own", "noun")


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
