"""How texts are cut into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ledger.words import LONGEST_WORD, join_words, locate_words, split_words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kíev, KYIV!", ("kiev", "kyiv")),
        ("Russia's no-fly zone", ("russia", "s", "no", "fly", "zone")),
        ("A/RES/68/262", ("a", "res", "68", "262")),
        ("Straße ﬁne", ("strasse", "fine")),
        ("中国 Китай", ("中国", "китаи")),
        ("snake_case", ("snake", "case")),
        ("…!", ()),
    ],
)
def test_words_are_folded_runs_of_letters_and_digits(text, found):
    assert split_words(text) == found


def test_no_phrase_reaches_from_one_text_into_the_next():
    assert join_words(["Kyiv", "…", "Talks end"]) == "kyiv | talks end"


def test_a_word_counts_up_to_a_length():
    assert split_words("x" * 5_000) == ("x" * LONGEST_WORD,)


def test_a_word_is_placed_with_its_accents():
    text = "in Que\u0301bec"
    (_, first, second) = [("", 0, 0), *locate_words(text)]
    assert text[first[1] : first[2]] == "in"
    assert text[second[1] : second[2]] == "Que\u0301bec"


@given(st.text())
def test_places_are_of_the_very_words(text):
    found = list(locate_words(text))
    assert tuple(word for word, _, _ in found) == split_words(text)
    assert all(0 <= start < end <= len(text) for _, start, end in found)
