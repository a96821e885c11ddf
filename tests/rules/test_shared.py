"""Rules that several nouns share."""

from typing import Any, ClassVar

import pytest

from api import clock
from api.evidence.rules import classify_voice, list_wholes
from api.ledger.rules import (
    bound_day,
    bound_validity,
    check_cycle,
    check_period,
    drop_repeats,
    fold_text,
    read_ids,
)
from api.ledger.words import make_slug
from tests.rules.worlds import list_problems


def test_folding_takes_away_case_accents_and_blanks():
    assert fold_text("Crème  Brûlée", None, "STRASSE", "straße") == "creme brulee strasse strasse"


@pytest.mark.parametrize(
    ("written", "typed"),
    [("Wałęsa", "walesa"), ("ŠĐEKIĆ", "sdekic"), ("Ørsted", "orsted"), ("Əliyev", "aliyev"),
     ("Bak\N{LATIN SMALL LETTER DOTLESS I}", "baki"), ("Æsir þing", "aesir thing"), ("Ǿ", "o")],
)  # fmt: skip
def test_folding_writes_letters_as_they_are_typed_without_them(written: str, typed: str):
    assert fold_text(written) == typed == fold_text(fold_text(written))
    assert make_slug(written) == typed.replace(" ", "-")


def test_folding_keeps_other_scripts():
    assert fold_text("Київ") == fold_text("КИЇВ")


def test_ids_are_read_from_one_from_many_and_from_within():
    record = {"one": "a", "many": ["b", "!c"], "within": {"deep": "d"}}
    assert read_ids(record, "one") == ["a"]
    assert read_ids(record, "many") == ["b", "c"]
    assert read_ids(record, "within.deep") == ["d"]
    assert read_ids(record, "without.deep") == []


def test_unique_keeps_the_first_appearance():
    assert drop_repeats(["b", "a", "b"]) == ["b", "a"]


def test_an_unknown_day_has_unknown_bounds():
    assert bound_day("stated", None) == {"stated_from": clock.UNKNOWN, "stated_to": clock.UNKNOWN}


def test_an_uncertain_day_has_outer_bounds():
    assert bound_day("made", "2023-03") == {"made_from": "2023-03-01", "made_to": "2023-03-31"}


@pytest.mark.parametrize(
    ("record", "start", "end"),
    [
        ({"valid_from": "2023-03", "valid_to": "2024"}, "2023-03-01", "2024-12-31"),
        ({"valid_from": "2023-03-31", "attested_on": "2023-04-02"}, "2023-03-31", clock.OPEN),
        ({"attested_on": "2023-04-02"}, "2023-04-02", clock.OPEN),
        ({}, clock.UNKNOWN, clock.OPEN),
    ],
)
def test_validity_is_bounded_from_outside(record, start, end):
    assert bound_validity(record) == {"valid_start": start, "valid_end": end}


def test_a_period_may_not_end_before_it_starts():
    assert list_problems(check_period({"valid_from": "2023-03-31", "valid_to": "2023-03-30"})) == [
        "/valid_to"
    ]


def test_a_period_may_not_be_empty():
    assert list_problems(check_period({"valid_from": "2023-03-31", "valid_to": "2023-03-31"})) == [
        "/valid_to"
    ]


def test_a_period_may_possibly_have_an_order():
    assert list_problems(check_period({"valid_from": "2023-06", "valid_to": "2023"})) == []


def test_a_reason_for_an_end_needs_an_end():
    assert list_problems(check_period({"end_reason": "met"})) == ["/end_reason"]


def test_wholes_are_followed_to_the_top(world):
    world.put_record("actors", "ministry", part_of="norland")
    world.put_record("actors", "press-office", part_of="ministry")
    assert list_wholes("press-office", world) == ["press-office", "ministry", "norland"]


def test_wholes_end_where_a_circle_closes(world):
    world.put_record("actors", "egg", part_of="hen")
    world.put_record("actors", "hen", part_of="egg")
    assert list_wholes("egg", world) == ["egg", "hen"]


def test_nobody_named_or_described_is_narrated(world):
    assert classify_voice(None, None, "norland", "2024-03-05", world) == "narrated"


def test_a_description_alone_is_anonymous(world):
    assert classify_voice(None, "three officials", "norland", "2024-03-05", world) == "anonymous"


def test_a_holder_speaks_with_its_own_voice(world):
    assert classify_voice("norland", None, "norland", "2024-03-05", world) == "own"


def test_an_office_speaks_for_its_actor(world):
    world.put_record("actors", "aarvik", offices=[_make_office(speaks_for="norland")])
    assert classify_voice("aarvik", None, "norland", "2024-03-05", world) == "authorised"


def test_an_office_of_a_part_speaks_for_the_whole(world):
    world.put_record("actors", "ministry", part_of="norland")
    world.put_record("actors", "aarvik", offices=[_make_office(speaks_for="ministry")])
    assert classify_voice("aarvik", None, "norland", "2024-03-05", world) == "authorised"


def test_an_office_of_the_whole_does_not_speak_for_a_part(world):
    world.put_record("actors", "ministry", part_of="norland")
    world.put_record("actors", "aarvik", offices=[_make_office(speaks_for="norland")])
    assert classify_voice("aarvik", None, "ministry", "2024-03-05", world) == "relayed"


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"from": "2024-03-05"}, "authorised"),
        ({"from": "2024-03-06"}, "relayed"),
        ({"from": "2024-03~"}, "authorised"),
        ({"from": "2020", "to": "2024"}, "authorised"),
        ({"from": "2020", "to": "2023"}, "relayed"),
    ],
)
def test_an_office_speaks_while_it_possibly_lasts(world, period, expected):
    world.put_record("actors", "aarvik", offices=[_make_office(speaks_for="norland", **period)])
    assert classify_voice("aarvik", None, "norland", "2024-03-05", world) == expected


def test_an_office_that_speaks_for_nobody_relays(world):
    world.put_record("actors", "aarvik", offices=[_make_office()])
    assert classify_voice("aarvik", None, "norland", "2024-03-05", world) == "relayed"


def test_a_speaker_who_is_not_on_record_relays(world):
    assert classify_voice("nobody", None, "norland", "2024-03-05", world) == "relayed"


def _make_office(**more):
    return {"title": "minister", "of": "norland", **more}


def test_each_record_of_a_chain_is_followed_once(world):
    """Following the whole chain from each record held the write lock for a minute."""
    read: list[str] = []

    class Remembering:
        circles: ClassVar[dict[tuple[str, str], dict[str, bool]]] = {}

        def get(self, noun: str, id: str) -> dict[str, Any] | None:
            read.append(id)
            return world.get(noun, id)

    chain = [world.put_record("actors", f"actor-{n}", part_of=f"actor-{n + 1}") for n in range(500)]
    lookup = Remembering()
    assert not [*chain_problems(chain, lookup)]
    assert len(read) == 500
    world.put_record("actors", "actor-500", part_of="actor-400")
    lookup.circles.clear()
    assert len(chain_problems(chain, lookup)) == 500
    assert len(read) <= 1_100


def chain_problems(chain, lookup):
    return [each for record in chain for each in check_cycle(record, lookup, "actors", "part_of")]
