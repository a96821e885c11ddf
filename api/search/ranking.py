"""Which hits are the most relevant: BM25 over the hits themselves.

Every hit holds something of each choice, so a word's rarity tells them not apart and is left out;
what is left is how often the words stand in a text, and how long it is. An engine's own ranking
weighs by all that it ever indexed, also later: the answer for a moment would change.

Source: Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond*,
Foundations and Trends in Information Retrieval 3 (2009), section 3.4, with k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.ledger.words import Choice, Phrase

_K1, _B = 1.2, 0.75


def rank_texts(texts: Sequence[str], choices: Sequence[Choice]) -> list[int]:
    """Give the places of texts (see `plain`), the most relevant first; equals keep their order."""
    lengths = [text.count(" ") + 1 for text in texts]
    average = sum(lengths) / max(len(lengths), 1)
    scores = [
        sum(_score_count(_count_phrases(text, choice), length / average) for choice in choices)
        for text, length in zip(map(_double_blanks, texts), lengths, strict=True)
    ]
    return sorted(range(len(texts)), key=lambda place: -scores[place])


def _score_count(times: int, length: float) -> float:
    return times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length))


def _count_phrases(spread: str, choice: Choice) -> int:
    return sum(spread.count(_write_needle(phrase)) for phrase in choice)


def _double_blanks(text: str) -> str:
    """Put two blanks between words, so that neighbours are counted though both need a blank."""
    return f" {text.replace(' ', '  ')} "


def _write_needle(phrase: Phrase) -> str:
    return f" {'  '.join(phrase.words)}{'' if phrase.is_beginning else ' '}"
