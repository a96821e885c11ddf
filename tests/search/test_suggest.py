"""`/v1/suggest`: records by a name as it is typed, however it is spelt."""

from __future__ import annotations

import pytest

from api.explorer.agreement import find_actors
from api.ledger.names import score_name
from api.search import suggestions
from tests.worlds import Registry, make_draft, parse_answer

URL = "/v1/suggest"


def list_suggested(registry: Registry, q: str, **query) -> list[str]:
    found = parse_answer(registry.get(URL, q=q, **query))["data"]
    return [f"{each['noun']}/{each['id']}" for each in found]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_name_is_found_however_it_is_spelt(registry_of, engine):
    seed = registry_of("seed", engine=engine)
    ukraine = [list_suggested(seed, q)[0] for q in ("Київ", "KYIV", "kiev", "Kyi", "Ukrane")]
    assert {*ukraine} == {"actors/ukraine"}
    lukashenko = ("Лукашенко", "lukash", "Lukashenka", "Lukasehnko", "lukashenko, alexander",
                  "alexander-lukashenko", "Aliaksandr Lukashenka")  # fmt: skip
    named = [list_suggested(seed, q)[0] for q in lukashenko]
    assert {*named} == {"actors/alexander-lukashenko"}


def test_every_noun_is_looked_into(registry_of):
    seed = registry_of("seed")
    found = list_suggested(seed, "withdrawel", limit=50) + list_suggested(seed, "truce", limit=50)
    found += list_suggested(seed, "war") + list_suggested(seed, "statment from", limit=50)
    nouns = {each.partition("/")[0] for each in found}
    assert nouns == {
        "actors", "axioms", "conflicts", "issues", "positions", "preconditions", "proposals",
        "propositions", "sources", "statements",
    } - {"actors"}  # fmt: skip


def test_names_that_begin_so_come_before_similar_ones(registry: Registry):
    for id, name in (
        ("a", "Vestra"),
        ("b", "Great Vestlund"),
        ("c", "Vastlund"),
        ("d", "Vestlund"),
    ):
        registry.post("/v1/actors", make_draft("actors", id=id, name=name, aliases=[]))
    assert list_suggested(registry, "vestlu") == ["actors/d", "actors/b", "actors/c", "actors/a"]
    assert list_suggested(registry, "vest", limit=2) == ["actors/a", "actors/d"]


def test_only_live_records_are_suggested_by_their_names_now(registry: Registry):
    made = make_draft("actors", id="town", name="Newtown", aliases=["Oldtown"])
    registry.post("/v1/actors", made)
    registry.amend("/v1/actors/town", aliases=[])
    assert list_suggested(registry, "Oldtown") == []
    assert list_suggested(registry, "Newtown") == ["actors/town"]
    registry.retract("/v1/actors/town")
    assert list_suggested(registry, "Newtown") == []


def test_of_a_record_of_many_names_those_as_typed_are_compared_first(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    aliases = [f"Zork {chr(97 + n % 26) * (n % 7 + 3)} {n}" for n in range(200)]
    registry.post("/v1/actors", make_draft("actors", id="a", name="A", aliases=aliases))
    compared: set[str] = set()

    def note_name(typed: str, name: str) -> float:
        compared.add(name)
        return score_name(typed, name)

    monkeypatch.setattr(suggestions, "score_name", note_name)
    found = parse_answer(registry.get(URL, q=aliases[-1].upper()))["data"]
    assert (found[0]["matched"], found[0]["score"]) == (aliases[-1], 1)
    assert len("".join(compared)) < 1_100 < len("".join(aliases))


@pytest.mark.parametrize("typed", ["zzyy", "zzy", "zzzz", "yyzz"])
def test_letters_that_are_doubled_at_random_are_no_beginning(registry: Registry, typed: str):
    for id, name in (("a", "Zimbabwe"), ("b", "Missouri"), ("c", "Izmir")):
        registry.post("/v1/actors", make_draft("actors", id=id, name=name, aliases=[]))
    assert list_suggested(registry, typed) == []
    assert list_suggested(registry, "Misouri") == ["actors/b"]


def test_an_actor_is_picked_by_a_name_that_is_like_its_own(registry_of):
    typed = ["Belarus", "Belorus", "Wakanda", "zzyy", "russia"]
    with registry_of("seed").ledger.open_reader() as reader:
        found = find_actors(reader, typed)
    assert found == ["belarus", "Wakanda", "zzyy", "russia"]


@pytest.mark.parametrize("q", ["%", "_", "*", "%%%", "'", '"', "\\", "=", "#/", "~", "🛥"])
def test_signs_have_no_meaning(registry_of, q):
    assert list_suggested(registry_of("seed"), q) == []


def test_a_text_is_required_and_bounded(registry: Registry):
    for query in ({}, {"q": ""}, {"q": " "}, {"q": "a" * 5_000}, {"q": "a", "limit": "51"},
                  {"q": "a", "noun": "actor"}):  # fmt: skip
        assert registry.get(URL, **query).status_code == 422


def test_a_text_is_looked_for_by_its_first_eight_words(registry: Registry):
    name = "One two three four five six seven eight nine"
    parse_answer(registry.post("/v1/actors", make_draft("actors", id="many", name=name)), 201)
    for typed in (name, f"{name} ten", name.replace("nine", "otherwise")):
        assert list_suggested(registry, typed)[:1] == ["actors/many"]
