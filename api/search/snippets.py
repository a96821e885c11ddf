"""Cut a snippet: the text around the first hit, in pieces, with hits marked."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from api.ledger.words import Phrase, PhraseChoice, locate_words

LONGEST, BEFORE = 240, 60
"""The most code points in a snippet, and the most of them before the first hit."""

Span = tuple[int, int]


def cut_snippet(texts: Sequence[str], choices: Sequence[PhraseChoice]) -> list[dict[str, Any]]:
    """Return pieces `{text, hit}` of the text that has phrases of the most choices.

    Joined, they are the text, or a part of it with … where it was cut.
    """
    found = ((text, [list(_find_spans(text, each)) for each in choices]) for text in texts)
    best, spans = max(found, key=lambda each: sum(map(bool, each[1])), default=("", []))
    return list(_split_pieces(best, list(chain(*spans)))) if any(spans) else []


def _find_spans(text: str, choice: PhraseChoice) -> Iterator[Span]:
    by_word: defaultdict[str, list[Phrase]] = defaultdict(list)
    for each in choice:
        is_open = each.is_beginning and len(each.words) == 1
        by_word["" if is_open else each.words[0]].append(each)
    stand = list(locate_words(text))
    for index, (word, start, _) in enumerate(stand):
        for phrase in (*by_word.get("", ()), *by_word.get(word, ())):
            here = stand[index : index + len(phrase.words)]
            if _is_phrase(phrase, [each for each, _, _ in here]):
                yield start, here[-1][2]


def _is_phrase(phrase: Phrase, here: Sequence[str]) -> bool:
    *first, last = phrase.words
    if len(here) < len(phrase.words) or list(here[:-1]) != first:
        return False
    return here[-1].startswith(last) if phrase.is_beginning else here[-1] == last


def _split_pieces(text: str, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    begin, stop = _choose_window(text, min(spans)[0])
    hits = {place for start, end in spans if end <= stop for place in range(start, end)}
    signs = [(text[place], place in hits) for place in range(begin, stop)]
    cut = [("…", False)]
    signs = cut * (begin > 0) + signs + cut * (stop < len(text))
    for is_hit, some in groupby(signs, key=itemgetter(1)):
        yield {"text": "".join(sign for sign, _ in some), "hit": is_hit}


def _choose_window(text: str, first: int) -> Span:
    """Return where to cut the text: between words, if a blank is near enough."""
    begin = max(0, first - BEFORE) if len(text) > LONGEST else 0
    if begin:
        blank = text.find(" ", begin, first)
        begin = begin if blank < 0 else blank + 1
    stop = min(len(text), begin + LONGEST)
    if stop < len(text):
        blank = text.rfind(" ", stop - BEFORE, stop)
        stop = stop if blank < 0 else blank
    return begin, stop
