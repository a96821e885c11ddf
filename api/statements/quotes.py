"""Find a quotation in a text: pure functions on text and offsets.

Offsets count Unicode code points, half-open, like Python's. Searches take until a time of
`time.monotonic` at most, and raise TimeoutError then.
"""

from dataclasses import dataclass
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


def find_nearest(exact: str, text: str, start: int, until: float) -> Passage | None:
    """Return the passage most similar to the words; None if none is similar enough.

    If the exact words stand in several places, it is the place closest to `start`.
    """
    _check_time(until)
    if places := _find_exact(exact, text):
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


def _find_exact(exact: str, text: str) -> list[int]:
    places: list[int] = []
    place = text.find(exact)
    while place >= 0 and len(places) < _REACH:
        places.append(place)
        # Overlapping places would take quadratic time to find.
        place = text.find(exact, place + len(exact))
    return places


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
