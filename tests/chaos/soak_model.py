"""What the clients of a soak know must be true: acknowledged writes, and answers that never change.

A write that was not acknowledged may have been made or not: its record then has two states that are
right, and is left alone from there on.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from statistics import quantiles
from typing import Any

from tests.servers import Answer

_PATIENCE = 30.0
"""Seconds after which an answer counts as none."""
_ANNOUNCED = (429, 503)
_LISTED = 20
"""How many broken promises are listed."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """A state of a record: `record` is None before it was created and after it was retracted."""

    record: Record | None = None
    revision: int = 0
    etag: str = ""


@dataclass
class Tally:
    """Counts answers by kind and outcome, keeps their times, and what must not have happened."""

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    broken: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_answer(self, kind: str, outcome: str, seconds: float) -> None:
        """Count an answer, or that there was none."""
        with self._lock:
            self.outcomes[kind][outcome] += 1
            self.seconds[kind].append(seconds)

    def break_promise(self, sentence: str) -> None:
        """Note something that must not have happened."""
        with self._lock:
            self.broken.append(sentence)

    def format_table(self) -> Iterator[str]:
        """Yield the lines of a table: by kind, how many, the outcomes, and p50 and p99 in ms."""
        yield "| kind | answers | errors % | p50 ms | p99 ms | by outcome |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for kind, found in sorted(self.outcomes.items()):
            count, times = found.total(), self.seconds[kind]
            cuts = quantiles([*times, *times], n=100)
            errors = sum(n for each, n in found.items() if not each.isdigit() or int(each) >= 429)
            listed = ", ".join(f"{each}: {n}" for each, n in sorted(found.items()))
            yield (
                f"| {kind} | {count} | {100 * errors / count:.2f} | {1000 * cuts[49]:.1f} "
                f"| {1000 * cuts[98]:.1f} | {listed} |"
            )

    def list_broken(self) -> list[str]:
        """Return the most frequent broken promises, and how many others there are."""
        found = Counter(self.broken)
        listed = [f"{n} times: {each}" for each, n in found.most_common(_LISTED)]
        more = len(found) - len(listed)
        return [*listed, *([f"… and {more} others"] if more else [])]


class Model:
    """The registry as its clients know it; they share it and ask through it."""

    def __init__(self, port: int, key: str, tally: Tally) -> None:
        self._port, self._key, self._tally = port, key, tally
        self._lock = threading.Lock()
        self.states: dict[str, tuple[State, ...]] = {}
        """By id of an actor, the states that it may be in: one if all its writes were answered."""
        self.pinned: dict[tuple[str, str, bytes], bytes] = {}
        self.head = 0
        """The newest changeset that a write was acknowledged with."""
        self._changesets: set[int] = set()

    def ask(
        self, kind: str, path: str, method: str = "GET", body: Any = None, media_type: str = ""
    ) -> Answer | None:
        """Send a request on a new connection; None if the connection was cut."""
        return self.send(kind, method, path, _encode(body), {"Content-Type": media_type or _JSON})

    def send(
        self, kind: str, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer | None:
        """Send a request with the key; None if there was no answer, or one that announces when."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        bearer = {"Authorization": f"Bearer {self._key}"} if method != "GET" else {}
        start = time.monotonic()
        try:
            connection.request(method, path, body or None, {**headers, **bearer})
            got = connection.getresponse()
            answer = Answer(got.status, got.headers, got.read())
        except (OSError, http.client.HTTPException) as error:
            waited = time.monotonic() - start
            self._tally.count_answer(kind, type(error).__name__, waited)
            if isinstance(error, TimeoutError):
                self._tally.break_promise(f"{method} {path}: no answer within {waited:.0f} s")
            time.sleep(0.2)
            return None
        finally:
            connection.close()
        self._tally.count_answer(kind, str(answer.status), time.monotonic() - start)
        return self._judge_answer(f"{method} {path}", answer)

    def _judge_answer(self, asked: str, answer: Answer) -> Answer | None:
        """Return an answer unless it is an error; an error must announce when to try again."""
        if answer.status in _ANNOUNCED and answer.headers["Retry-After"]:
            time.sleep(min(1, int(answer.headers["Retry-After"])))
            return None
        if answer.status >= 500 or answer.status in _ANNOUNCED:
            self._tally.break_promise(f"{asked}: {answer.status} {answer.body[:200]!r}")
            time.sleep(0.2)
            return None
        return answer

    def expect(self, sentence: str, *, holds: bool) -> None:
        """Note a broken promise unless it holds."""
        if not holds:
            self._tally.break_promise(sentence)

    def acknowledge(self, answer: Answer, states: Mapping[str, State]) -> None:
        """Take over the states of records as a write acknowledged them."""
        number = int(answer.headers["Sinequanon-Changeset"])
        with self._lock:
            is_new = number not in self._changesets
            self._changesets.add(number)
            self.head = max(self.head, number)
            self.states.update((id, (state,)) for id, state in states.items())
        self.expect(f"two writes were acknowledged as changeset {number}", holds=is_new)

    def doubt(self, states: Mapping[str, State]) -> None:
        """Remember that records may also be in these states."""
        with self._lock:
            for id, state in states.items():
                self.states[id] = (*self.states.get(id, (State(),)), state)

    def ask_newest(self, kind: str, path: str) -> None:
        """Ask for a list as known now: it must know every write acknowledged before."""
        least = self.head
        answer = self.ask(kind, path)
        if answer is not None:
            self.expect(f"{path}: {answer.status}", holds=answer.status == 200)
            known = int(answer.headers["Sinequanon-Known-At"] or 0)
            sentence = f"{path} knows changeset {known}, though {least} was acknowledged before"
            self.expect(sentence, holds=known >= least)

    def ask_pinned(self, kind: str, path: str, method: str = "GET", body: Any = None) -> None:
        """Ask for what never changes: the bytes must be those of the first answer."""
        answer = self.ask(kind, path, method, body)
        if answer is None:
            return
        self.expect(f"{path}: {answer.status} {answer.body[:200]!r}", holds=answer.status == 200)
        if answer.headers["Cache-Control"] == "no-store":
            return  # the time cut it short, and it says so
        digest = sha256(answer.body).digest()
        first = self.pinned.setdefault((method, path, _encode(body)), digest)
        self.expect(f"{path} is another answer than before", holds=first == digest)

    def check_record(self, id: str, expected: State) -> None:
        """Read a record after its write was acknowledged; asks again while it gets no answer."""
        for _ in range(100):
            answer = self.ask("record", f"/v1/actors/{id}")
            if answer is not None:
                sentence = f"/v1/actors/{id}: {answer.status}, not {expected}"
                self.expect(sentence, holds=_is_in_state(answer, expected))
                return
        self._tally.break_promise(f"/v1/actors/{id}: no answer to 100 requests")

    def check_export(self) -> int:
        """Compare all records with an export; returns how many acknowledged ones are not there."""
        answer = self.ask("export", "/v1/export.ndjson")
        if answer is None or answer.status != 200:
            self._tally.break_promise("the last export was not answered")
            return len(self.states)
        lines = map(json.loads, answer.body.splitlines())
        found = {each["record"]["id"]: each["record"] for each in lines if each["noun"] == "actors"}
        lost = 0
        for id, states in self.states.items():
            if found.get(id) not in [each.record for each in states]:
                lost += 1
                self._tally.break_promise(f"{id} is {found.get(id)}, not {states}")
        return lost


_JSON = "application/json"


def _encode(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body).encode()


def _is_in_state(answer: Answer, expected: State) -> bool:
    if expected.record is None:
        return answer.status == 410
    if answer.status != 200:
        return False
    served = json.loads(answer.body)
    named = {name: served[name] for name in expected.record}
    return named == expected.record and served["revision"] == expected.revision
