"""Find a quotation in a text: pure functions on text and offsets.

Offsets count Unicode code points, half-open, like Python's. Searches take until a time of
`time.monotonic` at most, and raise TimeoutError then.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice
from time import monotonic

from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import partial_ratio_alignment

from api.ledger.rules import text_hash

_ALIKE = 60.0
"""The least similarity at which a passage is shown as the nearest, in per cent."""

_REACH = 2_000
"""How far from the given place a passage is searched for by its hash."""

_LONGEST_HASHED = 5_000
"""The longest span that is searched for by its hash."""

_COMPARED = 300
"""How many characters of a quotation are compared: enough to recognise it."""

_WINDOW = 50_000
"""How far from the given place a similar passage is searched for."""

_PART = 5_000
"""How many characters are searched at a time: other threads wait for at most some milliseconds."""

_SHOWN = 300
"""The most characters of a passage in a message: errors must not disclose whole texts."""

AROUND = ("prefix", "suffix")
SELECTORS = (*AROUND, "span")
"""The fields that only help to find a span; with `exact`, a TextQuoteSelector of the W3C."""

_PLACES, _CONTEXT = 2_000, 30
"""How many places of words are looked at, and how many characters around a place are shown."""

MOST_PLACES = 200
"""At how many places at most the letters around words are compared."""

_LONG = 1_000
"""Beyond this length, a span without words to the letter is rather a mistake than a statement."""

_UNSEPARATED = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts without blanks between words: Thai to Myanmar, Khmer, Chinese and Japanese."""

_JOINER = "\N{ZERO WIDTH JOINER}"

_LONGEST_WORD = 30
"""A passage is widened to whole words only if they end within so many characters."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a text and its words."""

    start: int
    end: int
    words: str

    def __str__(self) -> str:
        words = self.words if len(self.words) <= _SHOWN else f"{self.words[:_SHOWN]}…"
        return f"“{words}” at {self.start}\N{EN DASH}{self.end}"


def cut_passage(text: str, start: int, end: int) -> Passage:
    """Return a passage of a text; it ends at the end of the text at the latest."""
    return Passage(start, min(end, len(text)), text[start:end])


def find_places(words: str, text: str, prefix: str, suffix: str, most: int = 2) -> list[int] | None:
    """Return up to `most` places of words in a text, with the prefix before and the suffix after.

    If these do not stand there to the letter, places count where their letters and digits do. None
    if there are too many places to compare all of them so.
    """
    whole = prefix + words + suffix
    if exact := [place + len(prefix) for place in _list_places(whole, text, most)]:
        return exact
    if not prefix and not suffix:
        return []
    before, after = _keep_letters(prefix), _keep_letters(suffix)
    reach = 2 * (len(whole) - len(words)) + _CONTEXT

    def is_between(place: int) -> bool:
        end = place + len(words)
        left, right = text[max(0, place - reach) : place], text[end : end + reach]
        return (not before or _keep_letters(left).endswith(before)) and (
            not after or _keep_letters(right).startswith(after)
        )

    places = _list_places(words, text, MOST_PLACES + 1)
    return None if len(places) > MOST_PLACES else [*islice(filter(is_between, places), most)]


def list_contexts(places: list[int], length: int, text: str) -> str:
    """List places with the words before and after, as `prefix` and `suffix` can take them."""
    shown = (
        f"at {each}, between “{text[max(0, each - _CONTEXT) : each]}” and "
        f"“{text[each + length : each + length + _CONTEXT]}”"
        for each in places
    )
    return "; ".join(shown)


def describe_odd_span(text: str, start: int, end: int) -> str | None:
    """Say what is odd about a span without words: it cuts a word, has blank ends, or is long."""
    if end - start > _LONG:
        return f"is {end - start} code points long; point at the words that say it"
    if text[start].isspace() or text[end - 1].isspace():
        return f"begins or ends with a blank: {cut_passage(text, start, end)}"
    if _cuts_word(text, start) or _cuts_word(text, end):
        return f"cuts a word: {cut_passage(text, start, end)}"
    return None


def _cuts_word(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.combining(after) or _JOINER in (before, after):
        return True
    return before.isalnum() and after.isalnum() and not _UNSEPARATED.search(before + after)


def _list_places(words: str, text: str, most: int) -> list[int]:
    places: list[int] = []
    place = text.find(words)
    while place >= 0 and len(places) < most:
        places.append(place)
        place = text.find(words, place + 1)
    return places


def _keep_letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def find_nearest(exact: str, text: str, start: int, until: float) -> Passage | None:
    """Return the passage most similar to the words; None if none is similar enough.

    If the exact words stand in several places, it is the place closest to `start`.
    """
    _check_time(until)
    if places := _list_places(exact, text, _PLACES):
        place = min(places, key=lambda each: abs(each - start))
        return cut_passage(text, place, place + len(exact))
    opening = exact[:_COMPARED]
    if (found := _find_similar(opening, text, start, until)) is None:
        return None
    start, end = _trim_to_common(opening, text, *found)
    return _widen_to_words(text, start, end) if " " in exact else cut_passage(text, start, end)


def _find_similar(opening: str, text: str, start: int, until: float) -> tuple[int, int] | None:
    """Return the span most similar to the words; of equal ones, one of the part closest to it."""
    first, last = max(0, start - _WINDOW), min(len(text), start + _WINDOW)
    parts = {*range(first, last - _PART, _PART - 2 * _COMPARED), max(first, last - _PART)}
    best, span = _ALIKE, None
    for part in sorted(parts, key=lambda each: abs(each + _PART // 2 - start)):
        _check_time(until)
        words = text[part : min(part + _PART, last)]
        found = partial_ratio_alignment(opening, words, score_cutoff=best)
        if found and found.dest_start < found.dest_end and (span is None or found.score > best):
            best, span = found.score, (part + found.dest_start, part + found.dest_end)
    return span


def _check_time(until: float) -> None:
    if monotonic() > until:
        raise TimeoutError


def find_by_hash(sha256: str, text: str, start: int, end: int, until: float) -> Passage | None:
    """Return the passage of that length and hash that is closest to the given place."""
    length = end - start
    if length > _LONGEST_HASHED:
        return None
    last = len(text) - length
    for place in sorted(range(max(0, start - _REACH), min(last, start + _REACH) + 1),
                        key=lambda each: abs(each - start)):  # fmt: skip
        _check_time(until)
        if text_hash(text[place : place + length]) == sha256:
            return cut_passage(text, place, place + length)
    return None


def _trim_to_common(exact: str, text: str, start: int, end: int) -> tuple[int, int]:
    """Trim an aligned passage to its first and last character that the words have, too."""
    blocks = [each for each in LCSseq.opcodes(exact, text[start:end]) if each.tag == "equal"]
    return start + blocks[0].dest_start, start + blocks[-1].dest_end


def _widen_to_words(text: str, start: int, end: int) -> Passage:
    """Widen a passage to whole words, in a script that separates words by blanks."""
    before = _count_letters(text[max(0, start - _LONGEST_WORD) : start][::-1])
    after = _count_letters(text[end : end + _LONGEST_WORD])
    if text[start].isalnum() and before < _LONGEST_WORD:
        start -= before
    if text[end - 1].isalnum() and after < _LONGEST_WORD:
        end += after
    return cut_passage(text, start, end)


def _count_letters(text: str) -> int:
    return next((i for i, each in enumerate(text) if not each.isalnum()), len(text))
