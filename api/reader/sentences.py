"""Split paragraphs into sentences; a quotation is one item of the sentence in which it stands."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from api.reader.cues import Hit, Language, Word, split_words
from api.reader.quotes import Quote
from api.reader.speakers import Mention

SHORT = 4
"""So many words may stand alone; fewer are part of somebody else's sentence."""

_MOST_ITEMS = 200
"""So many words and quotations end a sentence: some steps compare all of them."""

_STOP = re.compile(r"[.!?…][\"”»’)\]]*\s|[.!?…]$|;\s|\n\s*\n")
_INSERTION = re.compile(r"[,!?…] ?[—–-] ([^—–«»]{4,100}?)(?:[.,:] ?[—–-] |[.,!?]?$)")
_TAG = re.compile(r"[,!?…] ?(?:[—–-] )?([^—–«»]{4,300}?)(?:[.,:] ?[—–-] |[.!?…]?$)")
_DASH = re.compile(r"(?:[—–―]|--?)\s+")


@dataclass(slots=True)
class Sentence:
    """The words outside quotations, and the quotations."""

    words: list[Word] = field(default_factory=list[Word])
    quotes: list[Quote] = field(default_factory=list[Quote])
    verbs: list[Hit] = field(default_factory=list[Hit])
    mentions: list[Mention] = field(default_factory=list[Mention])
    source: Mention | None = None  # whom a phrase like "according to" names
    subjects: dict[tuple[Hit, int], Mention | None] = field(
        default_factory=dict[tuple[Hit, int], Mention | None]
    )
    """Who speaks by a verb, from a word on, as far as it was asked."""

    def count_before(self, quote: Quote) -> int:
        """Count the words that begin before a quotation."""
        return bisect_left(self.words, quote.outer[0], key=attrgetter("start"))


def split_insertions(
    text: str, quote: Quote, rules: Language, pattern: re.Pattern[str] = _INSERTION
) -> Iterator[Quote]:
    """Split a quotation where it says itself who speaks: «Yes, — said he. — We agree»."""
    at = quote.start
    while found := pattern.search(text, at, quote.end):
        at = found.start() + 1
        words = split_words(found[1][:60])[:2]
        if any(rules.verbs.match(words, n) for n in range(len(words))):
            yield replace(quote, end=at, outer=(quote.outer[0], at))
            at = found.end()
            quote = replace(quote, start=at, outer=(at, quote.outer[1]))
    if quote.start < quote.end:
        yield quote


def split_dialogue(
    text: str, paragraphs: Sequence[tuple[int, int]], rules: Language
) -> dict[int, list[Quote]]:
    """Return what is said after dashes, by the place of the paragraph: "— Yes, said he"."""
    lines = ((*span, dash) for span in paragraphs if (dash := _DASH.match(text, *span)))
    quotes = [Quote(dash.end(), end, (start, end), -1 - start, 0) for start, end, dash in lines]
    split = ((each, [*split_insertions(text, each, rules, _TAG)]) for each in quotes)
    return {each.outer[0]: parts for each, parts in split if parts and parts[0].end < each.end}


def split_sentences(
    text: str, words: Sequence[Word], quotes: Sequence[Quote], rules: Language
) -> Iterator[Sentence]:
    """Yield the sentences of a paragraph; nested quotations are part of the outer ones."""
    outer = [each for each in quotes if each.depth == 0]
    ends = [each.outer[1] for each in outer]
    after = ((word, bisect_left(ends, word.start + 1)) for word in words)
    free = [w for w, n in after if n == len(outer) or w.end <= outer[n].outer[0]]
    items: list[Word | Quote] = sorted([*free, *outer], key=lambda each: _locate(each)[0])
    sentence = Sentence()
    for number, item in enumerate(items):
        if isinstance(item, Quote):
            sentence.quotes.append(item)
        else:
            sentence.words.append(item)
        is_long = len(sentence.words) + len(sentence.quotes) >= _MOST_ITEMS
        if is_long or number + 1 == len(items) or _ends(text, items[number : number + 7], rules):
            yield sentence
            sentence = Sentence()


def _locate(item: Word | Quote) -> tuple[int, int]:
    return item.outer if isinstance(item, Quote) else (item.start, item.end)


def _ends(text: str, items: Sequence[Word | Quote], rules: Language) -> bool:
    """Whether a sentence ends between the first item and the next."""
    item, then, *_ = items
    end, start = _locate(item)[1], _locate(then)[0]
    if not isinstance(then, Quote) and text[start].islower():
        return False
    gap = text[end:start]
    stops = _STOP.search(gap) is not None
    if isinstance(item, Word):
        is_short = len(item.folded) == 1 or item.folded in rules.words["abbreviations"]
        return stops and not (is_short and gap[:1] == ".")
    last = text[item.end - 1 : item.end]
    if stops or gap.strip() or last not in ".!?…":
        return stops
    following = [each for each in items if isinstance(each, Word)]
    asks = any(rules.verbs.match(following, n) for n in range(len(following)))
    return last == "." or isinstance(then, Quote) or not asks


def count_words(text: str, quote: Quote) -> int:
    """Count the words of a quotation."""
    return len(text[quote.start : quote.end].split())


def is_whole(text: str, quote: Quote) -> bool:
    """Whether a quotation may stand alone: no single words of a sentence."""
    return count_words(text, quote) >= SHORT or text[quote.end - 1] in ".,!?…"


def read_sign_before(text: str, place: int) -> str:
    """Return the last sign before a place that is no blank."""
    return text[max(0, place - 3) : place].rstrip()[-1:]
