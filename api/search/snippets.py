"""Cut a snippet: the text around the first hit, in pieces, with hits marked.

Phrases are looked for in the stored words of a record, and its text is read up to the end of the
snippet and no further: a position may quote a megabyte.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice, takewhile
from operator import itemgetter
from typing import Any

from api.ledger.words import BETWEEN, Phrase, PhraseChoice, locate_words

LONGEST, BEFORE = 240, 60
"""The most code points in a snippet, and the most of them before the first hit."""

Span = tuple[int, int]


def cut_snippet(
    texts: Sequence[str], words: str, choices: Sequence[PhraseChoice]
) -> list[dict[str, Any]]:
    """Return pieces `{text, hit}` of the text that has phrases of the most choices.

    `words` are those of the texts (`join_words`). Joined, the pieces are the text, or a part of it
    with … where it was cut.
    """
    number, first = _find_first_hit(words, choices)
    with_words = (each for each in texts if any(locate_words(each)))
    text = next(islice(with_words, number, None), "") if first >= 0 else ""
    spans = list(_find_spans(text, first, [*chain(*choices)])) if text else []
    return list(_split_pieces(text, spans)) if spans else []


def _find_first_hit(words: str, choices: Sequence[PhraseChoice]) -> tuple[int, int]:
    """Return which text has phrases of the most choices, and which of its words begins the first.

    Texts without words do not count. The second number is -1 if no text has a phrase.
    """
    needles = [[*map(_write_needle, choice)] for choice in choices]
    most, chosen = 0, (0, -1)
    for number, part in enumerate(words.split(BETWEEN)):
        padded = f" {part} "
        places = [[padded.find(each) for each in choice] for choice in needles]
        found = [[place for place in some if place >= 0] for some in places]
        if (count := sum(map(bool, found))) > most:
            most, chosen = count, (number, padded.count(" ", 0, min(chain(*found))))
        if count == len(choices):
            break
    return chosen


def _write_needle(phrase: Phrase) -> str:
    return f" {phrase}{'' if phrase.is_beginning else ' '}"


def _find_spans(text: str, first: int, phrases: Sequence[Phrase]) -> Iterator[Span]:
    """Yield where phrases stand from a word on, as far as a snippet that has it can reach."""
    by_word: defaultdict[str, list[Phrase]] = defaultdict(list)
    for each in phrases:
        is_open = each.is_beginning and len(each.words) == 1
        by_word["" if is_open else each.words[0]].append(each)
    following = islice(locate_words(text), first, None)
    begin = next(following, None)
    if begin is None:
        return
    stand = [begin, *takewhile(lambda word: word[1] < begin[1] + LONGEST, following)]
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
    first = min(spans)[0]
    begin, stop = _choose_window(text, first)
    shown = [(start, min(end, stop)) for start, end in spans if end <= stop or start == first]
    hits = {place for start, end in shown for place in range(start, end)}
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
