"""Ask an application, and keep each request with its answer.

A request may name what the run itself learns, so that one recording can be asked of another
registry: `$etag(7)` is the ETag that answer 7 had, `$instant(2)` the time of changeset 2, `$key`
the API key of the database.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli
from werkzeug.test import Client, TestResponse

Exchange = dict[str, Any]
"""A request and its answer, as plain data."""

_NAMED = re.compile(r"\$(etag|instant)\((\d+)\)")
_UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}
_EVERY, _AGAIN = 3, 2
"""One GET in three is asked twice again: the cache stores the second answer, replays the third."""


@dataclass
class Session:
    """Asks one application and keeps what was said."""

    client: Client
    key: str
    exchanges: list[Exchange] = field(default_factory=list)
    wrote: bool = False
    """Whether this run has changed the registry."""

    def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> Exchange:  # fmt: skip
        """Ask, keep and return the exchange."""
        exchange: Exchange = {
            "number": len(self.exchanges), "method": method, "path": path,
            "headers": dict(headers or {}), "body": body,
        }  # fmt: skip
        exchange["answer"] = answer = self._send(exchange)
        self.wrote = self.wrote or header(exchange, "Sinequanon-Changeset") is not None
        exchange["wrote"] = self.wrote
        if method == "GET" and exchange["number"] % _EVERY == 0:
            again = [self._send(exchange) for _ in range(_AGAIN)]
            exchange["repeats"] = all(each == answer for each in again)
        self.exchanges.append(exchange)
        return exchange

    def peek(self, path: str) -> Any:
        """Return an answer's JSON without keeping the exchange."""
        return self.client.get(path).get_json()

    def _send(self, exchange: Exchange) -> dict[str, Any]:
        headers = {name: self._resolve(text) for name, text in exchange["headers"].items()}
        response = self.client.open(
            self._resolve(exchange["path"]), method=exchange["method"], headers=headers,
            data=exchange["body"],
        )  # fmt: skip
        del response.headers["X-Request-ID"]  # each request has another
        return {
            "status": response.status_code,
            "headers": sorted(map(list, response.headers.items())),
            **_encode(response),
        }

    def _resolve(self, text: str) -> str:
        return _NAMED.sub(self._look_up, text).replace("$key", self.key)

    def _look_up(self, named: re.Match[str]) -> str:
        kind, number = named[1], int(named[2])
        if kind == "etag":
            return header(self.exchanges[number], "ETag") or '"none"'
        return self.peek(f"/v1/changesets/{number}?limit=1").get("recorded_at", "none")


def header(exchange: Exchange, name: str) -> str | None:
    """Return a header of the answer."""
    found = (text for each, text in exchange["answer"]["headers"] if each.lower() == name.lower())
    return next(found, None)


def parse_answer(exchange: Exchange) -> Any:
    """Return the answer's JSON, or None if it is none."""
    try:
        return json.loads(exchange["answer"].get("text", ""))
    except ValueError:
        return None


def write_recording(path: Path, day: str, exchanges: list[Exchange]) -> None:
    """Write a recording: a line about the run, then a line for each exchange."""
    lines = [{"day": day}, *exchanges]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def read_recording(path: Path) -> tuple[str, list[Exchange]]:
    """Return the day of a recording, and its exchanges."""
    with path.open(encoding="utf-8") as lines:
        first, *exchanges = map(json.loads, lines)
    return first["day"], exchanges


def _encode(response: TestResponse) -> dict[str, str]:
    unpack = _UNPACK.get(response.headers.get("Content-Encoding", ""), bytes)
    body = response.get_data()
    try:
        body = unpack(body)
        return {"text": body.decode("utf-8")}
    except (UnicodeDecodeError, OSError):
        return {"base64": base64.b64encode(body).decode("ascii")}
