"""A statement's place in the text is found by its words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from api.ledger.rules import text_hash
from tests.coding.random_texts import check_places, quotes_in_texts
from tests.worlds import Registry, make_draft, parse_answer

TEXT = "He said no. She said: “no, no” — and left the talks. 👩‍👧 Ende."


@pytest.fixture
def attached(registry: Registry) -> Registry:
    source = make_draft("sources", id="x", text_sha256=text_hash(TEXT), text_length=len(TEXT),
                        text_public=True)  # fmt: skip
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text("x", TEXT))
    return registry


def say(**fields: Any) -> dict[str, Any]:
    return {"id": "said", "source": "x", "attestation": "indirect", "gist": "No.",
            "attested_on": "2024-03-05", **fields}  # fmt: skip


def read_fault(registry: Registry, **fields: Any) -> str:
    [fault] = parse_answer(registry.post("/v1/statements", say(**fields)), 422)["errors"]
    return fault["detail"]


@settings(max_examples=25)
@given(drawn=quotes_in_texts())
def test_a_quote_is_found_at_its_place_whatever_the_text_holds(drawn: tuple[str, int, int]):
    check_places(drawn)


@pytest.mark.parametrize(("around", "start"), [
    ({"prefix": "He said "}, 8), ({"prefix": "he said: “"}, 23), ({"prefix": "She said"}, 23),
    ({"suffix": "” — and left"}, 27), ({"prefix": "no,", "suffix": "and left"}, 27),
])  # fmt: skip
def test_words_that_stand_in_several_places_are_told_apart(
    attached: Registry, around: dict[str, str], start: int
):
    made = parse_answer(attached.post("/v1/statements", say(exact="no", **around)), 201)
    assert (made["start"], made["end"], made["verified"]) == (start, start + 2, True)
    assert (made["prefix"], made["suffix"]) == (None, None)


def test_several_places_are_listed_with_what_is_around_them(attached: Registry):
    detail = read_fault(attached, exact="no")
    assert "stands in 3 places" in detail
    assert "at 23, between “He said no. She said: “”" in detail


def test_the_nearest_passage_is_shown_where_the_words_are_not(attached: Registry):
    assert "left the talks" in read_fault(attached, exact="left teh talks")
    assert "between this prefix" in read_fault(attached, exact="no", prefix="Ende", suffix="Ende")


def test_the_words_of_a_span_are_not_kept(attached: Registry):
    made = parse_answer(attached.post("/v1/statements", say(span="left the talks")), 201)
    assert TEXT[made["start"] : made["end"]] == "left the talks"
    assert made["exact"] is None
    assert made["exact_sha256"] == text_hash("left the talks")
    assert "span" not in made


@pytest.mark.parametrize(("words", "told"), [
    ("left the talks", None), ("eft the talks", "cuts a word"), ("left the ", "blank"),
    ("👩", "cuts a word"), ("👩\u200d👧", None), (TEXT, None),
])  # fmt: skip
def test_an_odd_span_of_a_gist_warns(attached: Registry, words: str, told: str | None):
    start = TEXT.index(words)
    made = parse_answer(
        attached.post("/v1/statements", say(start=start, end=start + len(words))), 201
    )
    details = [each["detail"] for each in made.get("warnings", [])]
    assert [told in each for each in details] == ([] if told is None else [True])


def test_a_place_is_found_when_the_text_comes_later(registry: Registry):
    source = make_draft("sources", id="x", text_sha256=text_hash(TEXT), text_length=len(TEXT))
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.post("/v1/statements", say(exact="no", prefix="She said: “")), 201)
    parse_answer(registry.post("/v1/statements", say(id="gist")), 201)
    assert "attach it" in read_fault(registry, id="span", span="left the talks")
    parse_answer(registry.put_text("x", TEXT))
    made = parse_answer(registry.get("/v1/statements/said"))
    assert (made["start"], made["prefix"], made["verified"]) == (23, None, True)
    assert parse_answer(registry.get("/v1/statements/gist"))["start"] is None
    assert registry.get("/statements/gist").status_code == 200


def test_of_very_many_places_none_is_taken_for_the_only_one(registry: Registry):
    text = "".join(f"{'Ann: said' if n in (100, 300) else 'X'}: yes. " for n in range(400))
    source = make_draft("sources", id="x", text_sha256=text_hash(text), text_length=len(text))
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text("x", text))
    detail = read_fault(registry, exact="yes", prefix="Ann said")
    assert "in more than 200 places, nowhere between this prefix and suffix to the letter" in detail
    assert "stands in 2 places" in read_fault(registry, exact="yes", prefix="Ann: said: ")


def test_without_the_text_no_other_place_is_chosen(attached: Registry):
    parse_answer(attached.post("/v1/statements", say(exact="no", prefix="He said ")), 201)
    parse_answer(attached.send("DELETE", "/v1/sources/x/text"), 204)

    def amend(status: int = 200, **around: str) -> Any:
        etag = attached.get("/v1/statements/said").headers["ETag"]
        draft = say(exact="no", **around)
        return parse_answer(attached.put("/v1/statements/said", draft, etag), status)

    [fault] = amend(422, prefix="no, ")["errors"]
    assert (fault["pointer"], "is not attached" in fault["detail"]) == ("/prefix", True)
    assert amend()["start"] == 8
    parse_answer(attached.put_text("x", TEXT))
    assert amend(prefix="no, ")["start"] == 27


@pytest.mark.parametrize(("fields", "pointer"), [
    ({"exact": "no", "span": "no"}, "/span"), ({"prefix": "x"}, "/prefix"), ({"end": 5}, "/start"),
    ({"start": 5}, "/end"), ({"exact": "no", "start": 8, "end": 11}, "/exact"),
    ({"span": "no", "start": 8, "end": 11}, "/span"),
])  # fmt: skip
def test_places_that_contradict_themselves_are_refused(
    attached: Registry, fields: dict[str, Any], pointer: str
):
    [fault] = parse_answer(attached.post("/v1/statements", say(**fields)), 422)["errors"]
    assert fault["pointer"] == pointer
