"""Names of records as they are compared: by sound, whatever their script and spelling.

A name is transliterated, folded, and spelt by sound, so Київ, Kyiv and Kiev are `kiv`. The tables
for that are in `letters.json`. A record is found by the *keys* of its names, which are facets:

- `=` and the whole name without blanks, `<` and the same backwards,
- `#` and its consonants, the words in order of the alphabet,
- each word; and `~`, its consonants, `/`, the word; `>` and the word backwards.

The beginning of a key is a range in the index. A wrong letter leaves one half of a name intact,
and a wrong vowel all consonants, so three ranges find the candidates among any number of names.
Similarity is then computed from the keys alone (`rank_spellings`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from api.ledger.noun import Noun, Record
from api.ledger.rules import fold_text
from api.ledger.words import split_words

KEYS = "keys"
"""The facet of the keys of names."""

_MOST_WORDS, _LONGEST, _LONGEST_IDENTITY = 16, 40, 400
"""How many words of a text have keys, how long a whole name is in its keys, and an identity."""

WHOLE = "=<#@"
"""How keys of whole names and of identities begin; all others are of words."""

_DATA = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
_LETTERS = str.maketrans(_DATA["letters"])
_SOUNDS: Sequence[tuple[str, str]] = _DATA["sounds"]
_TWICE = re.compile(r"([a-z])(?=\1)")
"""A letter before the same one."""
_EXACT = re.compile(r".*\d.*|x{0,3}(ix|iv|v?i{0,3})")
"""Numbers, also Roman ones: each letter matters."""

Range = tuple[str, str]
"""The lowest key, and the one above the highest."""


@lru_cache(maxsize=8192)
def spell_sounds(text: str) -> tuple[str, ...]:
    """Return the words of a text as they sound, in order."""
    plain = unicodedata.normalize("NFC", text.casefold()).translate(_LETTERS)
    return tuple(map(_spell_word, split_words(plain)))


@lru_cache(maxsize=65536)
def _spell_word(word: str) -> str:
    if _EXACT.fullmatch(word):
        return word
    is_odd = len(_TWICE.sub("", word)) < _LEFT * len(word)
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return word if is_odd else _TWICE.sub("", word)


_LEFT = 0.7
"""What share of a word is left at least if its doubled letters count once; zzyy is not zi."""


def _list_consonants(words: Iterable[str]) -> str:
    return "".join(re.sub(r"(?<!^)[aeiouh]", "", each) for each in words)


def list_record_keys(noun: Noun, record: Record) -> set[str]:
    """Return the keys of a record's names; those of its identities begin with `@`."""
    identities = map(identity_key, noun.map_identities(record).values())
    return list_keys(noun.list_names(record)).union(identities)


def identity_key(identity: str) -> str:
    """Return the key of an identity."""
    return "@" + identity[:_LONGEST_IDENTITY]


def list_keys(names: Iterable[str]) -> set[str]:
    """Return the keys by which a record of these names is found."""
    return {key for name in names for key in _list_name_keys(name)}


def _list_name_keys(name: str) -> Iterator[str]:
    if not (words := spell_sounds(name)):
        return
    whole = "".join(words)
    yield "=" + whole[:_LONGEST]
    yield "<" + whole[::-1][:_LONGEST]
    yield _consonant_key(words)
    for word in words[:_MOST_WORDS]:
        yield word
        if len(word) > 3:  # noqa: PLR2004
            yield f"~{_list_consonants([word])}/{word}"
            yield ">" + word[::-1]


def _consonant_key(words: Iterable[str]) -> str:
    return "#" + _list_consonants(sorted(words))[:_LONGEST]


def range_from(beginning: str) -> Range:
    """Return the range of the keys that begin so."""
    return beginning, beginning + "\U0010ffff"


def exactly(key: str) -> Range:
    """Return the range of one key."""
    return key, key + " "


def similar_words(word: str) -> list[Range]:
    """Return the ranges of the keys of words that are spelt like one."""
    half = max(len(word) // 2, 2)
    beginnings = "~" + _list_consonants([word]), word[:half], ">" + word[::-1][:half]
    return [*map(range_from, beginnings)]


def similar_names(name: str) -> tuple[str, list[Range]] | None:
    """Return a name as its keys hold it, and the ranges of keys of names that are spelt like it.

    The first range is that of the key of its consonants. A name without words has none.
    """
    if not (words := spell_sounds(name)):
        return None
    whole = "".join(words)
    half = min(max(len(whole) // 2, 1), _LONGEST // 2)
    halves = map(range_from, ("=" + whole[:half], "<" + whole[::-1][:half]))
    return whole[:_LONGEST], [exactly(_consonant_key(words)), *halves]


def read_key(key: str) -> str:
    """Return the word or name that a key holds."""
    if key[:1] in "<>":
        return key[:0:-1]
    return key.rpartition("/")[2] if key[:1] == "~" else key.removeprefix("=")


def rank_spellings(word: str, keys: Iterable[str], most: int) -> list[str]:
    """Return the words among keys that are spelt most like one, the nearest first."""
    words = {read_key(each) for each in keys}
    found = process.extract(word, sorted(words), scorer=fuzz.ratio, limit=most, score_cutoff=65)
    return [each for each, _, _ in found]


def score_name(typed: str, name: str) -> float:
    """Return how well a name fits what was typed, from 0 to 1.

    At least .9 if the name begins so, and .8 if words of it do; less for similar spellings.
    """
    wanted, words = spell_sounds(typed), spell_sounds(name)
    if not (wanted and words):
        return 0
    begun, whole = "".join(wanted), "".join(words)
    fit = 0.07 * min(len(begun) / len(whole), 1)
    fit += 0.03 if fold_text(typed) in fold_text(name) else 0
    if whole.startswith(begun):
        return 0.9 + fit
    if all(any(each.startswith(one) for each in words) for one in wanted):
        return 0.8 + fit
    return 0.7 * min(_compare_word(one, words) for one in wanted) + fit


def _compare_word(wanted: str, words: Iterable[str]) -> float:
    """Return the similarity of a word to the nearest of some words, or to its beginning."""
    length = len(wanted)
    near = (fuzz.ratio(wanted, each[: length + 1]) for each in words if len(each) >= length - 1)
    return max(near, default=0) / 100


def are_alike(one: str, other: str, *, in_order: bool) -> bool:
    """Whether two names are probably one: alike by sound, or but for a slip of the pen.

    Numbers must be equal. Words must come in the same order if `in_order`, as in a sentence.
    """
    a, b = map(spell_sounds, (one, other))
    if "".join(a) == "".join(b):
        return bool(a)
    a, b = (a, b) if in_order else (tuple(sorted(a)), tuple(sorted(b)))
    pairs = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    if len(a) != len(b) or any(map(_differ_on_purpose, pairs)):
        return False
    if not pairs or (len(pairs) == 1 and _is_slip(*pairs[0])):
        return True
    consonants = _list_consonants(a)
    near = OSA.normalized_similarity("".join(a), "".join(b)) >= _NEAR
    return near and len(consonants) >= _MANY and consonants == _list_consonants(b)


_NEAR, _MANY = 0.7, 8
"""How alike names with the same consonants must be, and how many consonants."""


def _is_slip(one: str, other: str) -> bool:
    """Whether two words differ by one edit, which in a short word is no other consonant.

    Iceland and Ireland, China and Chile are not one.
    """
    if min(len(one), len(other)) < _SHORT[0] or OSA.distance(one, other) != 1:
        return False
    changed = [{x, y} for x, y in zip(one, other, strict=False) if x != y]
    replaced = len(one) == len(other) and len(changed) == 1
    return not replaced or len(one) > _SHORT[1] or not changed[0].isdisjoint("aeiou")


_SHORT = 5, 7
"""The least letters of a word that may have a slip, and the most of a short word."""


def _differ_on_purpose(pair: tuple[str, str]) -> bool:
    """Whether two words are numbers, begin differently, or are names of a man and a woman."""
    one, other = sorted(pair, key=len)
    return one[0] != other[0] or other == one + "a" or any(map(_EXACT.fullmatch, pair))
