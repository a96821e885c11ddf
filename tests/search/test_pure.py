"""The parsing of search texts, the ranking of hits and the cutting of snippets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ledger.words import Phrase, _fold_character, join_words
from api.search.parsing import format_search_text, parse_search_text, widen_to_names
from api.search.ranking import rank_texts
from api.search.snippets import LONGEST, cut_snippet


@pytest.mark.parametrize(
    ("typed", "found", "left_out"),
    [
        ("talks Peace", ["talks", "peace"], []),
        ('"peace talks" -truce', ["peace talks"], ["truce"]),
        ("“peace talks”", ["peace talks"], []),
        ('-"peace talks"', [], ["peace talks"]),
        ("no-fly talks - truce", ["no fly", "talks", "truce"], []),
        ("talks talks", ["talks"], []),
        ('"never closed', ["never closed"], []),
        ('* " - "" OR', ["or"], []),
    ],
)
def test_what_is_typed_is_read_as_phrases(typed, found, left_out):
    read = parse_search_text(typed)
    assert [str(each) for each in read.included] == found
    assert [str(each) for each in read.excluded] == left_out


@pytest.mark.parametrize("typed", ["peac*", '"peac"*', "peac**"])
def test_a_star_lets_a_word_go_on(typed):
    assert parse_search_text(typed).included == (Phrase(("peac",), is_beginning=True),)


def test_a_name_stands_for_all_names_and_a_beginning_does_not():
    names = {"kiev": ["kyiv", "kiev", "city of kyiv"]}
    assert widen_to_names(parse_search_text("Kiev kiev*").included, names) == [
        (Phrase(("kiev",)), Phrase(("kyiv",)), Phrase(("city", "of", "kyiv"))),
        (Phrase(("kiev",), is_beginning=True),),
    ]


def test_words_that_stand_often_in_few_are_more_relevant():
    texts = [join_words([text]) for text in ("talks on many other things", "talks", "talks talks")]
    assert rank_texts(texts, [(Phrase(("talks",)),)]) == [2, 1, 0]


def test_equally_relevant_texts_keep_their_order():
    assert rank_texts(["a b", "b a", "a c"], [(Phrase(("a",)),)]) == [0, 1, 2]


def test_neighbours_are_counted_each():
    assert rank_texts(["a b b b b", "a a b b b", "a a a a a"], [(Phrase(("a",)),)]) == [2, 1, 0]


def mark_hits(text: str, typed: str) -> str:
    choices = widen_to_names(parse_search_text(typed).included, {})
    pieces = cut_snippet([text], join_words([text]), choices)
    return "".join(f"[{p['text']}]" if p["hit"] else p["text"] for p in pieces)


@pytest.mark.parametrize(
    ("text", "typed", "seen"),
    [
        ("Peace talks end.", "talks", "Peace [talks] end."),
        ("Peace talks end.", '"peace talks" talk*', "[Peace talks] end."),
        ("The Québécois agree", "quebecois", "The [Québécois] agree"),
        ("no-fly zone", '"no fly zo"*', "[no-fly zone]"),
        ("end to end", "end", "[end] to [end]"),
    ],
)
def test_a_snippet_tells_hits_apart(text, typed, seen):
    assert mark_hits(text, typed) == seen


def test_a_snippet_is_of_the_text_that_holds_the_most():
    texts = ["talks", "—", "peace and talks", "peace talks"]
    choices = widen_to_names(parse_search_text("peace talks").included, {})
    pieces = cut_snippet(texts, join_words(texts), choices)
    assert [p["text"] for p in pieces if p["hit"]] == ["peace", "talks"]


def test_a_long_text_is_cut_around_the_first_hit():
    seen = mark_hits("word " * 100 + "peace" + " word" * 100, "peace")
    assert "[peace]" in seen
    assert seen.startswith("…word")
    assert seen.endswith("word…")
    assert len(seen) <= LONGEST + len("[]……")


def test_a_phrase_that_is_longer_than_a_snippet_is_marked_as_far_as_it_is_shown():
    phrase = " ".join(7 * ["w" * (LONGEST // 8)])
    seen = mark_hits("before " * 50 + phrase, f'"{phrase}"')
    assert "[www" in seen
    assert seen.endswith("]…")


def count_folded(texts: list[str]) -> int:
    """Return how many characters are folded for a snippet."""
    choices, words = [(Phrase(("peace",)),)], join_words(texts)
    before = _fold_character.cache_info()
    assert any(each["hit"] for each in cut_snippet(texts, words, choices))
    after = _fold_character.cache_info()
    return after.hits + after.misses - before.hits - before.misses


def test_a_snippet_costs_no_more_if_the_text_goes_on():
    assert count_folded(["é peace " + "é word " * 20_000]) < 1_000


def test_a_snippet_costs_no_more_if_other_texts_have_the_words_too():
    assert count_folded(["é word"] + ["é peace"] * 1_000) < 100


@given(st.text("aé b.\u0301½", max_size=300), st.text("ab", min_size=1, max_size=2))
def test_pieces_put_together_are_the_text_or_a_part_of_it(text, word):
    pieces = cut_snippet([text], join_words([text]), [(Phrase((word,)),)])
    whole = "".join(each["text"] for each in pieces)
    assert whole.removeprefix("…").removesuffix("…") in text
    assert any(p["hit"] for p in pieces) == (word in join_words([text]).split())


@given(st.text('ab"*- ', max_size=30))
def test_nothing_that_is_typed_is_an_error(text):
    assert all(phrase.words for phrase in parse_search_text(text).included)


def test_a_cursor_digests_a_text_as_the_first_release_did():
    assert parse_search_text('Kiev* -"peace talks"').cursor_key == (
        "Said(found=(Phrase(words=('kiev',), is_beginning=True),), "
        "left_out=(Phrase(words=('peace', 'talks'), is_beginning=False),))"
    )


@pytest.mark.parametrize(
    "typed",
    ["peace talks", '"peace talks" no-fly', 'Kiev* -"peace talks"* -truce', '"begin th"* -a-b*'],
)
def test_a_search_text_is_written_so_that_it_is_read_alike(typed: str):
    read = parse_search_text(typed)
    assert parse_search_text(format_search_text(read)) == read
