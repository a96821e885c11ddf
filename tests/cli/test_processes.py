"""The command as a process: serving, killed, running twice at once."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from api.cli.seeding import SEED_CHANGESETS
from tests.cli.commands import expect_success, open_raw_database, run_command
from tests.servers import COMMAND, free_port, make_environment, run_sinequanon, start_server
from tests.worlds import ARTICLE, FIXTURES, Databases, make_draft, read_records


def test_serving_begins_with_the_seed_and_loads_nothing_twice(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'data' / 'sinequanon.db'}"
    with start_server(url, tmp_path, "--prepare") as server:
        written = server.ask("/v1/changesets").json()["data"]
        assert {each["recorded_by"] for each in written} == {"seed"}
        assert [each["message"] for each in written] == [
            each.message for each in SEED_CHANGESETS[::-1]
        ]
        verified = server.ask("/v1/statements?verified=true&limit=1000").json()["data"]
        assert len(verified) >= 25
        key = run_sinequanon("keys", "create", "ana", "--scope", "write", url=url).stdout.strip()
        bearer = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        gone = server.ask("/v1/axioms/" + get_first_axiom(), "DELETE", headers=bearer)
        assert gone.status == 204
    with start_server(url, tmp_path, "--prepare") as server:
        assert len(server.ask("/v1/changesets").json()["data"]) == 3
        assert server.ask("/v1/axioms/" + get_first_axiom()).status == 410


def get_first_axiom() -> str:
    return read_records("axioms", ARTICLE)[0]["id"]


def test_a_killed_server_loses_no_acknowledged_write(databases: Databases, tmp_path: Path):
    """`kill -9` while four clients write."""
    with databases.fresh("sqlite", "fixtures") as url:
        key = run_sinequanon("keys", "create", "ana", "--scope", "write", url=url).stdout.strip()
        acknowledged: set[str] = set()
        with start_server(url, tmp_path) as server:

            def write(name: str) -> None:
                for number in range(10_000):
                    body = make_draft("actors", id=f"{name}-{number}")
                    try:
                        headers = {"Authorization": f"Bearer {key}"}
                        answer = server.ask("/v1/actors", "POST", body=body, headers=headers)
                    except OSError:
                        return
                    if answer.status == 201:
                        acknowledged.add(f"{name}-{number}")

            writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
            for each in writers:
                each.start()
            wait_until(lambda: len(acknowledged) > 40)
            server.kill()
            for each in writers:
                each.join()

        assert run_command(url, "db", "check").stdout.startswith("Sound: ")
        with closing(open_raw_database(url)) as connection:
            kept = {id for (id,) in connection.execute("SELECT id FROM revision")}
        assert len(acknowledged) > 40
        assert acknowledged <= kept
        with start_server(url, tmp_path) as server:
            answers = {server.ask(f"/v1/actors/{id}").status for id in acknowledged}
            assert answers == {200}


def wait_until(done: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(2_000):
        if done():
            return
        tick.wait(0.01)
    raise AssertionError("it took too long")


def test_two_importers_at_once_write_everything_once(databases: Databases, engine: str):
    with databases.fresh(engine) as url:
        running = [
            subprocess.Popen(
                [COMMAND, "import", str(folder)],
                env=make_environment(url),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for folder in (FIXTURES, FIXTURES, ARTICLE)
        ]
        told = [each.communicate(timeout=60) for each in running]
        assert [each.returncode for each in running] == [0, 0, 0], told
        written = [out for out, _ in told if "written as changeset" in out]
        assert len(written) == 2
        assert expect_success(run_command(url, "db", "check")).startswith("Sound: 2 changesets")


def test_a_port_that_is_taken_is_told(filled: str):
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = subprocess.run(
            [COMMAND, "serve", "--port", str(port)],
            env=make_environment(filled),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert result.returncode != 0
    assert str(port) in result.stdout + result.stderr
