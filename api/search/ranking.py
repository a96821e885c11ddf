"""Rank hits by relevance: BM25 over the hits themselves.

Every hit has a phrase of each choice, so the rarity of a word does not distinguish hits and is left
out of the formula. What remains is how often the words stand in a text, and how long the text is.
A database's own ranking weighs words by all that is indexed, including what is indexed later: the
answer for an earlier moment would change.

Source: Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*,
Foundations and Trends in Information Retrieval 3 (2009), section 3.4, with k1 = 1.2, b = 0.75.
"""

from collections.abc import Iterable, Sequence

from api.ledger.words import Phrase, PhraseChoice

_K1, _B = 1.2, 0.75


def rank_texts(texts: Iterable[str], choices: Sequence[PhraseChoice]) -> list[int]:
    """Return the indices of texts (see `plain`), most relevant first; ties keep their order."""
    needles = [[*map(_write_needle, choice)] for choice in choices]
    counted = [(text.count(" ") + 1, _count_choices(text, needles)) for text in texts]
    average = sum(length for length, _ in counted) / max(len(counted), 1)
    scores = [
        sum(_score_count(times, length / average) for times in counts) for length, counts in counted
    ]
    return sorted(range(len(scores)), key=lambda place: -scores[place])


def _count_choices(text: str, needles: Sequence[Sequence[str]]) -> list[int]:
    """Count how often phrases of each choice stand in a text.

    `str.count` skips overlaps, and a match takes a blank on each side. So two blanks are put
    between words, and a repeated word is counted each time.
    """
    doubled = f" {text.replace(' ', '  ')} "
    return [sum(map(doubled.count, each)) for each in needles]


def _score_count(times: int, length: float) -> float:
    return times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))


def _write_needle(phrase: Phrase) -> str:
    return f" {'  '.join(phrase.words)}{'' if phrase.is_beginning else ' '}"
