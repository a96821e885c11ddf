"""Forms of words: what finds each other, and what must not."""

from __future__ import annotations

import pytest

from api.ledger.words import Phrase
from api.search.forms import widen_to_forms


def widen(*words: str) -> list[set[str]]:
    return [set(map(str, each)) for each in widen_to_forms([(Phrase((word,)),) for word in words])]


@pytest.mark.parametrize(("typed", "found"), [
    ("negotiations", "negotiate"), ("withdraw", "withdrawal"), ("parties", "party"),
    ("stopped", "stop"), ("organise", "organization"), ("ceasefire", "cease fire"),
    ("settlement", "settle"), ("ended", "end"),
])  # fmt: skip
def test_a_word_finds_its_other_forms(typed: str, found: str):
    assert found in widen(typed)[0]


@pytest.mark.parametrize(("typed", "other"), [
    ("policy", "police"), ("war", "ward"), ("allies", "all"), ("station", "state"),
])  # fmt: skip
def test_a_word_does_not_find_a_stranger(typed: str, other: str):
    assert other not in widen(typed)[0]


def test_two_words_are_found_as_one():
    first, second = widen("cease", "fire")
    assert "ceasefire" in first & second


def test_a_beginning_stays_as_it_is():
    assert widen_to_forms([(Phrase(("trup",), is_beginning=True),)]) == [
        (Phrase(("trup",), is_beginning=True),)
    ]
