"""Changes as data: in the order of writing, whole, filtered, and waited for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.following import follow_through_kills
from tests.worlds import Registry, make_draft, parse_answer

Registries = Callable[..., Registry]


def follow(registry: Registry, url: str) -> list[dict[str, Any]]:
    """Return all changes from an address on."""
    found: list[dict[str, Any]] = []
    while True:
        page = parse_answer(registry.get(url))
        found += page["data"]
        url = page["next"]
        if page["complete"]:
            return found


def test_every_revision_is_followed_in_order_once(registry_of: Registries):
    registry = registry_of("both")
    parse_answer(registry.post("/v1/actors", make_draft("actors", id="brief")), 201)
    registry.amend("/v1/actors/brief", name="Briefly renamed")
    registry.retract("/v1/actors/brief")
    with registry.ledger.open_reader() as reader:
        rows = reader.list_changes(9999)
    stored = [(each["changeset"], each["noun"], each["id"], each["number"]) for each in rows]
    for limit in (1000, 7):
        followed = follow(registry, f"/v1/changes?after=0&limit={limit}")
        told = [(e["changeset"], e["noun"], e["id"], e["revision"]) for e in followed]
        assert told == stored
    first, renamed, gone = followed[-3:]
    assert first["record"]["name"] == make_draft("actors")["name"]
    assert first["recorded_by"] == "analyst"
    assert renamed["record"]["name"] == "Briefly renamed"
    assert (gone["record"], gone["retracted"]) == (None, True)
    later = parse_answer(registry.get("/v1/changes", after=registry.head - 1))
    assert [each["retracted"] for each in later["data"]] == [True]


def test_the_record_is_what_the_api_takes_back(registry_of: Registries):
    source, target = registry_of("fixtures"), registry_of("empty")
    changes = follow(source, "/v1/changes?after=0&limit=500")
    lines = "\n".join(json.dumps({"noun": e["noun"], "record": e["record"]}) for e in changes)
    headers = {"Authorization": f"Bearer {target.key}"}
    made = target.client.post(
        "/v1/changesets", data=lines, content_type="application/x-ndjson", headers=headers
    )
    assert parse_answer(made)["created"] == len(changes)
    exported = [each.get("/v1/export.ndjson").get_data() for each in (source, target)]
    assert sorted(exported[0].splitlines()) == sorted(exported[1].splitlines())


def test_changes_are_filtered_by_noun_conflict_and_actor(registry_of: Registries):
    registry = registry_of("both")
    everything = follow(registry, "/v1/changes?after=0&limit=1000")
    nouns = follow(registry, "/v1/changes?after=0&limit=3&noun=axioms,sources")
    assert nouns == [each for each in everything if each["noun"] in ("axioms", "sources")]
    about = follow(registry, "/v1/changes?after=0&limit=5&actor=russia&noun=positions")
    positions = [each for each in everything if each["noun"] == "positions"]
    assert {each["id"] for each in about} >= {
        each["id"] for each in positions if each["record"]["holder"] == "russia"
    }
    assert {"kestria"}.isdisjoint(each["record"]["holder"] for each in about)
    conflict = follow(registry, "/v1/changes?after=0&conflict=war-in-ukraine")
    assert {"conflicts", "positions"} <= {each["noun"] for each in conflict}
    for wrong in ("noun=stances", "wait=21", "actor=a,b", "after=-1", "behind=x", "known_at=1"):
        parse_answer(registry.get(f"/v1/changes?{wrong}"), 422)


def test_an_unknown_subject_is_refused_and_a_retracted_one_is_not(registry_of: Registries):
    registry = registry_of("fixtures")
    for name in ("conflict", "actor"):
        parse_answer(registry.get(f"/v1/changes?after=0&{name}=never-there"), 404)
    parse_answer(registry.post("/v1/actors", make_draft("actors", id="brief")), 201)
    registry.retract("/v1/actors/brief")
    followed = follow(registry, "/v1/changes?after=0&actor=brief")
    assert [each["retracted"] for each in followed] == [False, True]


def test_a_number_that_is_none_is_told_its_bounds(registry_of: Registries):
    for wrong in ("-1", "9999999999999999", "1.5"):
        told = parse_answer(registry_of("fixtures").get("/v1/changes", after=wrong), 422)
        assert "from 0, of at most 15 digits" in told["errors"][0]["detail"]


def test_a_changeset_that_is_not_there_is_refused_and_not_waited_for(registry_of: Registries):
    registry = registry_of("fixtures")
    for query in ("", "&wait=20"):
        told = parse_answer(registry.get(f"/v1/changes?after={registry.head + 1}{query}"), 422)
        [error] = told["errors"]
        assert error["parameter"] == "after"
        assert f"the newest changeset is {registry.head}" in error["detail"]
    assert parse_answer(registry.get("/v1/changes", after=registry.head))["complete"]


def test_waiting_ends_with_a_write_or_with_the_time(registry_of: Registries):
    registry = registry_of("fixtures")
    url = f"/v1/changes?after={registry.head}&wait="
    start = time.monotonic()
    page = parse_answer(registry.get(f"{url}1"))
    assert (page["data"], page["complete"]) == ([], True)
    assert 0.9 < time.monotonic() - start < 15
    answers: list[Any] = []
    client = registry.app.test_client()
    waiting = threading.Thread(target=lambda: answers.append(client.get(f"{url}20")))
    waiting.start()
    time.sleep(0.3)
    registry.post("/v1/actors", make_draft("actors"))
    waiting.join(10)
    assert [each["id"] for each in answers[0].get_json()["data"]] == ["a-new-one"]
    assert answers[0].headers["Cache-Control"] == "no-store"


def test_a_follower_misses_nothing_through_kills(tmp_path):
    url = f"sqlite:///{tmp_path}/followed.db"
    assert follow_through_kills(url, tmp_path, writers=2, kills=2) == []


def test_a_mirror_of_one_subject_learns_what_has_moved_away(registry_of: Registries):
    registry = registry_of("fixtures")
    draft = make_draft("propositions", id="moving")
    parse_answer(registry.post("/v1/propositions", draft), 201)
    after, other = registry.head + 1, "another"
    parse_answer(registry.post("/v1/conflicts", make_draft("conflicts", id=other)), 201)
    registry.amend("/v1/propositions/moving", conflict=other, issues=[])
    for conflict in (draft["conflict"], other):
        found = follow(registry, f"/v1/changes?after={after}&conflict={conflict}")
        assert [(each["id"], each["revision"]) for each in found] == [("moving", 2)]
        parse_answer(registry.get("/v1/changesets", conflict=conflict))
        assert registry.data("/v1/changesets", conflict=conflict)[0]["number"] == registry.head


def test_what_an_actor_holds_jointly_is_a_change_of_its(registry_of: Registries):
    registry = registry_of("fixtures")
    joint = [(noun, each["id"], actor) for noun in ("positions", "preconditions")
             for each in registry.data(f"/v1/{noun}", limit=1000)
             for actor in each["co_holders"]]  # fmt: skip
    assert joint
    for noun, id, actor in joint:
        found = follow(registry, f"/v1/changes?after=0&limit=1000&noun={noun}&actor={actor}")
        assert id in {each["id"] for each in found}
