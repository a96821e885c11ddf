"""The clients of a soak: each repeats one kind of request until the end, and checks the answers."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.soak_model import Model, Record, State, Tally
from tests.servers import run_sinequanon

_LOT, _STOCK = 20, 40_000
_CONFLICT = "/v1/conflicts/war-in-ukraine"
_DAY = "valid_at=2023-03-31"
_SUPPOSED = {"positions": [{"holder": "ukraine", "force": "reject", "proposition": "truce"}]}


def write_actors(model: Model, name: str, ended: threading.Event) -> None:
    """Create, amend, retract and revive actors, and read each after its write."""
    own: list[str] = []
    for turn in range(10**9):
        if ended.wait(random.uniform(0.02, 0.1)):
            return
        own = [id for id in own if len(model.states[id]) == 1]
        if len(own) < 30 or turn % 10 == 0:
            id = f"soak-{name}-{turn}"
            own.append(id)
            _write_actor(model, id, State(), _make_actor(id, turn))
        else:
            id = random.choice(own)
            [state] = model.states[id]
            is_going = state.record is not None and random.random() < 0.15
            _write_actor(model, id, state, None if is_going else _make_actor(id, turn))


def _make_actor(id: str, turn: int) -> dict[str, str]:
    return {"id": id, "name": f"Soaked {id}", "kind": "state", "note": f"turn {turn}"}


def _write_actor(model: Model, id: str, before: State, record: Record | None) -> None:
    number = before.revision + 1
    method = "POST" if not before.revision else "DELETE" if record is None else "PUT"
    path = "/v1/actors" if method == "POST" else f"/v1/actors/{id}"
    body = b"" if record is None else json.dumps(record).encode()
    headers = {"If-Match": before.etag} if before.etag else {}
    if record is not None:
        headers["Content-Type"] = "application/json"
    model.states.setdefault(id, (before,))
    answer = model.send("write", method, path, body, headers)
    if answer is None:
        model.doubt({id: State(record, number)})
    elif answer.status not in (200, 201, 204):
        model.expect(f"{method} {path}: {answer.status} {answer.body[:200]!r}", holds=False)
        model.doubt({id: State(record, number)})
    else:
        state = State(record, number, answer.headers["ETag"])
        model.acknowledge(answer, {id: state})
        model.check_record(id, state)


def import_lines(model: Model, name: str, ended: threading.Event) -> None:
    """Write lots of actors over HTTP: tried first, written, and written again without effect."""
    for turn in range(10**9):
        if ended.wait(random.uniform(0.5, 2)):
            return
        records = [_make_actor(f"lot-{name}-{turn}-{each}", turn) for each in range(_LOT)]
        lines = [json.dumps({"noun": "actors", "record": each}) for each in records]
        body, made = "\n".join(lines).encode(), {each["id"]: State(each, 1) for each in records}
        for kind, query, written in (("dry run", "?dry_run=1", _LOT), ("import", "", _LOT),
                                     ("import", "", 0)):  # fmt: skip
            answer = model.ask(kind, f"/v1/changesets{query}", "POST", body, "application/x-ndjson")
            if answer is None:
                if not query and written:
                    model.doubt(made)
                break
            told = answer.json()
            model.expect(f"{kind}: {told}, not {written}", holds=told["written"] == written)
            if not query and written:
                model.acknowledge(answer, made)


@dataclass
class CommandImports:
    """Imports of a file in lots, by command; one that fails is run again."""

    url: str
    folder: Path
    tally: Tally

    def run(self, model: Model, name: str, ended: threading.Event) -> None:
        """Import until the end."""
        for turn in range(10**9):
            if ended.wait(5):
                return
            file, made = self._write_file(f"file-{name}-{turn}", turn, 3 * _LOT)
            model.doubt(made)
            if any(self._import_file(file) for _ in range(20) if not ended.is_set()):
                model.states.update((id, (state,)) for id, state in made.items())

    def fill_registry(self, model: Model) -> None:
        """Write more than what SQLite's writers keep in memory, so that this is full from then on.

        Memory that grows afterwards is lost. The records are shuffled, as what users write.
        """
        file, made = self._write_file("stock", 0, _STOCK, shuffled=True)
        run_sinequanon("import", file, "--lot", "500", url=self.url, timeout=600)
        model.states.update((id, (state,)) for id, state in made.items())

    def _write_file(
        self, name: str, turn: int, count: int, *, shuffled: bool = False
    ) -> tuple[Path, dict[str, State]]:
        """Write a file of new actors, and return how they are when it has been imported."""
        records = [_make_actor(f"{name}-{each}", turn) for each in range(count)]
        if shuffled:
            random.shuffle(records)
        file = self.folder / "actors.ndjson"
        file.write_text("".join(json.dumps(each) + "\n" for each in records))
        return file, {each["id"]: State(each, 1) for each in records}

    def _import_file(self, file: Path) -> bool:
        start = time.monotonic()
        done = run_sinequanon("import", file, "--lot", str(_LOT), url=self.url, check=False)
        outcome = "200" if done.returncode == 0 else f"exit code {done.returncode}"
        self.tally.count_answer("import by command", outcome, time.monotonic() - start)
        if "Traceback" in done.stderr:
            self.tally.break_promise(f"import: {done.stderr[-300:]}")
        return done.returncode == 0


def read_lists(model: Model, _name: str, ended: threading.Event) -> None:
    """Read pages, counts and search as known now."""
    paths = ("/v1/positions?limit=50", "/v1/actors?limit=20&sort=-recorded", "/v1/changesets",
             "/v1/positions/counts?by=holder", "/v1/search?q=soaked", "/v1/actors?text=soaked",
             f"{_CONFLICT}/matrix?{_DAY}")  # fmt: skip
    while not ended.wait(random.uniform(0.01, 0.05)):
        model.ask_newest("page", random.choice(paths))


def read_pinned(model: Model, _name: str, ended: threading.Event) -> None:
    """Read answers as known at a changeset, again and again, from more and more changesets."""
    paths: list[tuple[str, str]] = []
    for turn in range(10**9):
        if ended.wait(random.uniform(0.02, 0.1)):
            return
        if turn % 200 == 0:
            known = f"known_at={max(model.head, 2)}"
            paths += [
                ("pinned", f"/v1/actors?limit=100&sort=-recorded&{known}"),
                ("pinned", f"/v1/positions/counts?by=holder,force&valid_at=any&{known}"),
                ("pinned", f"/v1/search?q=soaked&{known}"),
                # An instant is final once it was answered, also while somebody writes.
                ("pinned", f"/v1/actors?limit=20&sort=-recorded&known_at={_tell_instant()}"),
            ]
            if turn % 2000 == 0:
                paths.append(("export", f"/v1/export.ndjson?{known}"))
        model.ask_pinned(*random.choice(paths))


def _tell_instant() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def suppose_records(model: Model, _name: str, ended: threading.Event) -> None:
    """Ask what would be if; the same is asked of the past, so its answer never changes."""
    while not ended.wait(random.uniform(0.2, 0.6)):
        path = f"{_CONFLICT}/deadlock?goal=peace&{_DAY}&known_at=2"
        model.ask_pinned("what-if", path, "POST", _SUPPOSED)


def draw_pictures(model: Model, _name: str, ended: threading.Event) -> None:
    """Draw pictures of the past."""
    while not ended.wait(random.uniform(0.2, 0.6)):
        form = random.choice(("svg", "png"))
        day = f"2023-03-{random.randint(1, 31):02}"
        model.ask_pinned("picture", f"{_CONFLICT}/matrix.{form}?valid_at={day}&known_at=2")


def probe(model: Model, _name: str, ended: threading.Event) -> None:
    """Ask whether the server lives."""
    while not ended.wait(0.1):
        answer = model.ask("probe", "/livez")
        if answer is not None:
            model.expect(f"/livez: {answer.status}", holds=answer.status == 200)


Client = Callable[[Model, str, threading.Event], None]

CLIENTS: Sequence[Client] = (
    *(write_actors,) * 3, *(read_lists,) * 3, *(read_pinned,) * 2, import_lines, suppose_records,
    draw_pictures, probe,
)  # fmt: skip
