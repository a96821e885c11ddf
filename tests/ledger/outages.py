"""What PostgreSQL does to a server, at length: `python -m pytest -s tests/ledger/outages.py`.

It freezes, it is locked by others, it is behind PgBouncer (5,000 writes), and it lags (10,000 reads
of an instant). The figures are printed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import NullPool, create_engine, make_url

from api import clock, keys
from api.errors import NotReady
from api.ledger import Asked, Ledger
from api.ledger.store.database import Database
from api.migrations import upgrade_database
from api.nouns import NOUNS
from tests.ledger.test_standby import count_pooled_writes, open_standby, replay, write_actor
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import start_server
from tests.worlds import make_draft

FAST = {"SINEQUANON_CONNECT_TIMEOUT_SECONDS": "2", "SINEQUANON_STATEMENT_TIMEOUT_SECONDS": "1",
        "SINEQUANON_LOCK_TIMEOUT_SECONDS": "3"}  # fmt: skip


@pytest.fixture(scope="module")
def original() -> Iterator[Ledger]:
    """Yield a registry on a server that no other test uses."""
    with postgres_server() as server:
        ledger = Ledger(Database(new_postgres_database(server)), NOUNS)
        upgrade_database(ledger.database)
        write_actor(ledger, "first")
        yield ledger
        ledger.database.close_connections()


@pytest.fixture(scope="module")
def own_url(original: Ledger) -> str:
    """Return the URL of its database."""
    return original.database.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def key(original: Ledger) -> str:
    """Return a key that may write."""
    return keys.create_key(original.database, "ana", ["write"])


@contextmanager
def freeze_server(url: str) -> Iterator[None]:
    """Stop all processes of a server, as a host does that hangs."""
    folder = str(make_url(url).query["host"])
    pid = int(Path(folder, "postmaster.pid").read_text().splitlines()[0])
    postmaster = psutil.Process(pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for each in processes:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in reversed(processes):
            os.kill(each.pid, signal.SIGCONT)


def test_a_frozen_server_is_a_503_in_bounded_time_and_no_loss(
    own_url: str, key: str, tmp_path: Path
):
    with start_server(own_url, tmp_path, variables=FAST) as server:
        body, headers = make_draft("actors", id="frozen"), {"Authorization": f"Bearer {key}"}
        assert server.ask("/v1/actors").status == 200
        with freeze_server(own_url), ThreadPoolExecutor(8) as pool:
            begun = time.monotonic()
            asked = [pool.submit(server.ask, f"/v1/actors?limit={n}") for n in range(1, 5)]
            asked.append(pool.submit(server.ask, "/v1/actors", "POST", body=body, headers=headers))
            for path, status in {"/livez": 200, "/readyz": 503}.items():
                probed = time.monotonic()
                assert server.ask(path).status == status
                assert time.monotonic() - probed < 2
            for answer in (each.result() for each in asked):
                assert (answer.status, bool(answer.headers["Retry-After"])) == (503, True)
            assert time.monotonic() - begun < 15
        until = time.monotonic() + 5
        while server.ask("/readyz").status != 200 and time.monotonic() < until:
            time.sleep(0.1)
        assert server.ask("/v1/actors").status == 200
        again = server.ask("/v1/actors", "POST", body=body, headers=headers).status
        assert again in (201, 409)  # which it is, if the server did the first before it was cut off


def test_fourteen_writers_behind_a_lock_leave_readers_alone(own_url: str, key: str, tmp_path: Path):
    other = create_engine(own_url, poolclass=NullPool)
    with start_server(own_url, tmp_path, variables=FAST) as server, other.connect() as foreign:
        foreign.exec_driver_sql("LOCK TABLE revision IN SHARE MODE")

        def write(number: int) -> int:
            body = make_draft("actors", id=f"locked-{number}")
            headers = {"Authorization": f"Bearer {key}"}
            return server.ask("/v1/actors", "POST", body=body, headers=headers).status

        with ThreadPoolExecutor(14) as pool:
            writers = [pool.submit(write, number) for number in range(14)]
            time.sleep(0.3)
            begun = time.monotonic()
            assert server.ask("/v1/actors?limit=3").status == 200
            assert time.monotonic() - begun < 2
            assert {each.result() for each in writers} == {503}


def test_pgbouncer_at_length(original: Ledger):
    begun = time.monotonic()
    assert count_pooled_writes(original, 8, 625) == 5_000
    print(f"\nPgBouncer: 5,000 writes of 8 writers, 0 errors, {time.monotonic() - begun:.0f} s")


def test_no_pinned_answer_of_a_standby_differs_later(original: Ledger):
    answered: dict[int, int] = {}
    refused = 0
    with open_standby(original) as standby:
        for number in range(20):
            write_actor(original, f"lagging-{number}")
            replay(standby, "pause" if number % 2 else "resume")
            until = clock.now()
            for _ in range(500):
                asked = Asked(instant=until - random.randrange(3_000_000))
                try:
                    with standby.open_reader(asked) as reader:
                        answered[asked.instant or 0] = reader.moment.known_at
                except NotReady:
                    refused += 1
        replay(standby, "resume")
        for instant, known_at in answered.items():
            with original.open_reader(Asked(instant=instant)) as reader:
                assert reader.moment.known_at == known_at
    print(f"\nStandby: {len(answered)} instants answered, {refused} refused, 0 differ later")
