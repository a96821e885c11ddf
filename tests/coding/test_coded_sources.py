"""`POST /v1/coded-sources` and `GET /v1/sources/{id}/coded`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from api.coding import routes as coding
from api.coding import translating
from api.coding.routes import EXAMPLE
from tests.coding.random_sources import check_round_trip, coded_sources
from tests.worlds import TEXTS, Databases, Registry, make_draft, parse_answer

URL = "/v1/coded-sources"
SOURCE = {"title": "A report", "kind": "news_report", "language": "en", "published": "2024-03-05"}


def code(*statements: Any, **others: Any) -> dict[str, Any]:
    return {"source": SOURCE, "statements": [*statements], **others}


def list_faults(registry: Registry, document: Any) -> list[tuple[str, str]]:
    problem = parse_answer(registry.post(URL, document), 422)
    return [(each["pointer"], each["detail"]) for each in problem["errors"]]


@pytest.fixture
def seed(registry_of: Callable[..., Registry]) -> Registry:
    return registry_of("seed")


def test_the_example_is_written_once_however_often_it_is_sent(seed: Registry):
    tried = parse_answer(seed.post(URL, EXAMPLE, dry_run=1))
    first, second = (parse_answer(seed.post(URL, EXAMPLE)) for _ in range(2))
    assert (tried["created"], first["created"], second["written"]) == (4, 4, 0)
    assert first["ids"] == second["ids"] == tried["ids"]
    position = first["ids"]["/statements/0/positions/0"]
    shown = parse_answer(seed.get(f"/v1/{position}"))
    assert (shown["holder"], shown["proposition"]) == ("belarus", "truce")
    assert (shown["speaker"], shown["attestation"]) == ("alexander-lukashenko", "verbatim_sentence")


def test_a_position_stands_under_its_force_in_a_few_words(seed: Registry):
    said = {"exact": "Stop now, or we stop talking.", "speaker": "Alexander Lukashenko",
            "holder": "Belarus", "propose": "truce",
            "threaten": {"proposition": "no talks", "negated": True, "targets": ["Russia"]},
            "demand": ["truce", {"proposition": "talks are"}]}  # fmt: skip
    new = [{"text": "There are no talks.", "by": ["Russia"]}, {"text": "Talks are public."}]
    document = code(said, conflict="War in Ukraine", propositions=new)
    told = parse_answer(seed.post(URL, document))
    made = {place: parse_answer(seed.get(f"/v1/{key}")) for place, key in told["ids"].items()}
    first = "/statements/0"
    shown = {"propose": "propose", "threaten": "threaten", "demand/0": "demand",
             "demand/1": "demand"}  # fmt: skip
    assert {place: made[f"{first}/{place}"]["force"] for place in shown} == shown
    assert made[f"{first}/threaten"]["proposition"] == told["ids"]["/propositions/0"].split("/")[1]
    assert made[f"{first}/demand/1"]["proposition"] == told["ids"]["/propositions/1"].split("/")[1]
    assert made[first]["attestation"] == "verbatim_sentence"


def test_faults_of_a_short_form_are_told_where_it_stands(seed: Registry):
    both = [{"text": "There are no talks."}, {"text": "Talks are public."}]
    said = {"exact": "Stop.", "holder": "Belarus", "propose": "talks", "demand": ["talk", 5],
            "warn": {"proposition": "  "}, "reject": None, "accept": []}  # fmt: skip
    list_places = lambda **more: dict(  # noqa: E731
        list_faults(seed, code({**said, **more}, conflict="War in Ukraine", propositions=both))
    )
    assert "unknown field" in list_places(demnad="x")["/statements/0/demnad"]
    wrong = ("demand/0", "demand/1", "warn/proposition")
    assert list_places().keys() == {f"/statements/0/{place}" for place in wrong}
    [(place, detail)] = list_places(demand=None, warn=None, propose="Talks").items()
    assert (place, "several propositions" in detail) == ("/statements/0/propose", True)


def test_every_source_of_the_seed_makes_the_same_records_elsewhere(
    seed: Registry, registry_of: Callable[..., Registry]
):
    other = registry_of("empty")
    for id in seed.ids("/v1/sources"):
        document = parse_answer(seed.get(f"/v1/sources/{id}/coded"))
        assert parse_answer(seed.post(URL, document))["written"] == 0
        parse_answer(other.post(URL, document))
    copy, original = (each.get("/v1/export.ndjson").data for each in (other, seed))
    assert copy == original


@settings(max_examples=3)
@given(document=coded_sources())
def test_a_random_coded_source_makes_the_same_records_elsewhere(
    databases: Databases, document: dict[str, Any]
):
    check_round_trip(databases, document)


def test_what_is_edited_is_all_that_is_amended(seed: Registry):
    document = parse_answer(seed.get("/v1/sources/kremlin-rules-out-truce/coded"))
    shown = next(each for each in document["statements"] if "positions" in each)
    shown["positions"][0]["note"] = "Edited."
    assert parse_answer(seed.post(URL, document))["amended"] == 1


def test_a_record_is_written_once_and_shown_by_several_statements(seed: Registry):
    position = {"id": "p", "holder": "Belarus", "force": "demand", "proposition": "truce"}
    parse_answer(seed.post(URL, code(
        {"id": "s1", "exact": "Stop.", "positions": [position]},
        {"id": "s2", "exact": "Stop now.", "positions": ["p", "belarus-proposes-talks"]},
    )))  # fmt: skip
    assert parse_answer(seed.get("/v1/positions/p"))["evidence"] == ["s1", "s2"]
    stored = parse_answer(seed.get("/v1/positions/belarus-proposes-talks"))
    assert stored["evidence"][-1] == "s2"
    assert len(stored["evidence"]) == 3


@pytest.mark.parametrize(("patience", "status"), [(5, 200), (0, 412)])
def test_what_others_amend_meanwhile_is_never_lost(
    seed: Registry, monkeypatch: pytest.MonkeyPatch, patience: int, status: int
):
    position, write = "/v1/positions/belarus-proposes-talks", coding.write_or_try
    others = iter(range(2))

    def write_after_another(*given: Any, **more: Any) -> Any:
        if (other := next(others, None)) is not None:
            parse_answer(seed.amend(position, note=f"amended {other}"))
        return write(*given, **more)

    monkeypatch.setattr(translating, "_PATIENCE", patience)
    monkeypatch.setattr(coding, "write_or_try", write_after_another)
    answer = seed.post(
        URL, code({"id": "mine", "exact": "Stop now.", "positions": ["belarus-proposes-talks"]})
    )
    assert answer.status_code == status
    shown = parse_answer(seed.get(position))
    assert shown["note"] == ("amended 1" if status == 200 else "amended 0")
    assert ("mine" in shown["evidence"]) == (status == 200)


def test_a_group_gives_its_fields_to_what_is_in_it(seed: Registry):
    said = {"exact": "Stop.", "id": "s", "positions": [{"force": "demand", "proposition": "truce"}]}
    group = {"speaker": "Lukashenko", "holder": "Belarus", "statements": [said]}
    ids = parse_answer(seed.post(URL, code({"occasion": "A speech", "statements": [group]})))["ids"]
    assert parse_answer(seed.get("/v1/statements/s"))["occasion"] == "A speech"
    position = ids["/statements/0/statements/0/statements/0/positions/0"]
    assert parse_answer(seed.get(f"/v1/{position}"))["voice"] == "authorised"
    wrong = {"spaeker": "Lukashenko", "holdr": "x", "statements": []}
    assert {p for p, _ in list_faults(seed, code(wrong))} == {
        "/statements/0/spaeker", "/statements/0/holdr",
    }  # fmt: skip


def test_a_group_changes_no_record_that_is_only_named_in_it(seed: Registry):
    stored = seed.ids("/v1/statements")[0]
    before = parse_answer(seed.get(f"/v1/statements/{stored}"))
    named = {"id": stored, "holder": "Belarus", "reject": "truce"}
    new = {"holder": "Belarus", "demand": "truce"}
    group = {"gist": "They speak.", "speaker": "Lukashenko", "statements": [named, new]}
    ids = parse_answer(seed.post(URL, code(group)))["ids"]
    assert parse_answer(seed.get(f"/v1/statements/{stored}")) == before
    shown = [parse_answer(seed.get(f"/v1/{ids[f'/statements/0/statements/{place}']}"))
             for place in ("0/reject", "1", "1/demand")]  # fmt: skip
    assert shown[0]["evidence"] == [stored]
    assert (shown[1]["gist"], shown[2]["evidence"]) == ("They speak.", [shown[1]["id"]])


def test_a_document_s_own_records_are_named_in_small_or_capital_letters(seed: Registry):
    crab = {"name": "Crab War", "kind": "dispute"}
    ann, other = ({"name": name, "kind": "person"} for name in ("Ann Arbor", "ann arbor"))
    texts = [{"text": "Crabs return"}, {"text": "The crabs return home."}]
    said = {"exact": "Yes.", "speaker": "ANN ARBOR", "holder": "Belarus", "demand": "crabs return"}
    document = code(said, conflict="crab war", conflicts=[crab], actors=[ann], propositions=texts)
    ids = parse_answer(seed.post(URL, document, dry_run=1))["ids"]
    parse_answer(seed.post(URL, document))
    position = parse_answer(seed.get(f"/v1/{ids['/statements/0/demand']}"))
    found = [f"actors/{position['speaker']}", f"propositions/{position['proposition']}"]
    assert found == [ids["/actors/0"], ids["/propositions/0"]]
    [(place, detail)] = list_faults(seed, {**document, "actors": [ann, other]})
    assert (place, "several actors" in detail) == ("/statements/0/speaker", True)
    said["speaker"] = "ann arbor"
    document["actors"] = [{**each, "id": f"person-{n}"} for n, each in enumerate([ann, other])]
    ids = parse_answer(seed.post(URL, document))["ids"]
    position = parse_answer(seed.get(f"/v1/{ids['/statements/0/demand']}"))
    assert position["speaker"] == "person-1"


def test_a_name_without_latin_letters_is_one_record(seed: Registry):
    """The first eight digits of the hashes of these two are the same."""
    people = [{"name": name, "kind": "person"} for name in ("丟丣", "个伶")]
    written = [parse_answer(seed.post(URL, code(actors=[each]))) for each in people]
    ids = [each["ids"]["/actors/0"] for each in written]
    assert [parse_answer(seed.get(f"/v1/{id}"))["name"] for id in ids] == ["丟丣", "个伶"]
    assert ids[0].split("-")[1][:8] == ids[1].split("-")[1][:8]
    latin = parse_answer(seed.post(URL, code(actors=[{"name": "Ann", "kind": "person"}])))
    assert latin["ids"]["/actors/0"] == "actors/ann-31af1b69"


WRONG: dict[str, tuple[Any, str, str]] = {
    "no source": ({}, "/source", "is required"),
    "unknown list": (code(acters=[]), "/acters", "actors"),
    "no list": (code(actors={}), "/actors", "must be a list"),
    "no object": (code(5), "/statements/0", "object"),
    "unknown field": (code({"exact": "X", "spaeker": "x"}), "/statements/0/spaeker", "speaker"),
    "misspelt name": (
        code({"exact": "X", "speaker": "Lukashenka"}), "/statements/0/speaker",
        "alexander-lukashenko",
    ),
    "several": (
        code({"exact": "X", "speaker": "Twin"}, actors=[
            {"id": id, "name": "Twin", "kind": "state"} for id in ("one", "two")
        ]), "/statements/0/speaker", "one, two",
    ),
    "inherited": (
        code({"speaker": "Nobody", "statements": [{"exact": "X"}]}), "/statements/0/speaker",
        "no id",
    ),
    "unknown record": (
        code({"exact": "X", "positions": ["no-such"]}), "/statements/0/positions/0", "no id",
    ),
    "twice": (
        code(sources=[{**SOURCE, "id": "a"}, {**SOURCE, "id": "a", "title": "B"}]), "/sources/1/id",
        "/sources/0",
    ),
    "rule": (
        code(actors=[{"id": "a", "name": "A", "kind": "state", "part_of": "a"}]),
        "/actors/0/part_of", "circle",
    ),
    "another text": (
        {"source": {**SOURCE, "text": "Words", "text_sha256": "0" * 64}}, "/source/text", "another",
    ),
    "another text, in which nothing is searched for": (
        {"source": {**SOURCE, "text": "Words", "text_sha256": "0" * 64},
         "statements": [{"span": "Words", "gist": "It speaks."}]}, "/source/text", "another",
    ),
    "words": (
        {"source": {**SOURCE, "text": "The true words."},
         "statements": [{"exact": "The true wards."}]},
        "/statements/0/exact", "The true words.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_fault_is_told_by_its_place_in_the_document(seed: Registry, case: str):
    document, pointer, words = WRONG[case]
    head = seed.head
    [(place, detail)] = list_faults(seed, document)
    assert place == pointer
    assert words in detail
    assert seed.head == head


def test_positions_under_a_statement_may_stand_in_groups(seed: Registry):
    group = {"proposition": "truce", "note": "n", "positions": [{"holder": "Belarus"},
             {"holder": "Ukraine", "note": "own"}]}  # fmt: skip
    said = {"id": "s", "exact": "Stop.", "speaker": "Lukashenko", "valid_from": "2024"}
    for written in ({"concern": group}, {"positions": [{"force": "concern", **group}]}):
        document = code({**said, **written})
        ids = parse_answer(seed.post(URL, document, dry_run=1))["ids"]
        assert sum(each.startswith("positions/") for each in ids.values()) == 2
    parse_answer(seed.post(URL, document))
    source = parse_answer(seed.get("/v1/statements/s"))["source"]
    read = seed.data("/v1/positions", force="concern", source=source, valid_at="any")
    made = {each["holder"]: each for each in read}
    assert {name: (e["note"], e["valid_from"], e["evidence"]) for name, e in made.items()} == {
        "belarus": ("n", "2024", ["s"]), "ukraine": ("own", "2024", ["s"]),
    }  # fmt: skip


def test_a_single_value_will_do_for_a_list_wherever_one_stands(seed: Registry):
    said = {"id": "s", "exact": "Talk once they stop.", "speaker": "Ann", "preconditions":
            {"holder": "Belarus", "antecedents": "truce", "consequents": "talks"}}  # fmt: skip
    office = {"title": "Envoy", "of": "Belarus", "speaks_for": "Belarus", "evidence": "s"}
    ann = {"id": "a", "name": "Ann Arbor", "kind": "person", "aliases": "Ann", "offices": office}
    stop = {"id": "p", "text": "It stops.", "by": "Russia"}
    document = code(said, conflict="War in Ukraine", propositions=[stop], actors=[ann])
    ids = parse_answer(seed.post(URL, document))["ids"]
    made = parse_answer(seed.get(f"/v1/{ids['/statements/0/preconditions']}"))
    assert (made["antecedents"], made["consequents"]) == ([["truce"]], ["talks"])
    assert parse_answer(seed.get("/v1/propositions/p"))["by"] == ["russia"]
    assert parse_answer(seed.get("/v1/actors/a"))["offices"][0]["evidence"] == ["s"]
    office |= {"evidence": "No such words", "title": 5}
    stop["by"] = 5
    assert {place for place, _ in list_faults(seed, document)} == {
        "/actors/0/offices/evidence", "/actors/0/offices/title", "/propositions/0/by",
    }  # fmt: skip


def test_words_name_no_record_by_the_id_that_is_made_of_them(seed: Registry):
    """The ids of all statements begin with the words of the source's title."""
    said = {"exact": "Three.", "deny": {"proposition": "truce", "evidence": SOURCE["title"]}}
    holder = {"exact": "Stop.", "holder": "Belarus", "statements": [said]}
    faults = list_faults(seed, code({"exact": "One."}, {"exact": "Two."}, holder))
    assert faults[0][0] == "/statements/2/statements/0/deny/evidence"
    assert "is no id or name" in faults[0][1]
    assert len(faults) == 1


def test_faults_of_fields_names_texts_and_rules_come_together(seed: Registry):
    text = "One said: stop. Another said: go on."
    document = {
        "source": {**SOURCE, "text": text},
        "actors": [
            {"id": "a", "name": "A", "kind": "state", "part_of": "a"},
            {"id": "b", "name": "B", "kind": "stat"},
            {"id": "c", "name": "C", "kind": "state", "part_of": "b"},
        ],
        "statements": [
            {"exact": "stop", "speaker": "B"},
            {"exact": "stop it", "speaker": "Lukashenko"},
            {"exact": "go on", "speaker": "Nobody Known"},
            {"exact": "Another said: go up."},
        ],
    }
    assert [place for place, _ in list_faults(seed, document)] == [
        "/actors/1/kind", "/statements/2/speaker",
        "/actors/0/part_of", "/statements/1/exact", "/statements/3/exact",
    ]  # fmt: skip


def test_so_many_statements_are_written_and_more_text_than_may_be_searched_is_refused(
    seed: Registry,
):
    many = [{"exact": f"Say {n}."} for n in range(600)]
    assert parse_answer(seed.post(URL, code(*many), dry_run=1))["created"] == 601
    text = " ".join(each["exact"] for each in many) + "." * 350_000
    faults = list_faults(seed, {"source": {**SOURCE, "text": text}, "statements": many})
    assert "too much at once" in faults[0][1]


def test_to_bring_a_text_takes_the_scope_texts(registry: Registry):
    text = TEXTS["kestrian-plan-2024-04-02"].read_text(encoding="utf-8")
    mine = {"source": {**SOURCE, "text": text}}
    registry.make_key("clerk", "write")
    assert registry.post(URL, mine).status_code == 403
    registry.make_key("archivist", "write", "texts")
    made = parse_answer(registry.post(URL, mine))["ids"]["/source"]
    assert parse_answer(registry.get(f"/v1/{made}"))["text_length"] == len(text)
    registry.make_key("scribe", "write")
    assert parse_answer(registry.post(URL, mine))["written"] == 0


def test_a_withheld_text_is_not_shown_by_the_search_for_words(registry: Registry):
    source, path = "kestrian-plan-2024-04-02", TEXTS["kestrian-plan-2024-04-02"]
    text = path.read_text(encoding="utf-8")
    parse_answer(registry.put_text(source, text))
    registry.make_key("clerk", "write")
    for words in ("e", "talks by 9 Mai"):
        draft = {**make_draft("statements"), "source": source, "exact": words, "start": None,
                 "end": None, "exact_sha256": None}  # fmt: skip
        [fault] = parse_answer(registry.post("/v1/statements", draft), 422)["errors"]
        assert "not public" in fault["detail"]
        document = {"source": {"id": source}, "statements": [draft]}
        [fault] = parse_answer(registry.post(URL, document), 422)["errors"]
        assert not any(text[n : n + 12] in fault["detail"] for n in range(len(text) - 12))


def test_a_document_names_so_many_records_outside_of_it_at_most(registry: Registry):
    names = [f"Xq{n:03d} Zyv{n:03d}" for n in range(201)]
    table = "name,kind\r\n" + "".join(f"{name},person\r\n" for name in names)
    headers = {"Authorization": f"Bearer {registry.key}"}
    written = registry.client.post(
        "/v1/changesets?noun=actors", data=table, content_type="text/csv", headers=headers
    )
    parse_answer(written)
    for count, status in ((200, 200), (201, 422)):
        said = [
            {"gist": f"Words {n}.", "speaker": name, "attestation": "indirect",
             "attested_on": "2024-03-05"}
            for n, name in enumerate(names[:count])
        ]  # fmt: skip
        body = {
            "source": {"title": "A paper", "kind": "transcript", "language": "en"},
            "statements": said,
        }
        answer = registry.post("/v1/coded-sources", body, dry_run="1")
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    assert "200 names" in answer.get_data(as_text=True)
