"""Analysis as a service: documented, flat, cached, in time, and never in the way."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.analysis.engine import solving
from api.analysis.engine.model import Claim, Member, SolverInput
from api.analysis.engine.sat import OutOfTimeError, Sat
from api.analysis.engine.solution import Solution
from api.analysis.questions import ALL_QUESTIONS
from api.analysis.questions.responses import find_responses
from api.concurrency import (
    CROWD,
    ConcurrencyLimiter,
    crowd,
    current,
    dry_runs,
    followers,
    heavy_answers,
    lots,
    texts,
)
from api.errors import Busy
from api.settings import Settings
from api.web.front import put_in_front
from api.web.rate_limits import RateLimits
from tests.analysis.quarrels import Quarrel
from tests.contract.test_contract import CONTRACT, OPERATIONS, documented_answer, list_faults
from tests.worlds import Registry, make_draft, parse_answer

WAR = "/v1/conflicts/war-in-ukraine"
STRAIT = "/v1/conflicts/varn-strait-dispute"
WANTS_P = Claim("holds", (("p",),))
ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "deadlock": (f"{WAR}/deadlock", {"goal": "peace"}),
    "matrix": (f"{STRAIT}/matrix", {"by": "issue"}),
    "timeline": (f"{STRAIT}/timeline", {}),
    "diff": (f"{STRAIT}/diff", {"from": "2024-03-01", "to": "2024-05-01"}),
    "responses": ("/v1/proposals/kestrian-plan-revised/responses", {}),
    "dossier": ("/v1/actors/norland/dossier", {"since": "2024-03-01"}),
    "agreement": (
        "/v1/agreement",
        {"actors": "norland,sudmark", "conflict": "strait-council-eleventh-session"},
    ),
}
NAMES = {question.name: question for question in ALL_QUESTIONS}


def test_every_question_is_asked_here():
    assert set(ASKED) == set(NAMES)


@pytest.mark.parametrize("name", ASKED)
def test_answers_are_as_documented(reading: Registry, name: str):
    path, query = ASKED[name]
    told = documented_answer(f"get{NAMES[name].title}", 200)
    schema = told["content"]["application/json"]["schema"]
    assert list_faults(schema, parse_answer(reading.get(path, **query))) == []


@pytest.mark.parametrize("name", ASKED)
def test_flat_rows_have_the_same_columns_whatever_the_form(reading: Registry, name: str):
    path, query = ASKED[name]
    columns = list(NAMES[name].columns)
    as_csv = list(
        csv.reader(io.StringIO(reading.get(f"{path}.csv", **query).get_data(as_text=True)))
    )
    as_json = reading.get(f"{path}.json", **query).get_json()
    lines = reading.get(f"{path}.ndjson", **query).get_data().splitlines()
    assert as_csv[0] == columns
    assert all(list(row) == columns for row in as_json)
    assert len(as_csv) - 1 == len(as_json) == len(lines)
    assert lines or name == "agreement"  # of which no roll call is recorded here
    some = reading.get(f"{path}.csv", columns=f"{columns[1]},{columns[0]}", **query)
    assert some.get_data(as_text=True).splitlines()[0] == f"{columns[1]},{columns[0]}"


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("form", ["", ".csv"])
def test_an_answer_that_the_caller_has_is_not_sent_again(reading: Registry, name, form):
    path, query = ASKED[name]
    first = reading.get(path + form, **query)
    assert first.headers["Sinequanon-Known-At"]
    again = reading.get(path + form, **query, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize("name", [name for name in ASKED if NAMES[name].about])
def test_an_unknown_record_is_not_found_and_a_retracted_one_gone(registry: Registry, name: str):
    question = NAMES[name]
    url = f"/v1/{question.about.name}/never-there/{name}"
    query = {k: v for k, v in ASKED[name][1].items() if k in ("from", "to")}
    assert registry.get(url, **query).status_code == 404
    made = make_draft(question.about.name)
    registry.post(f"/v1/{question.about.name}", made)
    registry.delete(f"/v1/{question.about.name}/{made['id']}", "*")
    assert registry.get(url.replace("never-there", made["id"]), **query).status_code == 410


@pytest.mark.parametrize(("path", "parameter"), [
    (f"{WAR}/deadlock?goal=nowhere", "goal"),
    (f"{WAR}/deadlock?goal=free-passage", "goal"),
    (f"{WAR}/deadlock?axioms=nowhere", "axioms"),
    (f"{WAR}/deadlock?axioms=all,peace-implies-end", "axioms"),
    (f"{WAR}/deadlock?voices=loud", "voices"),
    (f"{WAR}/deadlock?without=axioms/peace-implies-end", "without"),
    (f"{WAR}/deadlock?without=positions/never-there", "without"),
    (f"{WAR}/deadlock?gaol=peace", "gaol"),
    (f"{WAR}/deadlock?limit=0", "limit"),
    (f"{WAR}/deadlock?goal=", "goal"),
    (f"{WAR}/deadlock?holders=all&holders=parties", "holders"),
    (f"{WAR}/matrix?by=actor", "by"),
    (f"{WAR}/diff?from=2023-03-30", "to"),
    (f"{WAR}/diff?to=2023-03-30", "from"),
    (f"{WAR}/diff?from=2023-03-30&to=soon", "to"),
    (f"{WAR}/diff?from=1&to=2&clock=recorded&known_at=1", "known_at"),
    (f"{WAR}/diff?from=0&to=99999&clock=recorded", "to"),
    (f"{STRAIT}/diff?from=99999&to=1&clock=recorded", "from"),
    (f"{WAR}/diff?from=any&to=2023-03-30", "from"),
    (f"{WAR}/diff?from=2023-04-01&to=2023-03-01", "from"),
    (f"{STRAIT}/diff?from=2&to=1&clock=recorded", "from"),
    (f"{WAR}/deadlock?attested_since=../2023", "attested_since"),
    (f"{WAR}/timeline?kind=battle", "kind"),
    ("/v1/proposals/kestrian-plan/responses?response=silent", "response"),
    (f"{WAR}/deadlock.csv?columns=colour", "columns"),
])  # fmt: skip
def test_a_wrong_parameter_is_named(reading: Registry, path: str, parameter: str):
    answer = reading.get(path)
    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.get_json()["errors"]] == [parameter]


def test_the_documented_example_is_the_seed_s_real_answer(registry_of):
    told = documented_answer("getConflictDeadlock", 200)["content"]["application/json"]["example"]
    seed = registry_of("seed")
    given = parse_answer(seed.get(f"{WAR}/deadlock", goal="peace", valid_at="2023-03-31"))
    assert told == given


def test_a_what_if_needs_no_key_and_says_so():
    assert OPERATIONS["supposeConflictDeadlock"][2]["security"] == []
    schema = CONTRACT["components"]["schemas"]["Supposed"]
    assert set(schema["properties"]) == {"leave_out", "positions", "preconditions", "axioms"}


def test_a_repeated_question_costs_no_solving(reading: Registry, monkeypatch):
    query = {"goal": "peace", "limit": "77"}
    first = parse_answer(reading.get(f"{WAR}/deadlock", **query))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr(solving, "solve_input", refuse)
    assert parse_answer(reading.get(f"{WAR}/deadlock", **query)) == first


def test_what_was_known_keeps_its_deadlock(registry_of):
    seed = registry_of("seed")
    day = {"goal": "peace", "valid_at": "2023-03-31"}
    before = seed.get(f"{WAR}/deadlock", known_at="1", **day)
    assert "max-age" in before.headers["Cache-Control"]
    tag = seed.get("/v1/positions/belarus-proposes-truce").headers["ETag"]
    assert seed.delete("/v1/positions/belarus-proposes-truce", tag).status_code == 204
    assert len(parse_answer(seed.get(f"{WAR}/deadlock", **day))["collisions"]) == 1
    assert seed.get(f"{WAR}/deadlock", known_at="1", **day).get_data() == before.get_data()
    turned = {"from": "2", "to": "3", "clock": "recorded", "goal": "peace"}
    found = parse_answer(seed.get(f"{WAR}/diff", **turned))
    assert [(c["change"], c["id"]) for c in found["changes"]] == [
        ("retracted", "belarus-proposes-truce")
    ]
    assert len(found["collisions"]["dissolved"]) == 2


def test_corrections_are_told_apart_from_changes_of_mind(registry_of):
    world = registry_of("fixtures")
    turned = parse_answer(world.get(f"{STRAIT}/diff", **{"from": "2024-03-31", "to": "2024-04-02"}))
    closed = [each for each in turned["changes"] if each["change"] == "closed"]
    assert {(each["id"], each["end_reason"]) for each in closed} == {
        ("norland-accepts-talks-conditionally", "replaced"),
        ("norland-talks-need-withdrawal", "dropped"),
    }
    record = parse_answer(world.get("/v1/positions/sudmark-defers-survey"))
    world.put("/v1/positions/sudmark-defers-survey", {**record, "note": "Read again."}, "*")
    session = "/v1/conflicts/strait-council-eleventh-session"
    found = parse_answer(
        world.get(f"{session}/diff", **{"from": "1", "to": "2", "clock": "recorded"})
    )
    [amended] = found["changes"]
    assert (amended["change"], amended["amended"]) == ("amended", ["note"])


AGREEMENT = {"actors": "norland,sudmark", "conflict": "strait-council-eleventh-session"}


@pytest.mark.parametrize(("method", "url", "query"), [
    *(("GET", url, query) for url, query in ASKED.values()),
    ("GET", f"{WAR}/deadlock.csv", {"goal": "truce"}),
    ("POST", f"{WAR}/deadlock", {"goal": "truce"}),
    ("GET", f"{WAR}/deadlock.svg", {"goal": "truce"}),
    ("GET", f"{WAR}/deadlock.vl.json", {"goal": "truce"}),
    ("GET", "/embed/conflicts/war-in-ukraine/deadlock", {"goal": "truce"}),
    ("GET", "/conflicts/war-in-ukraine", {"goal": "truce"}),
    ("GET", "/agreement", AGREEMENT),
    ("GET", "/agreement", {"actors": "norlund,sudmarc"}),
    ("GET", "/actors/norland", {}),
    ("GET", "/proposals/kestrian-plan-revised", {}),
    ("GET", "/conflicts/strait-council-eleventh-session/votes", {}),
    ("GET", "/v1/search", {"q": "truce", "sort": "relevance"}),
    ("GET", "/v1/search", {"q": "truce", "limit": "101"}),
    ("GET", "/search", {"q": "truce", "sort": "relevance"}),
    ("GET", "/search", {"q": "truce", "sort": "newest"}),
    ("GET", "/v1/positions/counts", {"by": "holder"}),
    ("GET", "/v1/positions.csv", {"limit": "1000"}),
    ("GET", "/v1/positions.csv", {"text": "war"}),
    ("GET", "/v1/positions", {"text": "war"}),
    ("GET", "/positions", {"text": "war"}),
    ("GET", "/v1/sources/kremlin-rules-out-truce/coded", {}),
    ("GET", "/v1/changes", {"after": "0", "actor": "russia"}),
    ("GET", "/v1/changes.atom", {}),
    ("GET", "/v1/changesets", {"conflict": "war-in-ukraine"}),
    ("GET", "/changes", {"actor": "russia"}),
])  # fmt: skip
def test_what_takes_long_is_refused_while_all_slots_are_held(
    reading: Registry, method: str, url: str, query: dict[str, str]
):
    def status() -> int:
        answer = reading.client.open(url, method=method, query_string=query, json={})
        assert answer.status_code != 503 or answer.headers["Retry-After"] == "1"
        return answer.status_code

    served = status()
    assert served in (200, 303)  # even a cached solution is presented in a slot
    with take_all_slots(heavy_answers):
        assert status() == 503
        assert reading.get("/v1/search?q=truce").status_code == 200
        assert reading.get("/propositions/truce").status_code == 200
    assert status() == served


def test_the_home_page_stands_without_verdicts_while_all_slots_are_held(registry_of):
    registry = registry_of("fixtures", snapshots=0)
    whole = registry.get("/")
    with take_all_slots(heavy_answers):
        cut = registry.get("/")
    assert (cut.status_code, cut.headers["Cache-Control"]) == (200, "no-store")
    assert len(cut.data) < len(whole.data)
    assert registry.get("/").data == whole.data


def test_texts_that_are_read_leave_a_slot_for_answers(registry_of):
    registry = registry_of("both", snapshots=0)
    with take_all_slots(texts):
        assert registry.client.post("/v1/candidates", json={"text": "Yes."}).status_code == 503
        assert registry.get("/v1/conflicts/war-in-ukraine/deadlock").status_code == 200
    with take_all_slots(heavy_answers):
        assert registry.client.post("/v1/candidates", json={"text": "Yes."}).status_code == 503
    assert registry.client.post("/v1/candidates", json={"text": "Yes."}).status_code == 200


def test_changes_are_tried_in_a_bounded_number_of_slots(registry_of):
    registry = registry_of("fixtures")
    actor = {"noun": "actors", "record": make_draft("actors")}
    proposed = parse_answer(registry.post("/v1/submissions", {"changeset": [actor]}), 201)
    tried = {"query_string": {"dry_run": 1}, "content_type": "application/x-ndjson",
             "headers": {"Authorization": f"Bearer {registry.key}"}}  # fmt: skip
    with take_all_slots(dry_runs):
        assert registry.post("/v1/submissions", {"takes_back": 1}).status_code == 503
        shown = registry.client.get(proposed["url"], headers=tried["headers"])
        assert (shown.status_code, shown.headers["Retry-After"]) == (503, "1")
        answer = registry.client.post("/v1/changesets", data=json.dumps(actor), **tried)
        assert answer.status_code == 503
        assert registry.post("/v1/actors", actor["record"]).status_code == 201
        odd = {"source": {}, "statements": [1]}  # a faulty one is not even translated
        assert registry.post("/v1/coded-sources", odd, dry_run=1).status_code == 503
        assert registry.post("/v1/submissions", {"coded_source": odd}).status_code == 503


def test_bodies_of_many_records_are_read_in_a_bounded_number_of_slots(registry_of):
    registry = registry_of("fixtures")
    actor = {"noun": "actors", "record": make_draft("actors")}
    given: dict[str, Any] = {
        "data": json.dumps(actor), "content_type": "application/x-ndjson",
        "headers": {"Authorization": f"Bearer {registry.key}"},
    }  # fmt: skip
    with take_all_slots(lots):
        assert registry.client.post("/v1/changesets", **given).status_code == 503
        coded = {"source": {"id": "courier-report"}}
        assert registry.post("/v1/coded-sources", coded).status_code == 503
        tried = registry.client.post("/v1/changesets", query_string={"dry_run": 1}, **given)
        assert tried.status_code == 200
    assert registry.client.post("/v1/changesets", **given).status_code == 200


def test_who_does_not_wait_for_changes_needs_no_place_among_those_who_do(registry_of):
    registry = registry_of("fixtures")
    with take_all_slots(followers):
        refused = registry.get("/v1/changes?after=0&wait=1")
        assert refused.status_code == 503
        assert "without wait" in refused.get_json()["detail"]
        assert registry.get("/v1/changes?after=0").status_code == 200


@contextmanager
def take_all_slots(limiter: ConcurrencyLimiter) -> Iterator[None]:
    """Leave no slot, and no place to wait for one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "_at_once", 0)
        patch.setattr(limiter, "_places", 0)
        yield


def test_exports_are_refused_while_too_many_are_read(registry_of):
    reading = registry_of("fixtures", snapshots=0)
    running = [export_to(reading, client) for client in "aaaabbbb"]
    assert {each.status_code for each in running} == {200}
    refused = export_to(reading, "c")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    for each in running:
        each.close()
    assert reading.get("/v1/export.ndjson").status_code == 200


def export_to(registry: Registry, client: str) -> TestResponse:
    """Begin an export to a client at an address."""
    asker = {"REMOTE_ADDR": client}
    return registry.client.get("/v1/export.ndjson", environ_base=asker, buffered=False)


def test_one_client_cannot_take_the_exports_from_the_others(registry_of):
    reading = registry_of("fixtures", snapshots=0)
    running = [export_to(reading, "a") for _ in range(5)]
    assert [each.status_code for each in running] == [200, 200, 200, 200, 503]
    running.append(export_to(reading, "b"))
    assert running[-1].status_code == 200
    for each in running:
        each.close()
    assert reading.get("/v1/export.ndjson").status_code == 200


def test_a_few_wait_for_a_slot_and_others_are_refused_at_once():
    limiter = ConcurrencyLimiter("busy", at_once=1, waiting=1, patience=60)
    done: list[str] = []

    def wait() -> None:
        with limiter.hold_slot():
            done.append("waited")

    waiting = threading.Thread(target=wait)
    with limiter.hold_slot():
        waiting.start()
        while not limiter._waiting:
            waiting.join(0.01)
        with limiter.hold_slot():  # which this thread holds already
            pass
        with pytest.raises(Busy):
            limiter.take_slot()
        assert done == []
    waiting.join()
    assert done == ["waited"]


def test_a_free_slot_goes_to_the_client_that_holds_the_fewest():
    limiter = ConcurrencyLimiter("busy", at_once=2, waiting=3, patience=60)
    taken, threads = list[str](), list[threading.Thread]()

    def take(client: str) -> None:
        current.client = client
        taken.append(limiter.take_slot())

    for number, client in enumerate("aaaab"):  # a alone may hold both; b comes last
        threads.append(threading.Thread(target=take, args=(client,)))
        threads[-1].start()
        there = min(number + 1, 2), max(number - 1, 0)
        while (len(limiter._clients), len(limiter._waiting)) != there:
            time.sleep(0.001)
    assert taken == ["a", "a"]
    for number in range(3, 6):
        limiter.give_back("a")
        while len(taken) < number:
            time.sleep(0.001)
    assert taken == ["a", "a", "b", "a", "a"]


def test_threads_take_longer_turns_while_many_requests_are_at_work():
    usual, found = sys.getswitchinterval(), list[float]()

    def answer(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        found.append(sys.getswitchinterval())
        start_response("200 OK", [])
        return []

    app = Flask(__name__)
    app.wsgi_app = answer
    put_in_front(app, None, RateLimits(Settings()), Settings(log="off"))
    try:
        for others in (CROWD - 2, CROWD - 1, CROWD // 2, CROWD // 2 - 1):
            crowd[:] = [None] * others
            app.test_client().get("/")
        assert found == pytest.approx([usual, 0.005, 0.005, 0.005])
        assert sys.getswitchinterval() == pytest.approx(0.001)
    finally:
        crowd.clear()
        sys.setswitchinterval(usual)


def test_clients_that_wait_take_turns():
    """One that waited with many writes went first with all of them."""
    limiter = ConcurrencyLimiter("busy", at_once=1, waiting=9, patience=60)
    taken, threads = list[str](), list[threading.Thread]()

    def take(client: str) -> None:
        current.client = client
        taken.append(limiter.take_slot())

    for number, client in enumerate("aaaabb"):
        threads.append(threading.Thread(target=take, args=(client,)))
        threads[-1].start()
        while len(limiter._clients) + len(limiter._waiting) != number + 1:
            time.sleep(0.001)
    for number in range(2, 7):
        limiter.give_back(taken[-1])
        while len(taken) < number:
            time.sleep(0.001)
    assert "".join(taken) == "aababa"


def test_one_client_leaves_a_slot_to_the_others(monkeypatch: pytest.MonkeyPatch):
    limiter = ConcurrencyLimiter("busy", at_once=3, waiting=9, patience=0, slots_each=2)
    monkeypatch.setattr(current, "client", "a")
    assert [limiter.take_slot(), limiter.take_slot()] == ["a", "a"]
    with pytest.raises(Busy):
        limiter.take_slot()
    monkeypatch.setattr(current, "client", "b")
    assert limiter.take_slot() == "b"


def test_a_slot_is_released_on_failure():
    limiter = ConcurrencyLimiter("busy", at_once=1, waiting=0, patience=60)
    with pytest.raises(RuntimeError), limiter.hold_slot():
        raise RuntimeError
    with limiter.hold_slot():
        pass


def test_the_solver_is_asked_a_little_at_a_time():
    # Eleven pigeons in ten holes: no solver of this kind is done with that soon.
    def sits(pigeon: int, hole: int) -> int:
        return 10 * pigeon + hole + 1

    clauses = [[sits(p, h) for h in range(10)] for p in range(11)]
    clauses += [[-sits(p, h), -sits(q, h)] for h in range(10) for q in range(11) for p in range(q)]
    sat = Sat(clauses, time.monotonic() + 0.01)
    with pytest.raises(OutOfTimeError):
        sat.is_satisfiable()
    assert sat._solver.accum_stats()["conflicts"] < 10_000


def test_what_was_cut_for_time_is_not_to_be_stored(registry_of):
    hasty = registry_of("both", analysis_seconds=0)
    answer = hasty.get(f"{WAR}/deadlock", goal="peace", limit="79")
    assert answer.get_json()["verdict"] == "incomplete"
    assert "time" in answer.get_json()["cut"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(("name", "ways"), [
    ("deadlock", "one answer; choose a day"),
    ("diff", "one answer; choose a day"),
    ("matrix", "narrow the request by issue, holder, proposition, or choose a day"),
    ("timeline", "narrow the request by issue, holder, attested_on, or choose a day"),
    ("dossier", "narrow the request by conflict, issue, attested_on, or choose a day"),
    ("responses", "one answer; choose a day"),
])  # fmt: skip
def test_too_many_records_are_refused_with_a_way_out(
    reading: Registry, monkeypatch, name: str, ways: str
):
    monkeypatch.setattr("api.analysis.loading.MOST", 3)
    path, query = ASKED[name]
    for form in ("", ".csv"):
        answer = reading.get(path + form, **query)
        assert answer.status_code == 422
        assert answer.get_json()["code"] == "invalid"
        assert ways in answer.get_json()["detail"]


@pytest.mark.parametrize(("path", "query"), [
    (f"{WAR}/matrix", {"holder": "west", "valid_at": "2023-03-31"}),
    (f"{WAR}/matrix", {"proposition": "truce", "valid_at": "2023-03-31"}),
    (f"{WAR}/timeline", {"holder": "west"}),
    (f"{WAR}/timeline", {"attested_on": "2023-03-26"}),
    ("/v1/actors/russia/dossier", {"issue": "withdrawal"}),
    ("/v1/actors/russia/dossier", {"attested_on": "2023-03-26"}),
    ("/v1/actors/russia/dossier", {"conflict": "varn-strait-dispute"}),
])  # fmt: skip
def test_the_way_out_leads_out(reading: Registry, monkeypatch, path: str, query: dict[str, str]):
    monkeypatch.setattr("api.analysis.loading.MOST", 3)
    assert reading.get(path).status_code == 422
    assert reading.get(path, **query).status_code == 200


def test_what_concludes_from_what_is_missing_is_of_the_whole_conflict(reading: Registry):
    for path in (f"{WAR}/deadlock?", f"{STRAIT}/diff?from=2024-03-01&to=2024-05-01&"):
        for name in ("issue", "holder", "attested_on"):
            answer = reading.get(f"{path}{name}=truce")
            assert [each["parameter"] for each in answer.get_json()["errors"]] == [name]
    assert reading.get(f"{WAR}/matrix?attested_on=2023").status_code == 422


@pytest.mark.parametrize(("path", "query", "hidden"), [
    ("/v1/actors/russia/dossier", {"attested_on": "2023-03-26"}, "russia-rejects-truce"),
    ("/v1/actors/russia/dossier", {"issue": "nuclear-weapons-in-belarus"}, "russia-rejects-truce"),
    (f"{WAR}/timeline", {"attested_on": "2023-03-20/2023-03-30"}, "belarus-proposes-truce"),
    (f"{WAR}/matrix", {"holder": "russia"}, "ukraine-concerned-by-nuclear-weapons"),
])  # fmt: skip
def test_what_is_narrowed_shows_what_fits_alone(
    reading: Registry, path: str, query: dict[str, str], hidden: str
):
    shown = "russia-intends-nuclear-weapons-in-belarus"
    whole, narrowed = (reading.get(path, **each).get_data(as_text=True) for each in ({}, query))
    assert shown in whole
    assert hidden in whole
    assert shown in narrowed
    assert hidden not in narrowed


def test_a_dossier_is_narrowed_to_a_conflict(reading: Registry):
    here, elsewhere = (
        parse_answer(
            reading.get("/v1/actors/russia/dossier", conflict=conflict, since="2023-01-01")
        )
        for conflict in ("war-in-ukraine", "varn-strait-dispute")
    )
    assert here["issues"]
    assert here["changes"]
    assert elsewhere["issues"] == elsewhere["changes"] == []


def test_what_ends_a_position_is_in_the_timeline(registry: Registry):
    world = registry
    source = world.data("/v1/sources")[0]["id"]
    for id, day in (("refusal", "2024-03-08"), ("retreat", "2024-06-08")):
        world.post("/v1/statements", {
            "id": id, "source": source, "gist": id, "attestation": "indirect",
            "speaker": "tomas-velden", "attested_on": day,
        })  # fmt: skip
    world.post("/v1/positions", {
        "id": "no-closure", "holder": "sudmark", "force": "reject", "proposition": "strait-closed",
        "evidence": ["refusal"], "valid_to": "2024-06-08", "end_reason": "walked_back",
        "end_evidence": ["retreat"],
    })  # fmt: skip
    events = parse_answer(world.get(f"{STRAIT}/timeline", limit=1000))["data"]
    assert {"refusal", "retreat"} <= {e["id"] for e in events if e["noun"] == "statements"}


def test_whole_answers_silences_and_what_is_held_elsewhere(reading: Registry):
    found = parse_answer(reading.get("/v1/proposals/kestrian-plan-revised/responses"))["responses"]
    of = {(each["component"], each["actor"]): each for each in found}
    assert all(of["abcd"[n], "sudmark"]["whole"] for n in range(4))
    assert of["b", "sudmark"]["response"] == "accept_conditionally"
    assert of["b", "sudmark"]["under"] == ["sudmark-plan-needs-recognition-or-commission"]
    assert of["a", "norland"]["positions"] == [
        "norland-accepts-talks",
        "norland-accepts-revised-plan",
    ]
    early = parse_answer(
        reading.get("/v1/proposals/kestrian-plan/responses", valid_at="2024-03-06")
    )
    held = {(r["component"], r["actor"]): r for r in early["responses"]}
    assert held["d", "sudmark"]["response"] == "not_addressed"
    assert held["d", "sudmark"]["elsewhere"] == ["sudmark-commits-to-lower-fee"]


def test_who_wants_what_a_component_negates_refuses_it():
    quarrel = Quarrel()
    quarrel.propositions("war", "talks")
    quarrel.proposal("plan", "!war", "talks")
    answered = {"proposal": "plan", "component": "c1"}
    quarrel.position("ardo", "commit", "war", responds_to=answered, under=[])
    quarrel.position("belm", "reject", "war", responds_to=answered, under=[])
    assert answers_to(quarrel) == {
        ("c1", "ardo"): ("commit", -1), ("c1", "belm"): ("reject", 1),
        ("c2", "ardo"): ("not_addressed", None), ("c2", "belm"): ("not_addressed", None),
    }  # fmt: skip


def test_an_answer_about_one_proposition_answers_no_component_without_it():
    quarrel = Quarrel()
    quarrel.propositions("war", "talks", "tribute")
    quarrel.proposal("plan", "!war", "talks")
    quarrel.position("ardo", "accept", "talks", responds_to={"proposal": "plan"}, under=[])
    quarrel.position("belm", "demand", "tribute", responds_to={"proposal": "plan"}, under=[])
    assert answers_to(quarrel) == {
        ("c1", "ardo"): ("not_addressed", None), ("c1", "belm"): ("not_addressed", None),
        ("c2", "ardo"): ("accept", 1), ("c2", "belm"): ("not_addressed", None),
    }  # fmt: skip


def test_who_refuses_one_thing_of_a_component_refuses_it():
    quarrel = Quarrel()
    quarrel.propositions("war", "talks")
    quarrel.proposal("plan", "!war talks")
    answered = {"proposal": "plan", "component": "c1"}
    for n, day in enumerate(("2024-01-01", "2024-02-01")):
        quarrel.position("ardo", "accept", "talks", id=f"yes-{n}", responds_to=answered, on=day)
        quarrel.position("ardo", "demand", "war", id=f"no-{n}", responds_to=answered)
    quarrel.position("belm", "accept", "talks", responds_to=answered)
    assert answers_to(quarrel) == {("c1", "ardo"): ("demand", -1), ("c1", "belm"): ("accept", 1)}
    found = find_responses(quarrel.scene(), quarrel.records["proposals", "plan"]).responses
    assert not any(each.disagreement for each in found)


def test_opposite_answers_of_one_day_are_told_beside_a_later_one_on_something_else():
    quarrel = Quarrel()
    quarrel.propositions("truce", "talks")
    quarrel.proposal("plan", "truce talks")
    answered = {"proposal": "plan", "component": "c1"}
    quarrel.position("ardo", "accept", "truce", responds_to=answered)
    quarrel.position("ardo", "reject", "truce", responds_to=answered)
    quarrel.position("ardo", "accept", "talks", responds_to=answered, on="2024-02-01")
    found = find_responses(quarrel.scene(), quarrel.records["proposals", "plan"]).responses
    assert {each.actor: each.disagreement for each in found} == {"ardo": True, "belm": False}


def answers_to(quarrel: Quarrel) -> dict[tuple[str, str], tuple[str, int | None]]:
    found = find_responses(quarrel.scene(), quarrel.records["proposals", "plan"]).responses
    return {(r.component, r.actor): (r.response, r.sign) for r in found}


def test_a_matrix_shows_packages_and_disagreement(registry_of):
    world = registry_of("fixtures")
    rows = {r["holder"]: r for r in parse_answer(world.get(f"{STRAIT}/matrix"))["rows"]}
    assert [each["id"] for each in rows["norland"]["packages"]] == ["norland-accepts-revised-plan"]
    rejection = parse_answer(world.get("/v1/positions/sudmark-rejects-free-passage"))
    other = {name: rejection[name] for name in ("holder", "proposition", "evidence", "attestation",
                                                "attested_on", "speaker", "rank")}  # fmt: skip
    assert world.post("/v1/positions", {**other, "id": "two", "force": "accept"}).status_code == 201
    matrix = parse_answer(world.get(f"{STRAIT}/matrix", proposition="free-passage"))
    cells = {c["holder"]: c for row in matrix["rows"] for c in row["cells"]}
    [shown] = cells["sudmark"]["positions"]
    assert shown["disagreement"]
    assert len(shown["records"]) == 2


def test_what_is_held_jointly_is_found_for_each_holder(reading: Registry):
    for path in (f"{STRAIT}/timeline", f"{STRAIT}/matrix", "/v1/actors/strait-council/dossier"):
        query = {} if "dossier" in path else {"holder": "strait-council"}
        assert b"kestria-proposes-talks" in reading.get(path, **query).get_data(), path
        assert b"kestria-talks-no-preconditions" in reading.get(path, **query).get_data(), path
    assert b"jointly with Strait Council" in reading.get(f"{STRAIT}/timeline").get_data()


def test_a_reworded_proposition_is_no_other_collision(registry_of):
    seed = registry_of("seed")
    record = parse_answer(seed.get("/v1/propositions/truce"))
    seed.put("/v1/propositions/truce", {**record, "text": "The guns fall silent."}, "*")
    turned = {"from": "1", "to": "2", "clock": "recorded", "valid_at": "2023-03-31"}
    assert parse_answer(seed.get(f"{WAR}/diff", **turned))["collisions"] == {
        "appeared": [], "dissolved": []
    }  # fmt: skip


def test_the_verdict_is_a_row_whatever_else_there_is(reading: Registry):
    rows = reading.get(f"{WAR}/deadlock.json", goal="peace", kind="verdict", limit=1).get_json()
    assert [(row["verdict"], row["complete"], row["cut"]) for row in rows] == [
        ("incomplete", False, "collisions|concessions")
    ]


def test_two_who_ask_the_same_at_once_cost_one_solving(monkeypatch):
    problem = SolverInput((Member("positions", ("a",), "x", WANTS_P, "yields"),), (), ("q",))
    begun, counted = threading.Event(), []

    def slow(*_: Any, **__: Any) -> Solution:
        counted.append(1)
        begun.wait(5)
        return Solution((), (), (), ())

    monkeypatch.setattr(solving, "solve_input", slow)
    asking = [
        threading.Thread(
            target=solving.solve_once, args=(problem,), kwargs={"limit": 3, "seconds": 5}
        )
        for _ in range(4)
    ]
    for each in asking:
        each.start()
    begun.set()
    for each in asking:
        each.join()
    assert counted == [1]


def test_a_solution_that_failed_is_not_remembered(monkeypatch):
    problem = SolverInput((Member("positions", ("b",), "x", WANTS_P, "yields"),), (), ())

    def fail(*_: Any, **__: Any) -> Solution:
        raise RuntimeError

    monkeypatch.setattr(solving, "solve_input", fail)
    with pytest.raises(RuntimeError):
        solving.solve_once(problem, limit=3, seconds=5)
    monkeypatch.undo()
    assert solving.solve_once(problem, limit=3, seconds=5).cut == ()


def test_a_value_that_is_given_twice_counts_once(reading: Registry):
    once = parse_answer(reading.get(f"{WAR}/deadlock", voices="own"))
    assert parse_answer(reading.get(f"{WAR}/deadlock", voices="own,own,own")) == once
    assert once["parameters"]["voices"] == ["own"]


def test_a_doubt_with_a_bar_stays_one_cell_entry(registry: Registry):
    parse_answer(registry.post("/v1/positions", {
        "holder": "sudmark", "force": "reject", "proposition": "joint-commission",
        "evidence": ["velden-rock-not-excluded"],
        "doubts": [{"field": "force", "kind": "inferred", "text": "Refuses | delays."}],
    }), 201)  # fmt: skip
    rows = csv.DictReader(registry.get("/v1/actors/sudmark/dossier.csv").text.splitlines())
    [doubts] = {row["doubts"] for row in rows if "Refuses" in row["doubts"]}
    assert [*filter(lambda each: "Refuses | delays." in each, json.loads(doubts))]
