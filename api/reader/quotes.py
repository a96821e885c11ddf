"""Find what stands in quotation marks: spans of words, over paragraphs, nested, of any usage.

A mark opens or closes by its character, by the marks that are open, and by the characters beside
it. A quotation that is not closed ends with its paragraph, unless the next begins with its mark
again. Each paragraph of a quotation is a span of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_MARK = re.compile("''|``|,,|<<|>>|[\"“”„‟«»‹›‘’‚‛'＂]")
_FAMILY = {
    **dict.fromkeys(("``", "''", ",,", *'"“”„‟＂'), "double"), **dict.fromkeys("‘’‚‛'", "single"),
    **dict.fromkeys(("<<", ">>", *"«»"), "angle"), **dict.fromkeys("‹›", "single angle"),
}  # fmt: skip
_STRAIGHT, _LOW = "\"'＂", (",,", ">>", *"„‚‟»›")
_OPENING, _CLOSING = ("``", "<<", *"“„‟«‹‘‚‛"), ("''", ">>", *"”»›’")
_BLANKS = re.compile(r"\s*")
_NO_WORD = {*" \t\n\r\f\v\xa0\u202f\u2009,.;"}
_LEADING = " \t\n\r\f\v([{—–-/:…"
_DEEPEST = 8
"""How many quotations may be open at once; marks beyond them are ignored."""


@dataclass(slots=True)
class Quote:
    """The words of a quotation in one paragraph; `outer` includes the marks.

    `number` is the same for all paragraphs of a quotation. `depth` is 0 unless it is nested.
    """

    start: int
    end: int
    outer: tuple[int, int]
    number: int
    depth: int


@dataclass(slots=True)
class _Open:
    mark: str
    place: int
    start: int
    number: int
    done: list[Quote] = field(default_factory=list[Quote])


def split_paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the span of each paragraph; a line ends one, unless the text is wrapped by hand."""
    lines = [each.span() for each in re.finditer(r"[^\r\n]+", text)]
    lengths = [end - start for start, end in lines]
    is_wrapped = sum(50 < each <= 100 for each in lengths) > len(lines) / 2 > 1.5
    if is_wrapped and max(lengths) <= 120:
        # A blank line has blanks alone.
        breaks = re.finditer(r"(?:[^\r\n]*[^\s][^\r\n]*(?:\r\n?|\n|$))+", text)
        lines = [each.span() for each in breaks]
    spans = ((s + len(p) - len(p.lstrip()), s + len(p.rstrip()))
             for s, e in lines for p in [text[s:e]])  # fmt: skip
    return [(start, end) for start, end in spans if start < end]


def find_quotes(text: str, paragraphs: list[tuple[int, int]]) -> list[Quote]:
    """Return the quotations in order of their places."""
    found = sorted(_Scanner(text).scan(paragraphs), key=lambda each: (each.start, -each.end))
    around: list[Quote] = []
    for quote in found:
        while around and around[-1].outer[1] <= quote.outer[0]:
            around.pop()
        quote.depth = len(around)
        around.append(quote)
    return found


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        marks = ((each.start(), each[0]) for each in _MARK.finditer(text))
        self._marks = [each for each in marks if not self._is_apostrophe(*each)]
        self._open: list[_Open] = []
        self._count = 0

    def _beside(self, place: int, mark: str) -> tuple[str, str]:
        end = place + len(mark)
        return self._text[place - 1 : place] or " ", self._text[end : end + 1] or " "

    def _is_apostrophe(self, place: int, mark: str) -> bool:
        before, after = self._beside(place, mark)
        is_single = _FAMILY[mark] == "single" and mark != "‚"
        within = before.isalnum() and after.isalnum()
        return is_single and (within or (mark in "'’" and after.isdigit() and before != "’"))

    def scan(self, paragraphs: list[tuple[int, int]]) -> Iterator[Quote]:
        """Yield the quotations, closed or not."""
        index = 0
        for start, end in paragraphs:
            while index < len(self._marks) and self._marks[index][0] < end:
                place, mark = self._marks[index]
                outermost = self._open[0] if self._open else None
                if place == start and outermost and _FAMILY[outermost.mark] == _FAMILY[mark]:
                    # Where a paragraph begins, the mark of what goes on is repeated.
                    outermost.place, outermost.start = place, place + len(mark)
                else:
                    yield from self._take_mark(place, mark, index)
                index += 1
            yield from self._end_paragraph(end, index)
        for each in self._open:
            yield from each.done

    def _take_mark(self, place: int, mark: str, index: int) -> Iterator[Quote]:
        before, after = self._beside(place, mark)
        leads = after not in _NO_WORD and (before in _LEADING or before in _FAMILY)
        trails = not before.isspace() and not after.isalnum()
        same = [n for n, each in enumerate(self._open) if _FAMILY[each.mark] == _FAMILY[mark]]
        opener = self._open[same[-1]] if same else None
        if opener and self._closes(mark, opener.mark, index, leads=leads, trails=trails):
            del self._open[same[-1] :]
            yield from opener.done
            yield self._end_quote(opener, place, place + len(mark))
        elif len(self._open) < _DEEPEST and (leads or self._opens(mark, opener, before)):
            self._count += 1
            self._open.append(_Open(mark, place, place + len(mark), self._count))

    def _opens(self, mark: str, opener: _Open | None, before: str) -> bool:
        if mark in _OPENING:
            return _FAMILY[mark] != "single" or not before.isalnum()
        return mark in '"＂' and not opener and not before.isalnum()

    def _closes(self, mark: str, opener: str, index: int, *, leads: bool, trails: bool) -> bool:
        if mark in "'’":
            return trails and not self._is_possessive(index)
        if mark in _STRAIGHT:
            return trails or not leads
        if mark in _CLOSING:
            return opener not in _LOW or mark == "”" or not leads
        return mark in ("<<", *"“‘«‹") and not leads and (opener in _LOW or trails)

    def _is_possessive(self, index: int) -> bool:
        """Whether an apostrophe after an s is followed by the mark that really closes."""
        place, mark = self._marks[index]
        before, after = self._beside(place, mark)
        if before != "s" or not after.isspace() or index + 1 >= len(self._marks):
            return False
        next_place, following = self._marks[index + 1]
        return following == mark and not self._beside(next_place, following)[0].isspace()

    def _end_quote(self, opened: _Open, end: int, outer_end: int) -> Quote:
        start, words = opened.start, self._text[opened.start : end]
        is_french = opened.mark in ("<<", *"«‹") or (words[:1] + words[-1:]).isspace()
        if is_french:
            start, end = end - len(words.lstrip()), start + len(words.rstrip())
        outer = opened.place, outer_end
        return Quote(start, max(start, end), outer, opened.number, 0)

    def _end_paragraph(self, end: int, index: int) -> Iterator[Quote]:
        """Keep the outermost quotation open if it goes on; end the others."""
        opened, self._open = self._open[:1], []
        for each in opened:
            if self._goes_on(each, end, index):
                if each.start < end:
                    each.done.append(self._end_quote(each, end, end))
                each.place = each.start = self._skip_blanks(end)
                self._open = [each]
            elif _FAMILY[each.mark] != "single" or each.done:
                yield from each.done
                yield self._end_quote(each, end, end)

    def _skip_blanks(self, place: int) -> int:
        return found.end() if (found := _BLANKS.match(self._text, place)) else place

    def _goes_on(self, opened: _Open, end: int, index: int) -> bool:
        """Whether the next mark repeats the opening one, or can only close it."""
        place, mark = self._marks[index] if index < len(self._marks) else (0, "")
        if _FAMILY.get(mark) != _FAMILY[opened.mark]:
            return False
        if place == self._skip_blanks(end):
            return mark == opened.mark or mark in _OPENING
        return mark in _CLOSING and opened.mark not in _STRAIGHT
