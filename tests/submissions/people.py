"""People with keys of their own, who propose and review over HTTP."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from api import keys
from tests.worlds import Registry, parse_answer

URL = "/v1/submissions"


class Person:
    """Sends requests with a key; further people of one name get further keys of it."""

    def __init__(self, registry: Registry, name: str, *scopes: str) -> None:
        self._registry = registry
        self._key = keys.create_key(registry.ledger.database, name, scopes)

    def send(
        self, method: str, path: str, body: Any = None, tag: str | None = None, **query: Any
    ) -> TestResponse:
        """Send one request."""
        headers = {"Authorization": f"Bearer {self._key}"} | ({"If-Match": tag} if tag else {})
        return self._registry.client.open(
            path, method=method, json=body, headers=headers, query_string=query or None
        )

    def propose(self, *lines: Any, **more: Any) -> int:
        """Propose the lines of a changeset; returns the submission's id."""
        return parse_answer(self.send("POST", URL, {"changeset": list(lines), **more}), 201)["id"]

    def read(self, id: int) -> Any:
        """Read a submission whole."""
        return parse_answer(self.send("GET", f"{URL}/{id}"))

    def read_tag(self, id: int) -> str:
        """Read the tag of a submission's revision."""
        return self.send("GET", f"{URL}/{id}").headers["ETag"]

    def revise(self, id: int, *lines: Any) -> TestResponse:
        """Propose other lines instead."""
        return self.send("PUT", f"{URL}/{id}", {"changeset": list(lines)}, self.read_tag(id))

    def decide(
        self, id: int, decision: str, reason: str = "", tag: str | None = None
    ) -> TestResponse:
        """Decide on the revision that a tag names, or on the present one."""
        body = {"decision": decision} | ({"reason": reason} if reason else {})
        return self.send("POST", f"{URL}/{id}/decision", body, tag or self.read_tag(id))

    def list(self, **query: Any) -> list[int]:
        """List the ids of submissions."""
        return [each["id"] for each in parse_answer(self.send("GET", URL, **query))["data"]]


def actor(id: str, name: str) -> dict[str, Any]:
    """Return a line that writes an actor."""
    return {"noun": "actors", "record": {"id": id, "name": name, "kind": "state"}}
