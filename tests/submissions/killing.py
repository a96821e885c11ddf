"""Kill a server between any two steps of a review, and start it again.

The server is a process of its own, forked so that it starts at once; requests go over HTTP. It is
killed at a random moment after a request was sent, so before, within or after its transaction. The
client sends the step again until it is answered, as any client would.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import time
from contextlib import suppress
from threading import Timer
from typing import Any

from werkzeug.serving import make_server

from api import keys
from api.app import create_app, open_ledger
from api.nouns import NOUNS_BY_NAME
from api.settings import Settings
from api.submissions import access
from tests.submissions.people import URL, actor
from tests.worlds import NO_LIMITS


class KilledServer:
    """A server in a forked process, which is killed `kills` times, and asked by several people."""

    def __init__(self, url: str, kills: int) -> None:
        self._settings = Settings(database_url=url, **NO_LIMITS)
        ledger = open_ledger(self._settings)
        self._keys = {
            name: keys.create_key(ledger.database, name, [scope])
            for name, scope in (("ana", "propose"), ("bob", "propose"), ("rita", "review"),
                                ("wes", "write"))
        }  # fmt: skip
        ledger.database.close_connections()
        self.left, self.killed = kills, 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._start()

    def _start(self) -> None:
        self._process = os.fork()
        if self._process == 0:
            try:
                app = create_app(self._settings)
                make_server("127.0.0.1", self._port, app, threaded=True).serve_forever()
            finally:
                os._exit(1)

    def kill(self) -> None:
        """Kill the process, as `kill -9` does."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def ask(
        self, who: str, method: str, path: str, body: Any = None, tag: str = ""
    ) -> tuple[int, Any, str]:
        """Send a request until it is answered; returns status, body and tag of the answer.

        While kills are left, the server is killed meanwhile, and it is sent once more in any case.
        """
        if self.left and method != "GET":
            self.left, self.killed = self.left - 1, self.killed + 1
            killing = Timer(random.uniform(0, 0.03), self.kill)
            killing.start()
            with suppress(OSError, http.client.HTTPException):
                self._send(who, method, path, body, tag)
            killing.join()
            self._start()
        return self._repeat(who, method, path, body, tag)

    def _repeat(self, *asked: Any) -> tuple[int, Any, str]:
        for _ in range(400):
            try:
                return self._send(*asked)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
        raise AssertionError("the server does not come back")

    def _send(self, who: str, method: str, path: str, body: Any, tag: str) -> tuple[int, Any, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Authorization": f"Bearer {self._keys[who]}", "Content-Type": "application/json"}
        headers |= {"If-Match": tag} if tag else {}
        raw = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, raw, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers.get("ETag", "")
        finally:
            connection.close()

    def read_tag(self, who: str, path: str) -> str:
        """Read the tag of a submission or record."""
        return self.ask(who, "GET", path)[2]

    def propose(self, who: str, body: Any) -> int:
        """Propose something; returns the submission's id."""
        status, found, _ = self.ask(who, "POST", URL, body)
        assert status == 201, found
        return found["id"]

    def revise(self, who: str, id: int, *lines: Any) -> None:
        """Propose other lines instead; 412 means that the lost answer was a success."""
        path = f"{URL}/{id}"
        tag = self.read_tag(who, path)
        status, found, _ = self.ask(who, "PUT", path, {"changeset": lines}, tag)
        assert status in (200, 412), found

    def decide(self, id: int, decision: str, status: int = 200) -> Any:
        """Decide as the reviewer; returns the answer, which must have the status."""
        tag = self.read_tag("rita", f"{URL}/{id}")
        body = {"decision": decision, "reason": "As discussed."}
        found = self.ask("rita", "POST", f"{URL}/{id}/decision", body, tag)
        assert found[0] == status, found
        return found[1]


def play_story(url: str, kills: int) -> int:
    """Play rounds of the story until all kills are done; returns how many there were."""
    server, rounds = KilledServer(url, kills), 0
    try:
        while server.left or not rounds:
            _play_round(server, f"actor-{rounds}")
            rounds += 1
    finally:
        server.kill()
    _check_registry(url, rounds)
    return server.killed


def _play_round(server: KilledServer, name: str) -> None:
    """Propose, comment, decline, amend, accept; then a conflict, and a changeset taken back."""
    first = server.propose("ana", {"changeset": [actor(name, "Norwey")]})
    server.ask("rita", "POST", f"{URL}/{first}/comments", {"text": "Is that its name?"})
    server.decide(first, "decline")
    server.revise("ana", first, actor(name, "Norway"))
    server.decide(first, "accept")
    second = server.propose("bob", {"changeset": [actor(name, "Norge")]})
    direct = {**actor(name, "Norway")["record"], "note": "meanwhile"}
    path = f"/v1/actors/{name}"
    server.ask("wes", "PUT", path, direct, server.read_tag("wes", path))
    server.decide(second, "accept", 409)
    server.revise("bob", second, actor(name, "Noreg"))
    number = server.decide(second, "accept")["changeset"]
    server.decide(server.propose("bob", {"takes_back": number}), "accept")


def _check_registry(url: str, rounds: int) -> None:
    """Check that every step is there once."""
    ledger = open_ledger(Settings(database_url=url))
    assert ledger.find_faults() == []
    with ledger.open_reader() as reader:
        assert reader.moment.known_at == 2 + 4 * rounds
        for n in range(rounds):
            history = reader.read_history(NOUNS_BY_NAME["actors"], f"actor-{n}", limit=1000)
            signed = [(each["author"], each["reviewer"]) for each in history]
            assert signed == [("ana", "rita"), ("wes", None), ("bob", "rita"), ("bob", "rita")]
            assert history[1]["body"] == history[3]["body"] != history[2]["body"]
    reader = access.Person("")
    listed = access.list_submissions(ledger, reader, None)
    rows = [access.read_submission(ledger, reader, each.id) for each in listed]
    acts = [[e["act"] for e in json.loads(row.thread)] for row in reversed(rows)]
    assert acts == rounds * [
        ["proposed", "commented", "declined", "revised", "accepted"],
        ["proposed", "revised", "accepted"],
        ["proposed", "accepted"],
    ]
    ledger.database.close_connections()
