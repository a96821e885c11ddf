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
_INSERTION = re.compile(r"[,!?…] ?[—–-] ([^—–«»]{4,100}?)[.,:] ?[—–-] ")


@dataclass(slots=True)
class Sentence:
    """The words outside quotations, and the quotations."""

    words: list[Word] = field(default_factory=list[Word])
    quotes: list[Quote] = field(default_factory=list[Quote])
    verbs: list[Hit] = field(default_factory=list[Hit])
    mentions: list[Mention] = field(default_factory=list[Mention])


def split_insertions(text: str, quote: Quote, rules: Language) -> Iterator[Quote]:
    """Split a quotation where it says itself who speaks: «Yes, — said he. — We agree»."""
    for found in _INSERTION.finditer(text, quote.start, quote.end):
        words = split_words(found[1])[:2]
        if any(rules.verbs.match(words, n) for n in range(len(words))):
            end = found.start() + 1
            yield replace(quote, end=end, outer=(quote.outer[0], end))
            outer = found.end(), quote.outer[1]
            quote = replace(quote, start=found.end(), outer=outer)
    yield quote


def split_sentences(
    text: str, words: Sequence[Word], quotes: Sequence[Quote], rules: Language
) -> Iterator[Sentence]:
    """Yield the sentences of a paragraph; nested quotations are part of the outer ones."""
    outer = [each for each in quotes if each.depth == 0]
    inside = iter(outer)
    quote = next(inside, None)
    items: list[Word | Quote] = []
    for word in words:
        while quote and quote.outer[1] <= word.start:
            items.append(quote)
            quote = next(inside, None)
        if not quote or word.end <= quote.outer[0]:
            items.append(word)
    items += [quote, *inside] if quote else []
    sentence = Sentence()
    for number, item in enumerate(items):
        if isinstance(item, Quote):
            sentence.quotes.append(item)
        else:
            sentence.words.append(item)
        is_long = len(sentence.words) + len(sentence.quotes) >= _MOST_ITEMS
        if is_long or number + 1 == len(items) or _ends(text, items, number, rules):
            yield sentence
            sentence = Sentence()


def _ends(text: str, items: Sequence[Word | Quote], number: int, rules: Language) -> bool:
    """Whether a sentence ends between an item and the next."""
    item, then = items[number], items[number + 1]
    end = item.outer[1] if isinstance(item, Quote) else item.end
    start = then.outer[0] if isinstance(then, Quote) else then.start
    gap = text[end:start]
    begins = isinstance(then, Quote) or not text[start].islower()
    if isinstance(item, Word):
        is_short = len(item.folded) == 1 or item.folded in rules.words["abbreviations"]
        return bool(_STOP.search(gap)) and begins and not (is_short and gap[:1] == ".")
    if _STOP.search(gap):
        return begins
    last = text[item.end - 1 : item.end]
    if not begins or gap.strip() or last not in ".!?…":
        return False
    following = [each for each in items[number + 1 : number + 7] if isinstance(each, Word)]
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


def count_words_before(words: Sequence[Word], place: int) -> int:
    """Count the words that begin before a place."""
    return bisect_left(words, place, key=attrgetter("start"))
