"""Cut a snippet: the text around the first hit, in pieces, with hits marked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.ledger.words import Phrase, PhraseChoice, locate_words

LONGEST, BEFORE = 240, 60
"""The most code points in a snippet, and the most of them before the first hit."""

Span = tuple[int, int]


def cut_snippet(texts: Sequence[str], choices: Sequence[PhraseChoice]) -> list[dict[str, Any]]:
    """Return pieces `{text, hit}` of the text that has phrases of the most choices.

    Joined, they are the text, or a part of it with … where it was cut.
    """
    best, most, spans = "", 0, list[Span]()
    for text in texts:
        found = [_find_spans(text, choice) for choice in choices]
        held = sum(map(bool, found))
        if held > most:
            best, most, spans = text, held, _merge_spans(span for each in found for span in each)
    return list(_split_pieces(best, spans))


def _sort_phrases(choice: PhraseChoice) -> tuple[tuple[str, ...], Mapping[str, list[Phrase]]]:
    """Return the beginnings of words, and the other phrases by their first word."""
    begun: list[str] = []
    whole: defaultdict[str, list[Phrase]] = defaultdict(list)
    for each in choice:
        if each.is_beginning and len(each.words) == 1:
            begun.append(each.words[0])
        else:
            whole[each.words[0]].append(each)
    return tuple(begun), whole


def _find_spans(text: str, choice: PhraseChoice) -> list[Span]:
    begun, whole = _sort_phrases(choice)
    stand = list(locate_words(text))
    spans: list[Span] = []
    for index, (word, start, end) in enumerate(stand):
        if begun and word.startswith(begun):
            spans.append((start, end))
        for phrase in whole.get(word, ()):
            here = stand[index : index + len(phrase.words)]
            if _starts_phrase(phrase, [each for each, _, _ in here]):
                spans.append((start, here[-1][2]))
    return spans


def _starts_phrase(phrase: Phrase, here: Sequence[str]) -> bool:
    *first, last = phrase.words
    if len(here) < len(phrase.words) or list(here[:-1]) != first:
        return False
    return here[-1].startswith(last) if phrase.is_beginning else here[-1] == last


def _merge_spans(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _split_pieces(text: str, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    begin, stop = _choose_window(text, spans[0][0] if spans else 0)
    at = begin
    ahead = "…" if begin else ""
    for start, end in spans:
        if end > stop:
            break
        if ahead or start > at:
            yield {"text": ahead + text[at:start], "hit": False}
        yield {"text": text[start:end], "hit": True}
        ahead, at = "", end
    rest = ahead + text[at:stop] + ("…" if stop < len(text) else "")
    if rest:
        yield {"text": rest, "hit": False}


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
