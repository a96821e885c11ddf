"""Requests that read from a standby, and what they are answered while it lags or is away."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url

from api.app import open_ledger
from api.errors import Invalid
from api.ledger.store.state import Extent
from api.settings import Settings
from tests.postgres import run_statement, standby_server
from tests.worlds import Databases, Registry, make_draft, parse_answer

LEAST = "Sinequanon-Min-Changeset"


class Cluster:
    """A primary with a standby, and two applications that read from the standby."""

    def __init__(self, primary: str, standby: str) -> None:
        self.primary, self.standby = primary, standby
        self.here, self.there = (
            Registry(primary, read_database_urls=f"{standby}") for _ in range(2)
        )
        self.here.make_key("writer")
        self.there.key = self.here.key

    def replay(self, what: str) -> None:
        """Pause or resume what the standby receives."""
        run_statement(self.standby, f"SELECT pg_wal_replay_{what}()")

    def write(self, id: str) -> int:
        """Write an actor at the first application, and return its changeset."""
        written = self.here.post("/v1/actors", make_draft("actors", id=id))
        assert written.status_code == 201, written.text
        return int(written.headers["Sinequanon-Changeset"])

    def catch_up(self) -> None:
        """Wait until both applications read from the standby again."""
        for each in (self.here, self.there):
            assert each.ledger.router is not None
            each.ledger.router._due = 0  # they check at once
        wait_until(lambda: all(reads_standby(each) for each in (self.here, self.there)))

    def close(self) -> None:
        for each in (self.here, self.there):
            close(each)


def reads_standby(registry: Registry) -> bool:
    """Whether the next request without a key reads from the standby."""
    registry.get("/v1/actors", limit=1)
    assert registry.ledger.router is not None
    return registry.ledger.router.choose() is not registry.ledger.database


def close(registry: Registry) -> None:
    assert registry.ledger.router is not None
    for each in registry.ledger.router.standbys:
        each.database.close_connections()
    registry.close()


def wait_until(is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not is_done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cluster(databases: Databases) -> Iterator[Cluster]:
    with databases.fresh("postgresql", "empty") as primary, standby_server(primary) as server:
        standby = make_url(server).set(database=make_url(primary).database)
        # Else commits would be sent to the standby up to 0.6 s later.
        name = make_url(primary).database
        run_statement(primary, f"ALTER DATABASE {name} SET synchronous_commit = on")
        made = Cluster(primary, standby.render_as_string(hide_password=False))
        yield made
        made.close()


@pytest.fixture
def lagging(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Yield the cluster with a standby that has received nothing lately."""
    monkeypatch.setattr("api.ledger.store.router.CHECK", 0.1)
    cluster.catch_up()
    cluster.replay("pause")
    yield cluster
    monkeypatch.setattr("api.ledger.store.router.CHECK", 0.1)
    cluster.replay("resume")
    cluster.catch_up()


def ask(registry: Registry, path: str, least: object = None) -> Any:
    return registry.get(path, headers={} if least is None else {LEAST: str(least)})


def test_a_client_that_names_its_write_sees_it_at_every_server(lagging: Cluster, monkeypatch):
    monkeypatch.setattr("api.ledger.store.router.CHECK", 60)
    number = lagging.write("named")
    assert ask(lagging.there, "/v1/actors/named").status_code == 404
    for _ in range(3):  # first seen, then cached
        answer = ask(lagging.there, "/v1/actors/named", number)
        assert answer.status_code == 200
    assert ask(lagging.there, "/v1/actors/named").status_code == 200


def test_a_server_shows_nothing_older_than_it_has_shown(lagging: Cluster):
    number = lagging.write("monotonic")
    assert ask(lagging.here, "/v1/actors/monotonic").status_code == 200
    for path in ("/v1/actors", "/v1/changesets", "/v1/actors?limit=3", "/v1/actors"):
        assert int(ask(lagging.here, path).headers["Sinequanon-Known-At"]) >= number
    lagging.replay("resume")
    wait_until(lambda: reads_standby(lagging.here))
    assert int(ask(lagging.here, "/v1/actors").headers["Sinequanon-Known-At"]) >= number


def test_a_standby_that_is_near_is_waited_for(cluster: Cluster):
    cluster.catch_up()
    for n in range(10):
        number = cluster.write(f"near-{n}")
        assert ask(cluster.there, f"/v1/actors/near-{n}", number).status_code == 200
    assert reads_standby(cluster.there)


def test_what_a_standby_lacks_is_read_from_the_primary(lagging: Cluster, monkeypatch):
    monkeypatch.setattr("api.ledger.store.router.CHECK", 60)
    number = lagging.write("known")
    page = parse_answer(lagging.there.get("/v1/actors", known_at=number, limit=1))
    assert page["next"]
    assert parse_answer(lagging.there.get(page["next"]))["data"]


def test_a_standby_that_lags_for_long_is_left_out(lagging: Cluster):
    number = lagging.write("forgotten")
    wait_until(lambda: ask(lagging.there, "/v1/actors/forgotten").status_code == 200)
    told = lagging.there.get("/readyz").text
    assert f"standby 1: left out, it is behind at changeset {number - 1}" in told


def test_keys_texts_and_submissions_are_read_from_the_primary(lagging: Cluster):
    lagging.there.make_key("newcomer")
    draft = make_draft("actors", id="proposed")
    proposal = {"changeset": [{"noun": "actors", "record": draft}], "comment": "A proposal."}
    made = lagging.there.send("POST", "/v1/submissions", proposal)
    assert made.status_code == 201, made.text
    assert lagging.there.send("GET", made.headers["Location"]).status_code == 200


def test_a_text_that_was_taken_down_is_gone_though_the_standby_has_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    here, there = cluster.here, cluster.there
    source = {"id": "public", "title": "S", "kind": "leak", "language": "en", "text_public": True,
              "text_sha256": sha256(b"words").hexdigest(), "text_length": 5}  # fmt: skip
    parse_answer(here.post("/v1/sources", source), 201)
    parse_answer(here.put_text("public", "words"))
    cluster.catch_up()
    path = "/v1/sources/public/text"
    for each in (here, there):
        wait_until(lambda each=each: ask(each, path).status_code == 200)
    monkeypatch.setattr("api.ledger.store.router.CHECK", 0.1)
    cluster.replay("pause")
    assert here.send("DELETE", path).status_code == 204
    assert ask(here, path).status_code == 404
    wait_until(lambda: ask(there, path).status_code == 404)
    assert "left out, it is behind at audit entry" in here.get("/readyz").text
    cluster.replay("resume")
    cluster.catch_up()


def test_a_worker_never_asks_the_primary_what_it_has_written_itself(
    lagging: Cluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.ledger.store.router.CHECK", 60)
    number, router = lagging.write("unasked"), lagging.here.ledger.router
    assert router is not None
    monkeypatch.setattr(lagging.here.ledger.database.state, "read_state", pytest.fail)
    assert router._find_floor().changeset == number


def test_a_standby_that_does_not_answer_is_left_out_in_bounded_time(lagging: Cluster):
    lagging.replay("resume")
    wait_until(lambda: reads_standby(lagging.there))
    folder = str(make_url(lagging.standby).query["host"])
    server = psutil.Process(int(Path(folder, "postmaster.pid").read_text().splitlines()[0]))
    frozen = [server, *server.children(recursive=True)]
    for each in frozen:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        for limit, most in ((5, 2.0), (6, 0.4), (7, 0.4)):
            begun = time.monotonic()
            assert ask(lagging.there, f"/v1/actors?limit={limit}").status_code == 200
            assert time.monotonic() - begun < most
        assert "standby 1: left out, it does not answer" in lagging.there.get("/readyz").text
    finally:
        for each in frozen:
            os.kill(each.pid, signal.SIGCONT)


def test_reads_go_on_without_the_primary_and_writes_are_refused(cluster: Cluster):
    number = cluster.write("left")
    nowhere = make_url(cluster.primary).set(query={"host": "/nowhere"})
    alone = Registry(
        nowhere.render_as_string(hide_password=False), read_database_urls=cluster.standby
    )
    alone.key = cluster.here.key
    wait_until(lambda: ask(alone, "/v1/actors/left").status_code == 200)
    wait_until(lambda: ask(alone, "/v1/actors/left", number).status_code == 200)
    assert ask(alone, "/v1/actors/left", number + 1).status_code == 503
    assert alone.post("/v1/actors", make_draft("actors", id="lost")).status_code == 503
    told = alone.get("/readyz").text
    assert "the primary does not answer" in told
    assert f"standby 1: changeset {number}" in told
    close(alone)


def test_a_server_that_takes_writes_is_no_standby(cluster: Cluster):
    other = Registry(cluster.primary, read_database_urls=f"{cluster.primary},{cluster.standby}")
    number = cluster.write("promoted")
    wait_until(lambda: ask(other, "/v1/actors/promoted").status_code == 200)
    wait_until(lambda: "1: left out, it is no standby" in other.get("/readyz").text)
    assert f"standby 2: changeset {number}" in other.get("/readyz").text
    assert other.ledger.router is not None
    assert other.ledger.router.choose() is other.ledger.router.standbys[1].database
    close(other)


def test_a_changeset_that_nobody_has_keeps_no_standby_from_others(lagging: Cluster, monkeypatch):
    monkeypatch.setattr("api.ledger.store.router.CHECK", 60)
    for _ in range(3):
        begun = time.monotonic()
        assert ask(lagging.there, "/v1/actors", 999_999).status_code == 422
        assert time.monotonic() - begun < 1
    assert reads_standby(lagging.there)


def test_a_standby_out_of_reach_holds_up_no_request(cluster: Cluster):
    nowhere = make_url(cluster.standby).set(host="192.0.2.1", query={}, port=5432)
    lost = Registry(
        cluster.primary, read_database_urls=nowhere.render_as_string(hide_password=False)
    )
    begun = time.monotonic()
    for limit in range(1, 6):
        assert ask(lost, f"/v1/actors?limit={limit}").status_code == 200
    assert time.monotonic() - begun < 2
    close(lost)


@pytest.mark.parametrize(("primary", "standby"), [
    ("sqlite:///x.db", "postgresql://h/n"), ("postgresql://h/n", "sqlite:///x.db"),
    ("postgresql://h/n", "postgresql://h:1,postgresql//"),
])  # fmt: skip
def test_standbys_of_something_else_are_refused_at_the_start(primary: str, standby: str):
    with pytest.raises((Invalid, ValueError)):
        open_ledger(
            Settings.from_environment({
                "SINEQUANON_DATABASE_URL": primary, "SINEQUANON_READ_DATABASE_URLS": standby
            })
        )  # fmt: skip


@pytest.mark.parametrize("value", ["", "-1", "1.0", "x", "1,2", "\u0661", "1" * 16, "1e3"])
def test_a_changeset_that_is_no_number_is_refused(reading: Registry, value: str):
    problem = parse_answer(reading.get("/v1/actors", headers={LEAST: value}), 400)
    assert LEAST in problem["detail"]


def test_the_contract_bounds_the_changeset_as_the_front_does(reading: Registry):
    contract = reading.get("/openapi.json").get_json()
    declared = contract["components"]["parameters"]["MinChangeset"]["schema"]
    parse_answer(ask(reading, "/v1/actors", declared["maximum"]), 422)
    parse_answer(ask(reading, "/v1/actors", declared["maximum"] + 1), 400)


@pytest.mark.parametrize("path", ["/v1/actors", "/v1/positions?valid_at=any&limit=2"])
def test_a_changeset_that_is_not_there_is_refused_and_one_that_is_changes_nothing(
    reading: Registry, path: str
):
    plain = reading.get(path)
    for _ in range(3):
        same = ask(reading, path, reading.head)
        assert (same.status_code, same.data) == (200, plain.data)
        problem = parse_answer(ask(reading, path, reading.head + 1), 422)
        assert problem["errors"][0]["parameter"] == LEAST
    tag = {"If-None-Match": plain.headers["ETag"], LEAST: str(reading.head)}
    assert reading.get(path, headers=tag).status_code == 304
    assert reading.get(path).data == plain.data


def test_a_worker_remembers_its_write_though_the_primary_did_not_answer_at_first(
    lagging: Cluster, monkeypatch: pytest.MonkeyPatch
):
    lagging.write("own")
    with monkeypatch.context() as patch:
        patch.setattr(lagging.here.ledger.database.state, "read_state", lambda: None)
        ask(lagging.here, "/v1/actors/own")
    assert ask(lagging.here, "/v1/actors/own").status_code == 200


def test_a_mirror_goes_on_behind_a_revision_at_a_server_that_has_it(
    lagging: Cluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.ledger.store.router.CHECK", 60)
    number = lagging.write("mirrored")
    for n in range(3):
        lagging.write(f"mirrored-{n}")
    page = parse_answer(lagging.here.get("/v1/changes", after=number - 1, limit=2))
    followed = parse_answer(lagging.there.get(page["next"]))
    assert [each["id"] for each in followed["data"]] == ["mirrored-1", "mirrored-2"]
    beyond = page["next"].replace(f"after={number + 1}", f"after={number + 90}")
    assert lagging.there.get(beyond).status_code == 422


def test_a_database_that_hangs_is_asked_once_at_a_time(cluster: Cluster):
    router, is_done = cluster.here.ledger.router, threading.Event()
    assert router is not None
    standby = router.standbys[0]
    wait_until(lambda: all(each.done() for each in router._pending.values()))
    asked = {router._ask(standby, is_done.wait, 15) for _ in range(9)}
    assert len(asked) == 1
    is_done.set()


def test_changesets_that_failover_has_lost_are_forgotten(cluster: Cluster):
    router = cluster.here.ledger.router
    assert router is not None
    number = cluster.write("kept")
    router.note_shown(Extent(number + 3))
    for known in (None, router._started):  # what a request was shown since the poll began
        router._started = known
        router._poll_primary()
        assert router._shown.changeset == number + 3
    cluster.here.ledger.database.written = Extent(number + 3)  # and what it wrote itself
    router._started = "another server"
    router._poll_primary()
    assert router._shown.changeset == number
    assert cluster.write("after") == router._find_floor().changeset == number + 1
