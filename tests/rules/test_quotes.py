"""Where words really stand."""

from math import inf

import pytest

from api.statements.quotes import cut_passage, find_by_hash, find_nearest, text_hash

TEXT = "He said: the strait stays open to all ships. She said: the strait is shut."


def test_a_forged_word_shows_the_real_passage():
    found = find_nearest("the strait stays closed to all ships", TEXT, 9, inf)
    assert str(found) == "“the strait stays open to all ships” at 9\N{EN DASH}43"


def test_a_left_out_word_shows_the_real_passage():
    found = find_nearest("strait stays to all ships", TEXT, 13, inf)
    assert found is not None
    assert found.words == TEXT[found.start : found.end]
    assert "strait stays open to all" in found.words


def test_a_misplaced_quotation_shows_its_place():
    found = find_nearest("stays open", TEXT, 0, inf)
    assert found is not None
    assert (found.start, found.end) == (20, 30)


def test_of_several_places_the_closest_is_shown():
    assert find_nearest("the strait", TEXT, 50, inf).start == 55
    assert find_nearest("the strait", TEXT, 10, inf).start == 9


def test_nothing_alike_is_nothing():
    assert find_nearest("zzzzqqqqxxxxjjjj", TEXT, 0, inf) is None


def test_an_empty_text_holds_nothing():
    assert find_nearest("the strait", "", 0, inf) is None


def test_offsets_count_code_points_beyond_ascii():
    text = "Ґанок 😀😀: «жодних умов для розмов»."
    found = find_nearest("жодних умов для розмив", text, 0, inf)
    assert found is not None
    assert found.words == "жодних умов для розмов"
    assert text[found.start : found.end] == found.words


def test_offsets_count_astral_characters_as_one():
    text = "😀😀 said 𐍈 loudly"
    found = find_nearest("said 𐍈 loudlx", text, 0, inf)
    assert found is not None
    assert (found.start, found.end) == (3, 16)


def test_words_without_blanks_between_them_are_not_widened_without_end():
    text = "他说" + "停火谈判" * 20
    found = find_nearest("停火谈判停x谈判", text, 2, inf)
    assert found is not None
    assert len(found.words) <= len("停火谈判停x谈判")


def test_a_quotation_longer_than_the_text_shows_the_whole_text():
    found = find_nearest(
        "the strait stays open to all ships, he said", "the strait stays open", 0, inf
    )
    assert found is not None
    assert found.words == "the strait stays open"


def test_a_passage_is_widened_to_whole_words_but_not_across_a_wall_of_letters():
    text = "a" * 40 + "bcd efg" + "h" * 5
    found = find_nearest("bcd efx", text, 40, inf)
    assert found is not None
    assert found.words == "bcd efghhhhh"


@pytest.mark.parametrize("shift", [-9, -1, 1, 20])
def test_a_hash_is_found_around_its_place(shift):
    found = find_by_hash(text_hash("stays open"), TEXT, 20 + shift, 30 + shift, inf)
    assert found is not None
    assert (found.start, found.end) == (20, 30)


def test_a_hash_of_other_words_is_found_nowhere():
    assert find_by_hash(text_hash("stays shut"), TEXT, 20, 30, inf) is None


def test_a_hash_is_not_looked_for_across_a_whole_book():
    assert find_by_hash(text_hash("needle"), "." * 10_000 + "needle", 0, 6, inf) is None


def test_a_passage_ends_with_its_text():
    assert cut_passage("short", 2, 99).end == 5
