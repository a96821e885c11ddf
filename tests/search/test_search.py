"""`/v1/search`, end to end."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.test_answers import OPERATIONS, check_answer
from tests.worlds import Registry, make_draft, parse_answer

URL = "/v1/search"


def list_found(registry: Registry, **query) -> list[str]:
    return [
        f"{each['noun']}/{each['id']}" for each in parse_answer(registry.get(URL, **query))["data"]
    ]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_one_name_of_an_actor_finds_what_bears_another(registry_of, engine):
    seed = registry_of("seed", engine=engine)
    by_kiev = list_found(seed, q="Kiev", limit=1000)
    assert by_kiev == list_found(seed, q="kyïv", limit=1000)
    assert {"actors/ukraine", "propositions/demands-met"} < {*by_kiev}


def test_a_name_is_the_one_known_then(registry: Registry):
    registry.post(
        "/v1/actors", make_draft("actors", id="town", name="Newtown", aliases=["Oldtown"])
    )
    registry.post(
        "/v1/propositions", make_draft("propositions", id="said", text="Newtown is free.")
    )
    before = registry.head
    assert list_found(registry, q="Oldtown") == ["propositions/said", "actors/town"]
    registry.amend("/v1/actors/town", aliases=[])
    assert list_found(registry, q="Oldtown") == []
    assert list_found(registry, q="Oldtown", known_at=before) == [
        "propositions/said",
        "actors/town",
    ]


def test_a_position_is_found_by_words_of_its_own_alone(registry: Registry):
    registry.post("/v1/propositions", make_draft("propositions", id="said", text="Gulls sing."))
    registry.post(
        "/v1/positions",
        make_draft("positions", id="held", proposition="said", note="Odd.", responds_to=None),
    )
    assert list_found(registry, q="gulls") == ["propositions/said"]
    assert list_found(registry, q="odd", noun="positions") == ["positions/held"]


def test_a_position_is_found_by_what_its_evidence_says_now(registry: Registry):
    statement = make_draft(
        "statements",
        id="words",
        exact=None,
        exact_sha256=None,
        gist="Gulls sing.",
        attestation="indirect",
        speaker=None,
    )
    assert registry.post("/v1/statements", statement).status_code == 201
    registry.post("/v1/positions", make_draft("positions", id="held", evidence=["words"]))
    before = registry.head
    assert list_found(registry, q="gulls") == ["positions/held", "statements/words"]
    registry.amend("/v1/statements/words", gist="Terns sing.")
    assert list_found(registry, q="gulls") == []
    assert list_found(registry, q="terns") == ["positions/held", "statements/words"]
    assert list_found(registry, q="gulls", known_at=before) == [
        "positions/held",
        "statements/words",
    ]


def test_what_is_retracted_is_found_no_more(registry: Registry):
    registry.post("/v1/actors", make_draft("actors", id="town", name="Newtown", aliases=[]))
    registry.retract("/v1/actors/town")
    assert list_found(registry, q="Newtown") == []
    assert list_found(registry, q="Newtown", known_at=registry.head - 1) == ["actors/town"]


def test_hits_are_narrowed_by_noun_and_conflict(reading: Registry):
    whole = list_found(reading, q="peace", limit=1000)
    some = list_found(reading, q="peace", noun="propositions,actors", limit=1000)
    assert some == [each for each in whole if each.startswith(("propositions/", "actors/"))]
    assert some
    within = parse_answer(reading.get(URL, q="peace", conflict="war-in-ukraine", limit=1000))[
        "data"
    ]
    assert {each["conflict"] for each in within} == {"war-in-ukraine"}


@pytest.mark.parametrize("sort", ["newest", "relevance"])
def test_pages_put_together_are_the_whole_list(registry_of, sort):
    seed = registry_of("seed")
    whole = list_found(seed, q="Russia", sort=sort, limit=1000)
    pages, url = [], f"{URL}?q=Russia&sort={sort}&limit=7"
    while url:
        page = parse_answer(seed.get(url))
        pages += [f"{each['noun']}/{each['id']}" for each in page["data"]]
        url = page["next"]
        # What is written meanwhile does not show.
        seed.post("/v1/actors", make_draft("actors", id=f"new-{len(pages)}", name="Russia too"))
    assert pages == whole
    assert len(whole) > 14


def test_relevance_puts_first_what_says_it_most_briefly(registry: Registry):
    for id, text in (("brief", "Gulls sing."), ("long", "Gulls and others sing on and on.")):
        registry.post("/v1/propositions", make_draft("propositions", id=id, text=text))
    assert list_found(registry, q="gulls") == ["propositions/long", "propositions/brief"]
    ranked = list_found(registry, q="gulls", sort="relevance")
    assert ranked == ["propositions/brief", "propositions/long"]


def test_an_answer_says_that_more_hits_than_it_ranked_are_there(reading: Registry, monkeypatch):
    assert parse_answer(reading.get(URL, q="Russia", sort="relevance"))["complete"]
    monkeypatch.setattr("api.search.answers.RELEVANCE_BOUND", 3)
    ranked = parse_answer(reading.get(URL, q="Russia", sort="relevance", limit=49))
    assert not ranked["complete"]
    newest = list_found(reading, q="Russia", limit=3)
    assert {f"{each['noun']}/{each['id']}" for each in ranked["data"]} == {*newest}
    (row,) = reading.get(f"{URL}.json", q="Russia", sort="relevance", limit=1).get_json()
    assert row["complete"] is False


def test_a_name_that_stands_for_too_many_names_is_looked_for_by_some_of_them(registry: Registry):
    for number in range(3):
        aliases = [f"Zorb {number} of {each}" for each in range(40)]
        new = make_draft("actors", id=f"zorb-{number}", name="Zorb", aliases=aliases)
        registry.post("/v1/actors", new)
    answer = parse_answer(registry.get(URL, q="zorb"))
    assert [each["id"] for each in answer["data"]] == ["zorb-2", "zorb-1", "zorb-0"]
    assert not answer["complete"]
    assert parse_answer(registry.get(URL, q='"zorb 1 of 3"'))["complete"]


def test_a_cursor_of_another_search_is_refused(reading: Registry):
    url = parse_answer(reading.get(URL, q="Russia", limit=1))["next"]
    answer = reading.get(url.replace("q=Russia", "q=Ukraine"))
    assert answer.status_code == 422
    assert "another search" in answer.get_json()["errors"][0]["detail"]


@pytest.mark.parametrize("sort", ["newest", "relevance"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_cursor_made_by_hand_is_refused_or_leads_nowhere(registry_of, engine: str, sort: str):
    registry = registry_of("seed", engine=engine)
    url = parse_answer(registry.get(URL, q="Russia", sort=sort, limit=1))["next"]
    cursor = parse_qs(urlsplit(url).query)["cursor"][0]
    number, day, question, _ = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place, status in ((2**53 - 1, 422), (2**32, 422), (2**32 - 1, 200)):
        made = json.dumps([number, day, question, [place]], separators=(",", ":")).encode()
        forged = urlsafe_b64encode(made).decode().rstrip("=")
        assert registry.get(url.replace(cursor, forged)).status_code == status


def test_rows_are_flat_and_lead_on(reading: Registry):
    answer = reading.get(f"{URL}.csv", q="truce", columns="noun,snippet", limit=1)
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "noun,snippet"
    assert "truce" in lines[1]
    assert 'rel="next"' in answer.headers["Link"]
    assert len(reading.get(f"{URL}.ndjson", q="truce", limit=1).get_data().splitlines()) == 1


def test_a_search_is_not_sent_twice(reading: Registry):
    first = reading.get(URL, q="truce")
    again = reading.get(URL, q="truce", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_pinned_search_may_be_kept(reading: Registry):
    answer = reading.get(URL, q="truce", known_at=1)
    assert "max-age" in answer.headers["Cache-Control"]


ODD = (
    '"', "'", "*", "-", 'a"b', "NEAR(a b)", "a OR", "AND", "words:a", "^a", "{a}", "(", "a:*b", "%",
    "\\", "_", "'; --", "a & | !", "<->", "¶actors", "\u2028", "😀", "中国", "x" * 190,
)  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_odd_input_is_never_an_error_of_the_engine(registry_of, engine):
    seed = registry_of("seed", engine=engine)
    for typed in ODD:
        for question in (
            f"peace {typed}",
            f"peace -{typed}",
            f'peace "{typed}"',
            f"peace {typed}*",
        ):
            assert seed.get(URL, q=question).status_code == 200, question
        assert seed.get(URL, q=typed).status_code in (200, 422), typed


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_words_that_stand_for_many_names_are_looked_for_and_left_out(registry_of, engine: str):
    registry = registry_of("empty", engine=engine)
    aliases = [f"w{n} v" if n % 2 else f"w{n}" for n in range(200)]
    for id in ("one", "two", "three"):
        draft = make_draft("actors", id=id, name=id, aliases=aliases)
        parse_answer(registry.post("/v1/actors", draft), 201)
    for id, name in (("alone", "Truce"), ("with", "Truce of W0"), ("side", "Truce of W1, V")):
        parse_answer(registry.post("/v1/actors", make_draft("actors", id=id, name=name)), 201)
    names = [f'"w{n} v"' if n % 2 else f'"w{n}"' for n in range(14)]
    assert list_found(registry, q=f"truce -{' -'.join(names)}") == ["actors/alone"]
    all_of_them = [f"actors/{id}" for id in ("side", "with", "three", "two", "one")]
    for some in (names, names[::2], names[1::2]):
        assert list_found(registry, q=f"two {' '.join(some)}") == all_of_them
        assert list_found(registry, q=f"two {' '.join(some)}", match="forms") == all_of_them


@pytest.mark.parametrize("typed", ["", "…", "-peace", "x" * 201])
def test_what_asks_for_nothing_is_refused(reading: Registry, typed):
    answer = reading.get(URL, q=typed)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["parameter"] == "q"


def test_each_answer_is_as_documented(reading: Registry):
    tag = reading.get(URL, q="truce").headers["ETag"]
    for query in ({"q": "truce", "limit": 1}, {"q": "truce", "sort": "relevance"}, {}, {"q": "-"},
                  {"q": "truce", "noun": "sources"}, {"q": "truce", "known_at": 99},
                  {"query": "truce"}, {"q": "truce", "cursor": "x"}):  # fmt: skip
        check_answer("search", reading.get(URL, **query))
        for form in ("json", "csv", "ndjson", "xml"):
            check_answer("search", reading.get(URL, format=form, **query))
    check_answer("search", reading.get(URL, q="truce", headers={"If-None-Match": tag}))
    sent = set(reading.get(f"{URL}.csv", q="truce", limit=1).headers.keys())
    assert set(OPERATIONS["search"]["responses"]["200"]["headers"]) <= sent
    ranged = reading.get(f"{URL}.csv", q="truce", headers={"Range": "bytes=999999999-"})
    check_answer("search", ranged)


def test_a_misspelt_parameter_is_named(reading: Registry):
    answer = reading.get(URL, q="truce", conflit="war-in-ukraine")
    assert answer.get_json()["errors"] == [
        {"parameter": "conflit", "detail": "unknown parameter; did you mean conflict?"}
    ]
