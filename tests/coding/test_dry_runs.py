"""A dry run is open to who may propose, tells the collisions, and shows no withheld text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from api import clock, keys
from api.ledger.rules import text_hash
from tests.submissions.people import URL, Person
from tests.worlds import Registry, parse_answer

CODED, LINES = "/v1/coded-sources", "/v1/changesets"
SECRET = "The hidden words. The other ones."
DRY = {"dry_run": "1"}
REJECTED: dict[str, Any] = {
    "source": {"title": "Norway speaks", "kind": "post", "language": "en",
               "published": "2023-04-02", "text": "We reject a truce."},
    "actors": [{"name": "Norway", "kind": "state"}],
    "statements": [{"exact": "We reject a truce.", "speaker": "Norway", "positions": [
        {"holder": "Norway", "force": "reject", "proposition": "truce"}]}],
}  # fmt: skip


@pytest.fixture
def registry(registry_of: Callable[..., Registry]) -> Registry:
    return registry_of("seed")


@pytest.fixture
def ana(registry: Registry) -> Person:
    return Person(registry, "ana", "propose")


def test_who_may_propose_may_try_but_not_write(registry: Registry, ana: Person):
    told = parse_answer(ana.send("POST", CODED, REJECTED, **DRY))
    assert (told["created"], told["dry_run"], told["head"]) == (4, True, 2)
    assert "lacks the scope write" in parse_answer(ana.send("POST", CODED, REJECTED), 403)["detail"]
    zero = ana.send("POST", CODED, REJECTED, dry_run="0")
    assert zero.status_code == 403
    assert ana.send("POST", LINES, dry_run="1").status_code == 415
    assert ana.send("POST", LINES).status_code == 403
    reader = Person(registry, "reader", "read", "texts")
    assert reader.send("POST", CODED, REJECTED, **DRY).status_code == 403
    assert registry.head == 2


def test_who_writes_is_told_that_a_text_takes_a_scope(registry: Registry):
    writer = Person(registry, "writer", "write")
    told = parse_answer(writer.send("POST", CODED, REJECTED, **DRY), 403)
    assert "scope texts" in told["detail"]


def test_a_dry_run_is_open_where_review_is_required(registry_of: Callable[..., Registry]):
    writer = Person(registry_of("seed", review="required"), "writer", "write")
    assert parse_answer(writer.send("POST", CODED, REJECTED, **DRY))["written"] == 4
    assert "needs a review here" in writer.send("POST", CODED, REJECTED).get_json()["detail"]
    assert parse_answer(writer.send("GET", URL))["key"]["may"] == ["propose"]


def test_a_dry_run_tells_the_collisions_that_a_submission_tells(
    registry: Registry, ana: Person, monkeypatch: pytest.MonkeyPatch
):
    # On a busy machine a second is too short for some dry run, which then says so.
    monkeypatch.setattr("api.analysis.effects._SECONDS", 20.0)
    registry.make_key("keeper", "write", "texts")
    tried = parse_answer(ana.send("POST", CODED, REJECTED, **DRY))
    id = parse_answer(ana.send("POST", URL, {"coded_source": REJECTED}), 201)["id"]
    proposed = ana.read(id)["dry_run"]
    assert tried["collisions"] == proposed["collisions"]
    assert [each["conflict"] for each in tried["collisions"]] == ["war-in-ukraine"]
    assert tried["collisions"][0]["appeared"]
    assert tried["cut"] == []

    line = json.dumps({"noun": "positions", "retract": "russia-rejects-truce"})
    headers = {"Content-Type": "application/x-ndjson", "X-API-Key": registry.key}
    post = lambda **query: registry.client.post(  # noqa: E731
        LINES, data=line, headers=headers, query_string=query
    )
    told = parse_answer(post(dry_run="1"))
    assert [each["conflict"] for each in told["collisions"]] == ["war-in-ukraine"]
    assert told["collisions"][0]["dissolved"]
    assert "collisions" not in parse_answer(post())


@pytest.mark.parametrize("words", [
    {"exact": "hidder"}, {"exact": "The"}, {"span": "The", "gist": "It."},
    {"exact": "The", "prefix": "words."}, {"exact": "words", "suffix": "The others"},
])  # fmt: skip
def test_a_dry_run_shows_no_withheld_text(registry: Registry, ana: Person, words: dict[str, str]):
    source = {"id": "secret", "title": "S", "kind": "leak", "language": "en",
              "text_sha256": text_hash(SECRET), "text_length": len(SECRET)}  # fmt: skip
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text("secret", SECRET))
    statement = {**words, "attested_on": "2024-01-01"}
    document = {"source": {"id": "secret"}, "statements": [statement, statement | {"gist": "!"}]}
    answer = ana.send("POST", CODED, document, **DRY)
    shown = answer.get_data(as_text=True)
    assert not any(each in shown for each in ("hidden", "other ones", "words. The"))
    public = {"source": {**source, "text_public": True}}
    assert ana.send("POST", CODED, public, **DRY).status_code == 403


def test_a_key_may_be_asked_what_it_may_do(registry: Registry):
    ends = clock.now() + 3_600_000_000
    secret = keys.create_key(registry.ledger.database, "ben", ["write", "texts"], ends)
    told = registry.client.get(URL, headers={"X-API-Key": secret}).get_json()["key"]
    assert told == {"name": "ben", "may": ["write", "texts", "propose"],
                    "expires_at": clock.format_instant(ends)}  # fmt: skip


def test_there_is_no_submission_of_a_number_that_is_too_large(registry: Registry, ana: Person):
    body = {"changeset": [{"noun": "actors", "record": {"name": "Norway", "kind": "state"}}]}
    for number in (2**53, 2**64, 10**30):
        assert ana.send("PUT", f"{URL}/{number}", body, "*").status_code == 404
