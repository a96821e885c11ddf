"""Two coders and a reviewer: what is proposed counts nowhere until somebody else accepts it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api import clock, keys
from api.concurrency import heavy_answers
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import canonical_bytes
from api.submissions import plans, preview, queue
from api.submissions.plans import Plan
from api.submissions.tables import STATE_AFTER, submission
from api.web.contract.limits import FAULTS
from tests.analysis.test_answers import take_all_slots
from tests.cli.commands import expect_refusal, expect_success, run_command
from tests.submissions.killing import play_story
from tests.submissions.overlays import count_equal_overlays
from tests.submissions.people import URL, Person, actor
from tests.worlds import Databases, Registry, parse_answer

NORWAY = actor("norway", "Norway")
POSITION = {
    "noun": "positions",
    "record": {
        "id": "belarus-rejects-truce", "holder": "belarus", "force": "reject",
        "proposition": "truce", "evidence": ["lukashenko-stop-now"],
    },
}  # fmt: skip


NOTE = {"noun": "actors", "id": "russia", "text": "Its name has changed."}


class Desk(NamedTuple):
    """A registry and the people around it."""

    registry: Registry
    ana: Person
    bob: Person
    rita: Person


@pytest.fixture
def make_desk(registry_of: Callable[..., Registry]) -> Callable[..., Desk]:
    """Return a function that makes a registry with two coders and a reviewer."""

    def make(world: str = "seed", **given: Any) -> Desk:
        registry = registry_of(world, **given)
        coders = (Person(registry, name, "propose") for name in ("ana", "bob"))
        return Desk(registry, *coders, Person(registry, "rita", "review"))

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


def test_proposed_commented_declined_amended_and_accepted(make_desk):
    # The other tests run on SQLite, and `python -m tests.submissions` plays a story on both.
    registry, ana, _, rita = make_desk(engine="postgresql")
    id = ana.propose(actor("norway", "Norwey"), comment="Norway offered to mediate.")
    parse_answer(rita.send("POST", f"{URL}/{id}/comments", {"text": "Is that its name?"}), 201)
    assert parse_answer(rita.decide(id, "decline", "Misspelt."))["state"] == "declined"
    assert parse_answer(ana.revise(id, NORWAY))["state"] == "open"
    answer = rita.decide(id, "accept")

    assert parse_answer(answer)["changeset"] == 3 == registry.head
    assert answer.headers["Sinequanon-Changeset"] == "3"
    thread = [(each["author"], each["act"]) for each in ana.read(id)["thread"]]
    assert thread == [("ana", "proposed"), ("rita", "commented"), ("rita", "declined"),
                      ("ana", "revised"), ("rita", "accepted")]  # fmt: skip
    record = parse_answer(registry.get("/v1/actors/norway"))
    assert (record["recorded_by"], record["changeset"]) == ("ana", 3)
    [written] = registry.data("/v1/changesets", reviewer="rita")
    assert (written["recorded_by"], written["reviewed_by"]) == ("ana", "rita")
    assert registry.ledger.find_faults() == []


def test_the_hash_covers_the_reviewer_and_old_hashes_stay(desk: Desk):
    registry, ana, _, rita = desk
    parse_answer(rita.decide(ana.propose(NORWAY), "accept"))
    for row in registry.data("/v1/changesets"):
        covered = {
            "number": row["number"], "recorded_at": clock.parse_instant(row["recorded_at"]),
            "author": row["recorded_by"], "message": row["message"], "contents": row["contents"],
            "previous": row["previous"],
        } | ({"reviewer": "rita"} if row["number"] == 3 else {})  # fmt: skip
        assert sha256(canonical_bytes(covered)).hexdigest() == row["hash"]
    with registry.ledger.database.begin_write() as write:
        write.connection.execute(text("DROP TRIGGER changeset_refuses_update"))
        write.connection.execute(text("UPDATE changeset SET reviewer = 'bob' WHERE number = 3"))
    assert any("reviewer" in fault for fault in registry.ledger.find_faults())


def list_everything(registry: Registry) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield what the registry serves under addresses of each kind, with its tag."""
    for path in (
        "/v1/actors", "/v1/positions.csv?valid_at=any", "/v1/positions/counts?by=holder",
        "/v1/search?q=Norway", "/v1/export.ndjson", "/v1/changesets", "/feeds/changesets.atom",
        "/v1/conflicts/war-in-ukraine/matrix", "/changes", "/v1/vocabulary",
    ):  # fmt: skip
        answer = registry.get(path)
        yield path, answer.get_data(), answer.headers.get("ETag")


def test_a_submission_changes_nothing_that_is_served(desk: Desk):
    before = list(list_everything(desk.registry))
    id = desk.ana.propose(NORWAY, POSITION, comment="Norway")
    desk.registry.client.post(
        "/v1/notes", json={"noun": "actors", "id": "russia", "text": "Norway too"}
    )
    assert desk.rita.list() == [id + 1, id]
    assert list(list_everything(desk.registry)) == before
    assert desk.registry.ledger.find_faults() == []
    desk.registry.ledger.rebuild_projections()
    assert desk.rita.read(id)["state"] == "open"


def test_nobody_without_a_key_and_no_other_coder_sees_a_submission(desk: Desk):
    id = desk.ana.propose(NORWAY)
    assert desk.registry.get(URL).status_code == 401
    assert desk.registry.get(f"{URL}/{id}").status_code == 401
    assert desk.bob.list() == []
    assert desk.bob.send("GET", URL, author="ana").get_json()["data"] == []
    for method, path, body in (
        ("GET", f"{URL}/{id}", None), ("PUT", f"{URL}/{id}", {"changeset": [NORWAY]}),
        ("POST", f"{URL}/{id}/comments", {"text": "?"}),
        ("POST", f"{URL}/{id}/decision", {"decision": "withdraw"}),
    ):  # fmt: skip
        hidden = parse_answer(desk.bob.send(method, path, body, "*"), 404)
        assert hidden["detail"].startswith(f"There is no submission {id}")
    assert desk.ana.list() == desk.rita.list() == [id]


def test_whoever_proposed_cannot_accept_with_any_key_of_that_name(desk: Desk):
    database = desk.registry.ledger.database
    chief = Person(desk.registry, "chief", "propose", "review")
    id = chief.propose(NORWAY)
    further = Person.__new__(Person)
    further._registry, further._key = desk.registry, keys.create_key(database, "chief", [])
    for person in (chief, further):
        assert "somebody else" in parse_answer(person.decide(id, "accept"), 403)["detail"]
        assert person.decide(id, "decline", "no").status_code == 403
    assert desk.rita.decide(id, "withdraw").status_code == 403
    assert parse_answer(further.decide(id, "withdraw"))["state"] == "withdrawn"
    assert (
        "lacks the scope review"
        in parse_answer(desk.ana.decide(desk.ana.propose(NORWAY), "accept"), 403)["detail"]
    )
    assert desk.registry.head == 2


def test_a_write_made_meanwhile_is_not_overwritten(desk: Desk):
    registry, ana, _, rita = desk
    etag = registry.get("/v1/actors/belarus").headers["ETag"]
    belarus = {"id": "belarus", "name": "Belarus", "kind": "state"}
    id = ana.propose(NORWAY, {"noun": "actors", "record": {**belarus, "note": "by ana"}})
    parse_answer(registry.put("/v1/actors/belarus", {**belarus, "note": "meanwhile"}, etag))

    shown = rita.read(id)["dry_run"]
    problem = parse_answer(rita.decide(id, "accept"), 409)

    [fault] = problem["errors"]
    assert (fault["pointer"], fault["record"]) == ("/changeset/1/record", "actors/belarus")
    assert "is at revision 2 now" in fault["detail"]
    assert shown["errors"] == [fault]
    assert rita.read(id)["state"] == "open"
    assert parse_answer(registry.get("/v1/actors/belarus"))["note"] == "meanwhile"
    assert registry.get("/v1/actors/norway").status_code == 404


def test_nobody_accepts_a_revision_that_they_have_not_read(desk: Desk):
    id = desk.ana.propose(NORWAY)
    read = desk.rita.read_tag(id)
    parse_answer(desk.ana.revise(id, actor("norway", "Sweden")))
    assert "revision 2" in parse_answer(desk.rita.decide(id, "accept", tag=read), 412)["detail"]
    for tag in (None, "*"):
        assert parse_answer(
            desk.rita.send("POST", f"{URL}/{id}/decision", {"decision": "accept"}, tag), 428
        )
    assert desk.registry.head == 2


def test_what_is_sent_twice_counts_once(desk: Desk):
    registry, ana, _, rita = desk
    id = ana.propose(NORWAY)
    assert ana.propose(NORWAY) == id
    for _ in range(2):
        rita.send("POST", f"{URL}/{id}/comments", {"text": "Fine."})
    tag = rita.read_tag(id)
    answers = [parse_answer(rita.decide(id, "accept", tag=tag)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(rita.read(id)["thread"]) == 3
    assert registry.head == 3
    late = parse_answer(rita.decide(id, "decline", "No.", tag), 409)
    assert late["detail"] == f"Submission {id} was accepted by rita as changeset 3"


@pytest.mark.parametrize("decision", ["accept", "decline", "withdraw"])
def test_a_full_thread_takes_a_decision_alone(desk: Desk, monkeypatch, decision: str):
    monkeypatch.setattr(queue, "MOST_ENTRIES", 2)
    id = desk.ana.propose(NORWAY)
    say = lambda person, text: person.send("POST", f"{URL}/{id}/comments", {"text": text})  # noqa: E731
    parse_answer(say(desk.ana, "One."), 201)
    for refused in (say(desk.ana, "Two."), say(desk.rita, "Two."), desk.ana.revise(id, POSITION)):
        assert "close it, and propose anew" in parse_answer(refused, 409)["detail"]
    person = desk.ana if decision == "withdraw" else desk.rita
    closed = parse_answer(person.decide(id, decision, "Enough."))["state"]
    assert desk.ana.read(id)["thread"][-1]["act"] == closed == STATE_AFTER[decision]
    assert desk.ana.revise(id, POSITION).status_code == 409
    assert len(desk.ana.read(id)["thread"]) == 3


def test_a_closed_submission_keeps_no_plan(desk: Desk):
    id = desk.ana.propose(NORWAY)
    with desk.registry.ledger.database.read_snapshot() as snapshot:
        plan = select(submission.c.plan)
        assert Plan.from_bytes(snapshot.connection.execute(plan).scalar_one()).changes
    parse_answer(desk.ana.decide(id, "withdraw"))
    with desk.registry.ledger.database.read_snapshot() as snapshot:
        assert not Plan.from_bytes(snapshot.connection.execute(plan).scalar_one()).changes
    assert parse_answer(desk.ana.revise(id, POSITION))["state"] == "open"
    assert parse_answer(desk.rita.decide(id, "accept"))["changeset"]


def test_an_author_opens_no_more_submissions_again_than_anew(desk: Desk, monkeypatch):
    monkeypatch.setattr(queue, "MOST_OPEN", 2)
    first, second = desk.ana.propose(NORWAY), desk.ana.propose(POSITION)
    parse_answer(desk.rita.decide(first, "decline", "No."))
    third = desk.ana.propose(actor("sweden", "Sweden"))
    assert "try again later" in parse_answer(desk.ana.revise(first, NORWAY), 409)["detail"]
    assert parse_answer(desk.ana.revise(second, NORWAY, POSITION))["state"] == "open"
    parse_answer(desk.ana.decide(third, "withdraw"))
    assert parse_answer(desk.ana.revise(first, NORWAY))["state"] == "open"


def test_a_dry_run_lists_as_many_places_at_fault_as_a_problem(desk: Desk):
    id, other = (
        coder.propose(*(actor(f"a-{n}", f"{name} {n}") for n in range(FAULTS + 2)))
        for coder, name in ((desk.ana, "A"), (desk.bob, "B"))
    )
    parse_answer(desk.rita.decide(other, "accept"))
    told, problem = desk.rita.read(id)["dry_run"], parse_answer(desk.rita.decide(id, "accept"), 409)
    assert told["errors"] == problem["errors"]
    assert len(told["errors"]) == FAULTS
    assert told["refusal"].lower() == problem["detail"].lower()
    assert f"the first {FAULTS} of {FAULTS + 2} places" in told["refusal"]


def test_many_who_accept_at_once_write_one_changeset(desk: Desk):
    id = desk.ana.propose(NORWAY)
    tag, start = desk.rita.read_tag(id), Barrier(6)
    others = [Person(desk.registry, f"r{n}", "review") for n in range(6)]

    def accept(person: Person) -> int:
        start.wait()
        return person.decide(id, "accept", tag=tag).status_code

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(accept, others))
    assert found == [200, 409, 409, 409, 409, 409]
    assert desk.registry.head == 3


def test_a_dry_run_tells_which_collisions_would_appear_and_dissolve(desk: Desk):
    registry, ana, _, rita = desk
    path = "/v1/conflicts/war-in-ukraine/deadlock"
    before = parse_answer(registry.get(path))["collisions"]
    lines = [
        {"noun": "actors", "record": {"id": "norway", "name": "Norway", "kind": "state"}},
        {"noun": "positions", "record": {
            "id": "norway-rejects-truce", "holder": "norway", "force": "reject",
            "proposition": "truce", "evidence": ["lukashenko-stop-now"],
            "speaker": "norway", "attestation": "indirect"}},
    ]  # fmt: skip
    added = ana.propose(*lines)
    [told] = rita.read(added)["dry_run"]["collisions"]
    parse_answer(rita.decide(added, "accept"))
    after = parse_answer(registry.get(path))["collisions"]
    new = [each["sentence"] for each in after if each not in before]
    assert new
    assert [each["sentence"] for each in told["appeared"]] == new
    assert (told["conflict"], told["dissolved"], told["complete"]) == ("war-in-ukraine", [], True)

    taken = parse_answer(ana.send("POST", URL, {"takes_back": 3}), 201)["id"]
    [told] = rita.read(taken)["dry_run"]["collisions"]
    assert [each["sentence"] for each in told["dissolved"]] == new
    with take_all_slots(heavy_answers):
        busy = rita.read(taken)["dry_run"]
    assert (busy["collisions"], busy["cut"], busy["amended"]) == ([], ["collisions"], 2)


def test_a_changeset_is_taken_back_unless_later_ones_stand_on_it(desk: Desk):
    registry, ana, bob, rita = desk
    whole = parse_answer(bob.send("POST", URL, {"takes_back": 1}), 409)
    assert "amend them first. These are the first 100 of" in whole["detail"]
    russia = parse_answer(registry.get("/v1/actors/russia"))
    changed = {"noun": "actors", "record": {"id": "russia", "name": "Rossiya", "kind": "state"}}
    parse_answer(rita.decide(ana.propose(NORWAY, changed), "accept"))
    id = parse_answer(bob.send("POST", URL, {"takes_back": 3}), 201)["id"]
    used = {"id": "oslo", "name": "Oslo", "kind": "institution", "part_of": "norway"}
    parse_answer(registry.post("/v1/actors", used), 201)
    stuck = parse_answer(rita.decide(id, "accept"), 409)
    assert [each["record"] for each in stuck["errors"]] == ["actors/oslo"]
    assert rita.read(id)["dry_run"]["errors"][0]["record"] == "actors/oslo"
    assert registry.retract("/v1/actors/oslo").status_code == 204
    assert parse_answer(rita.decide(id, "accept"))["changeset"] == registry.head
    now = parse_answer(registry.get("/v1/actors/russia"))
    assert {k: now[k] for k in ("name", "kind", "aliases")} == {
        k: russia[k] for k in ("name", "kind", "aliases")
    }
    assert registry.get("/v1/actors/norway").status_code == 410

    moved = parse_answer(bob.send("POST", URL, {"takes_back": 3}), 409)
    assert {each["record"] for each in moved["errors"]} == {"actors/norway", "actors/russia"}
    again = parse_answer(bob.send("POST", URL, {"takes_back": registry.head}), 201)["id"]
    parse_answer(rita.decide(again, "accept"))
    assert parse_answer(registry.get("/v1/actors/norway"))["name"] == "Norway"
    assert parse_answer(bob.send("POST", URL, {"takes_back": 99}), 404)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_large_records_are_taken_back_in_parts(make_desk, monkeypatch, engine: str):
    registry, ana, _, rita = make_desk(engine=engine)
    for name in ("Norway", "Norge" * 30):
        lines = (actor("norway", name), actor("sweden", f"S {name}"))
        parse_answer(rita.decide(ana.propose(*lines), "accept"))
    with registry.ledger.open_reader() as reader:
        rows = reader.list_changes(9, reader.find_last_seq(2), whole=True)
        size = sum(len(each["body"]) for each in rows)
        assert reader.measure_changeset(4, 9) == (2, size)
        assert reader.measure_changeset(3, 1)[0] == 1
    monkeypatch.setattr(plans, "MOST_BYTES_TAKEN_BACK", size - 1)
    with monkeypatch.context() as nothing_is_read:
        nothing_is_read.setattr(Reader, "list_changes", None)
        refused = parse_answer(ana.send("POST", URL, {"takes_back": 4}), 409)["detail"]
    assert f"more than {size - 1:,} bytes; propose the records as they were before" in refused
    monkeypatch.setattr(plans, "MOST_BYTES_TAKEN_BACK", size)
    id = parse_answer(ana.send("POST", URL, {"takes_back": 4}), 201)["id"]
    parse_answer(rita.decide(id, "accept"))
    assert parse_answer(registry.get("/v1/actors/norway"))["name"] == "Norway"


def test_a_dry_run_shows_changes_up_to_some_bytes_and_counts_all(desk: Desk, monkeypatch):
    id = desk.ana.propose(*(actor(f"a-{n}", f"{n}" * 200) for n in range(5)))
    shown = desk.rita.read(id)["dry_run"]["changes"]
    sizes = [len(canonical_bytes((each["before"], each["after"]))) for each in shown]
    for most, count in ((1, 1), (sum(sizes[:2]), 3), (sum(sizes[:2]) - 1, 2), (sum(sizes), 5)):
        monkeypatch.setattr(preview, "MOST_BYTES", most)
        told = desk.rita.read(id)["dry_run"]
        assert (told["changes"], told["created"]) == (shown[:count], 5)


def test_a_coded_source_is_proposed_with_its_text(desk: Desk):
    registry, ana, _, rita = desk
    document = {
        "source": {"id": "a-post", "title": "A post", "kind": "post", "language": "en",
                   "published": "2023-04-01", "text": "We want a truce now."},
        "statements": [{"exact": "a truce now", "speaker": "Alexander Lukashenko", "positions": [
            {"holder": "Belarus", "force": "demand", "proposition": "truce"}]}],
    }  # fmt: skip
    id = parse_answer(ana.send("POST", URL, {"coded_source": document}), 201)["id"]
    shown = rita.read(id)
    assert shown["sent"]["coded_source"] == document
    assert (shown["dry_run"]["created"], shown["dry_run"]["errors"]) == (3, [])
    assert "texts" in parse_answer(rita.decide(id, "accept"), 403)["detail"]
    keeper = Person(registry, "keeper", "review", "texts")
    parse_answer(keeper.decide(id, "accept"))
    assert [each["verified"] for each in registry.data("/v1/statements", source="a-post")] == [True]
    accepted = rita.read(id)["sent"]["coded_source"]["source"]
    assert "text" not in accepted
    assert accepted["text_length"] == len("We want a truce now.")
    document["statements"][0]["speaker"] = "Alexander Lukashenk"
    wrong = parse_answer(ana.send("POST", URL, {"coded_source": document}), 422)
    assert wrong["errors"][0]["pointer"] == "/coded_source/statements/0/speaker"


def test_a_text_that_is_taken_down_is_gone_from_all_submissions(desk: Desk):
    registry, ana, _, rita = desk
    source = {"title": "A post", "kind": "post", "language": "en", "published": "2023-04-01",
              "text": "We want a truce now."}  # fmt: skip

    def propose(**more: Any) -> int:
        sent = {"coded_source": {"source": source | more}}
        return parse_answer(ana.send("POST", URL, sent), 201)["id"]

    attached, opened, declined, other = (
        propose(id="a"), propose(id="b"), propose(id="c"), propose(id="d", text="Other words.")
    )  # fmt: skip
    keeper = Person(registry, "keeper", "review", "texts")
    parse_answer(keeper.decide(attached, "accept"))
    parse_answer(keeper.decide(declined, "decline", "Twice."))
    assert all("truce now" in json.dumps(rita.read(id)) for id in (opened, declined))
    assert keeper.send("DELETE", "/v1/sources/a/text").status_code == 204
    for id in (attached, opened, declined):
        assert "truce now" not in json.dumps(rita.read(id))
    assert "Other words." in json.dumps(rita.read(other))
    parse_answer(keeper.decide(opened, "accept"))
    assert keeper.send("GET", "/v1/sources/b/text").status_code == 404


REFUSED = [
    ({}, 422, ""),
    ({"changeset": [NORWAY], "takes_back": 1}, 422, ""),
    ({"changeset": []}, 422, "/changeset"),
    ({"changeset": 5}, 422, "/changeset"),
    ({"changeset": "{"}, 422, "/changeset/0"),
    ({"changeset": [NORWAY, NORWAY]}, 422, "/changeset/1/id"),
    ({"changeset": [{"noun": "actors", "record": {}}]}, 422, "/changeset/0/record/name"),
    ({"changeset": [POSITION | {"record": {**POSITION["record"], "holder": "atlantis"}}]}, 422,
     "/changeset/0/record/holder"),
    ({"changeset": [{"noun": "actors", "retract": "russia"}]}, 409, None),
    ({"changeset": [{"noun": "actors", "retract": "atlantis"}]}, 409, "/changeset/0"),
    ({"takes_back": -1}, 422, "/takes_back"),
    ({"changeset": [NORWAY], "comment": "a\u0007b"}, 422, "/comment"),
    ({"changeset": [NORWAY], "state": "accepted"}, 422, "/state"),
]  # fmt: skip
"""Bodies, the status of the refusal, and a place that it names."""


def test_what_does_not_fit_is_refused_with_its_place(desk: Desk):
    for body, status, pointer in REFUSED:
        problem = parse_answer(desk.ana.send("POST", URL, body), status)
        assert pointer in {each.get("pointer") for each in problem["errors"]}, body
    assert desk.ana.list() == []


def test_the_list_is_filtered_and_goes_on(desk: Desk):
    ids = [desk.ana.propose(actor(f"actor-{n}", f"N {n}")) for n in range(3)]
    ids.append(desk.bob.propose(NORWAY))
    parse_answer(desk.rita.decide(ids[0], "decline", "No."))
    assert desk.rita.list(author="ana", state="open") == [ids[2], ids[1]]
    assert desk.rita.list(author="ana,bob", kind="changeset") == ids[::-1]
    page = parse_answer(desk.rita.send("GET", URL, limit=3))
    rest = parse_answer(desk.rita.send("GET", page["next"]))
    assert [each["id"] for each in (*page["data"], *rest["data"])] == ids[::-1]
    assert rest["next"] is None


def test_review_may_be_required(make_desk):
    registry, ana, _, rita = make_desk(review="required")
    chief, texts = Person(registry, "chief", "admin"), Person(registry, "keeper", "texts")
    record = NORWAY["record"]
    for person, method, path, body in (
        (registry, "POST", "/v1/actors", record),
        (registry, "PUT", "/v1/actors/russia", record),
        (registry, "DELETE", "/v1/actors/russia", None),
        (registry, "POST", "/v1/changesets", None),
        (registry, "POST", "/v1/coded-sources", {}),
    ):
        registry.key = keys.create_key(registry.ledger.database, f"w{method}{path}", ["write"])
        problem = parse_answer(person.send(method, path, body, "*"), 403)
        assert "POST /v1/submissions" in problem["detail"]
    for method in ("PUT", "DELETE"):
        sent = texts.send(method, "/v1/sources/us-ukraine-joint-statement/text")
        assert "POST /v1/submissions" in parse_answer(sent, 403)["detail"]
    parse_answer(rita.decide(ana.propose(NORWAY), "accept"))
    parse_answer(chief.send("POST", "/v1/actors", actor("sweden", "Sweden")["record"]), 201)


def test_changesets_are_found_by_author_reviewer_conflict_and_day(desk: Desk):
    registry, ana, bob, rita = desk
    parse_answer(rita.decide(ana.propose(NORWAY), "accept"))
    parse_answer(rita.decide(bob.propose(POSITION), "accept"))
    numbers = lambda **query: [e["number"] for e in registry.data("/v1/changesets", **query)]  # noqa: E731
    today = clock.today()
    assert numbers(author="ana") == [3]
    assert numbers(author="ana,bob", reviewer="rita") == [4, 3]
    assert numbers(reviewer="ana") == []
    assert 4 in numbers(conflict="war-in-ukraine")
    assert 3 not in numbers(conflict="war-in-ukraine")
    assert numbers(recorded_on_gte=today, recorded_on_lte=today, author="bob") == [4]
    assert numbers(recorded_on_lte="2020-01-01") == []
    page = parse_answer(registry.get("/v1/changesets", author="ana,bob", limit=1))
    assert [e["number"] for e in registry.data(page["next"])] == [3]


def test_a_note_is_seen_by_reviewers_alone_and_few_are_taken(make_desk):
    registry, ana, _, rita = make_desk(limit_notes="3/hour")
    leave = lambda **note: registry.client.post("/v1/notes", json=note)  # noqa: E731
    assert parse_answer(leave(**NOTE), 201) == NOTE
    for wrong in ({"text": "a\u0007b"}, {"text": " "}, {"noun": "keys"}, {"text": "x" * 2_001}):
        parse_answer(leave(**{**NOTE, **wrong}), 422)
    parse_answer(leave(**{**NOTE, "id": "atlantis"}), 404)
    parse_answer(leave(**NOTE), 201)
    refused = leave(**{**NOTE, "text": "More"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert ana.list() == []
    [id] = rita.list(kind="note")
    shown = rita.read(id)
    assert (shown["author"], shown["sent"], shown["dry_run"]) == ("", {"note": NOTE}, None)
    assert parse_answer(rita.decide(id, "accept"))["changeset"] is None
    assert registry.head == 2


def test_a_withheld_text_is_not_shown_by_a_proposal(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures")
    digest = sha256(b"The hidden words.").hexdigest()
    source = {"id": "secret", "title": "S", "kind": "leak", "language": "en",
              "text_sha256": digest, "text_length": 17}  # fmt: skip
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text("secret", "The hidden words."))
    ana = Person(registry, "ana", "propose")
    quote = {"noun": "statements", "record": {
        "source": "secret", "start": 4, "end": 10, "exact": "hidder",
        "attestation": "verbatim_fragment", "attested_on": "2024-01-01"}}  # fmt: skip
    refused = parse_answer(ana.send("POST", URL, {"changeset": [quote]}), 422)
    assert "hidden" not in json.dumps(refused)
    public = {"noun": "sources", "record": {**source, "text_public": True}}
    assert ana.send("POST", URL, {"changeset": [public]}).status_code == 403


def test_administrative_acts_leave_entries(databases: Databases):
    with databases.fresh("postgresql", "fixtures") as url:
        registry = Registry(url)
        database = registry.ledger.database
        keys.create_key(database, "ana", ["propose"], clock.now() + 50_000)
        registry.make_key("bob", "write", "texts")
        keys.create_key(database, "bob", [])
        keys.revoke_keys(database, "bob")
        registry.make_key("keeper", "write", "texts", "review")
        source = {"id": "s", "title": "S", "kind": "leak", "language": "en", "text_length": 5,
                  "text_sha256": sha256(b"words").hexdigest()}  # fmt: skip
        parse_answer(registry.post("/v1/sources", source), 201)
        parse_answer(registry.put_text("s", "words"))
        assert registry.send("DELETE", "/v1/sources/s/text").status_code == 204
        registry.client.post("/v1/notes", json={"noun": "sources", "id": "s", "text": "?"})
        tag = registry.send("GET", f"{URL}/1").headers["ETag"]
        registry.send("POST", f"{URL}/1/decision", {"decision": "accept"}, tag)
        for day in (clock.today(), "2999-01-01"):
            expect_success(run_command(url, "submissions", "drop", "--closed-before", day))
        told = expect_success(run_command(url, "audit")).splitlines()
        rows = [line.split("\t")[2:] for line in told]
        acts = [tuple(row[:2]) for row in rows if row[0] != "librarian"]
        assert acts == [
            ("command", "key_created"), ("command", "key_created"), ("command", "key_rotated"),
            ("command", "key_revoked"), ("command", "key_revoked"), ("command", "key_created"),
            ("keeper", "text_attached"), ("keeper", "text_taken_down"),
            ("command", "submissions_dropped"), ("command", "key_expired"),
        ]  # fmt: skip
        assert len(expect_success(run_command(url, "audit")).splitlines()) == len(told)
        with pytest.raises(DBAPIError, match="insert-only"), database.begin_write() as write:
            write.connection.execute(text("DELETE FROM audit"))
        assert registry.ledger.find_faults() == []
        registry.close()


def test_a_changed_audit_entry_is_a_fault(desk: Desk):
    database = desk.registry.ledger.database
    with database.begin_write() as write:
        for verb in ("update", "delete"):
            write.connection.execute(text(f"DROP TRIGGER audit_refuses_{verb}"))
        write.connection.execute(text("UPDATE audit SET subject = 'x' WHERE number = 2"))
    assert any("audit entry 2" in fault for fault in desk.registry.ledger.find_faults())
    with database.begin_write() as write:
        write.connection.execute(text("DELETE FROM audit WHERE number = 2"))
    assert any("entries are missing" in fault for fault in desk.registry.ledger.find_faults())


def test_the_same_by_command(databases: Databases, tmp_path):
    with databases.fresh("sqlite", "seed") as url:
        run = lambda *words: run_command(url, "submissions", *words)  # noqa: E731
        file = tmp_path / "lines.ndjson"
        file.write_text(json.dumps(actor("norway", "Norwey")))
        id = expect_success(run("propose", file, "--by", "ana", "--comment", "Mediates.")).strip()
        assert expect_success(run("list")).split("\t")[:3] == [id, "changeset", "ana"]
        expect_success(run("comment", id, "Misspelt?", "--by", "rita"))
        expect_refusal(run("decide", id, "decline", "--by", "rita"))
        expect_success(run("decide", id, "decline", "--by", "rita", "--reason", "Misspelt."))
        file.write_text(json.dumps(NORWAY))
        expect_success(run("propose", file, "--by", "ana", "--revises", id))
        assert "somebody else" in expect_refusal(run("decide", id, "accept", "--by", "ana"))
        shown = json.loads(expect_success(run("show", id)))
        assert (shown["revision"], shown["dry_run"]["created"]) == (2, 1)
        said = expect_success(run("decide", id, "accept", "--by", "rita"))
        assert said == "Written as changeset 3.\n"
        file.write_text('{"noun": "actors", "record": {"name": "X"}}')
        assert "/changeset/0/record/kind" in expect_refusal(run("propose", file, "--by", "bob"))


def test_kills_between_any_two_steps_lose_nothing_and_double_nothing(databases: Databases):
    with databases.fresh("sqlite", "seed") as url:
        assert play_story(url, kills=1) == 1


def test_a_dry_run_shows_analysis_what_is_served_once_it_is_written(databases: Databases):
    assert count_equal_overlays(databases, random.Random(3), 5) >= 1


def test_at_another_schema_nothing_is_proposed_or_decided(desk: Desk):
    id = desk.ana.propose(NORWAY)
    tag = desk.rita.read_tag(id)
    with desk.registry.ledger.database.begin_write() as write:
        write.connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    for answer in (
        desk.ana.send("GET", URL),
        desk.rita.send("GET", f"{URL}/{id}"),
        desk.ana.send("POST", URL, {"changeset": [actor("sweden", "Sweden")]}),
        desk.rita.send("POST", f"{URL}/{id}/decision", {"decision": "accept"}, tag),
        desk.registry.client.post(
            "/v1/notes", json={"noun": "actors", "id": "russia", "text": "?"}
        ),
    ):
        assert parse_answer(answer, 503)["code"] == "not_ready"
