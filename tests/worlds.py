"""Databases with records in them, and the client with which tests call the application.

`Databases` copies each database from a template that is made once a session. A `Registry` is an
application over such a database, with a client that has a key. No application context is pushed
around a client's calls, so no state leaks from one request into the next.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url
from werkzeug.test import TestResponse

from api import keys
from api.app import create_app, open_ledger
from api.bulk.importing import ImportOptions, import_files
from api.cli.seeding import SEED_CHANGESETS
from api.ledger import Ledger
from api.ledger.store.database import Database
from api.migrations import upgrade_database
from api.nouns import NOUNS
from api.settings import Settings
from api.web.requests import init_app
from api.web.resource import Resource
from tests.postgres import fresh_postgres_database, new_postgres_database

T = TypeVar("T")

PROJECT = Path(__file__).parents[1]
FIXTURES = PROJECT / "fixtures"
SEEDS = PROJECT / "seeds"
ARTICLE = SEEDS / "2023-03-31-kremlin-rules-out-truce"
"""The reading that is the seed's first changeset."""

SEED_FOLDERS = [folder for reading in SEED_CHANGESETS for folder in reading.folders]
TEXTS = {
    source: FIXTURES / "texts" / f"{source}.txt"
    for source in ("strait-courier-2024-03-05", "kestrian-plan-2024-04-02")
}
"""The texts of the invented world, by source."""

NO_LIMITS = {
    **{f"limit_{each}": "0" for each in ("by_address", "by_key", "wrong_keys", "notes")},
    "log": "off",
}
"""Settings of a test that is not about limits: it sends more requests than a client would."""

_USUAL: Mapping[str, Any] = {**NO_LIMITS, "analysis_seconds": 60}
"""Settings of a registry: an answer that a busy machine cuts for time would differ by chance."""

BARE = "bare"
"""A database without tables."""

Step = tuple[Sequence[Path], Mapping[str, Path]]
"""The folders and the texts that are imported as one changeset."""

_FIXTURES: tuple[Step, ...] = (([FIXTURES], {}),)
_SEED: tuple[Step, ...] = tuple((each.folders, each.texts) for each in SEED_CHANGESETS)

WORLDS: Mapping[str, tuple[Step, ...]] = {
    "empty": (),
    "fixtures": _FIXTURES,
    "seed": _SEED,
    "both": _FIXTURES + _SEED,
}

RESOURCE: Mapping[str, Resource] = {each.name: each for each in NOUNS}

FILTERABLE_BY_DAY = ("conflicts", "positions", "preconditions", "axioms")
"""The nouns that hold in a period of world time."""


class Databases:
    """Makes databases that hold a world; each is a copy for one test."""

    def __init__(self, folder: Path, postgres_url: Callable[[], str]) -> None:
        self._folder, self._postgres_url = folder, postgres_url
        self._templates: dict[tuple[str, str], str] = {}

    @contextmanager
    def fresh(self, engine: str, world: str = "empty") -> Iterator[str]:
        """Yield the URL of a new database with the world; drop it afterwards."""
        template = self._make_template(engine, world)
        if engine == "sqlite":
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            shutil.copy(template, folder / "sinequanon.db")
            yield f"sqlite:///{folder / 'sinequanon.db'}"
            shutil.rmtree(folder)
        else:
            with fresh_postgres_database(self._postgres_url(), template=template) as url:
                yield url

    def _make_template(self, engine: str, world: str) -> str:
        """Return the template, a file's path or a database's name; make it at the first call."""
        if (engine, world) not in self._templates:
            if engine == "sqlite":
                name = str(self._folder / f"{world}.db")
                url = f"sqlite:///{name}"
                Path(name).touch()
            else:
                url = new_postgres_database(self._postgres_url())
                name = str(make_url(url).database)
            if world != BARE:
                _fill_database(url, WORLDS[world])
            self._templates[engine, world] = name
        return self._templates[engine, world]


def _fill_database(url: str, steps: Iterable[Step]) -> None:
    ledger = Ledger(Database(url), NOUNS)
    upgrade_database(ledger.database)
    for folders, texts in steps:
        said = " and ".join(folder.name for folder in folders)
        import_files(
            ledger, folders, texts, ImportOptions(author="librarian", message=f"import of {said}")
        )
    ledger.database.close_connections()


class _Client(FlaskClient):
    """A client that reads answers to their ends, as a server does: a large one holds a slot."""

    def open(self, *args: Any, buffered: bool = True, **options: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **options)


class Registry:
    """An application over a database; its client writes as `analyst`."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.url = url
        self._as_usual = not settings
        self.app = _reuse_application(Settings(database_url=url, **{**_USUAL, **settings}))
        self.ledger: Ledger = self.app.extensions["sinequanon"]
        self.app.test_client_class = _Client
        self.client = self.app.test_client()
        self.client.environ_base["HTTP_X_REQUEST_ID"] = "test"  # so that answers can be compared
        self.key = ""

    def make_key(self, name: str = "analyst", *scopes: str) -> str:
        """Make a key, by default with every scope, and use it from now on."""
        self.key = keys.create_key(self.ledger.database, name, scopes or tuple(keys.SCOPES))
        return self.key

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """Send a GET; keywords become query parameters."""
        return self.client.get(path, query_string=query or None, headers=headers)

    def data(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the records of a list."""
        return parse_answer(self.get(path, **query))["data"]

    def ids(self, path: str, **query: Any) -> list[str]:
        """Return the ids of a list's records, in order."""
        return [each["id"] for each in self.data(path, **query)]

    def post(self, path: str, body: Any, **query: Any) -> TestResponse:
        """Create a record."""
        return self.send("POST", path, body, **query)

    def put(self, path: str, body: Any, etag: str | None, **query: Any) -> TestResponse:
        """Amend or revive a record; the tag names its present revision."""
        return self.send("PUT", path, body, etag, **query)

    def delete(self, path: str, etag: str | None, **query: Any) -> TestResponse:
        """Retract a record; the tag names its present revision."""
        return self.send("DELETE", path, None, etag, **query)

    def send(
        self, method: str, path: str, body: Any = None, etag: str | None = None, **query: Any
    ) -> TestResponse:
        """Send a write request with the key."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if etag is not None:
            headers["If-Match"] = etag
        return self.client.open(
            path, method=method, json=body, query_string=query or None, headers=headers
        )

    def put_text(self, source: str, text: str | bytes, **query: Any) -> TestResponse:
        """Attach the text of a source."""
        return self.client.put(
            f"/v1/sources/{source}/text",
            data=text,
            content_type="text/plain; charset=utf-8",
            query_string=query or None,
            headers={"Authorization": f"Bearer {self.key}"},
        )

    def amend(self, path: str, **changes: Any) -> TestResponse:
        """Read a record, change fields and write it back."""
        before = self.get(path)
        return self.put(path, {**parse_answer(before), **changes}, before.headers["ETag"])

    def retract(self, path: str) -> TestResponse:
        """Retract the record at a path, whatever its revision."""
        return self.delete(path, self.get(path).headers["ETag"])

    @property
    def head(self) -> int:
        """The number of the newest changeset."""
        return int(self.get("/v1/changesets", limit=1).headers["Sinequanon-Known-At"])

    def close(self) -> None:
        """Close the database; keep the application for another registry."""
        self.ledger.database.close_connections()
        if self._as_usual:
            _unused.append(self.app)


_unused: list[Flask] = []
"""Applications of closed registries, kept because creating one takes longer than most tests."""


def _reuse_application(settings: Settings) -> Flask:
    """Give an application over a database; only its ledger and what replays answers know that."""
    if settings != Settings(database_url=settings.database_url, **_USUAL) or not _unused:
        return create_app(settings)
    app = _unused.pop()
    ledger = open_ledger(settings)
    init_app(app, ledger)
    layer = app.wsgi_app.cache
    layer.state = ledger.database.state
    return app


def measure_cpu(act: Callable[[], T]) -> tuple[T, float]:
    """Return what a function gives, and its CPU time when it runs again.

    The faster of two, because in one Python may collect the garbage of all tests before it.
    """
    given, least = act(), float("inf")
    for _ in range(2):
        start = time.thread_time()
        act()
        least = min(least, time.thread_time() - start)
    return given, least


def parse_answer(answer: TestResponse, status: int = 200) -> Any:
    """Return the JSON of an answer that must have the status."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_json()


def read_records(noun: str, folder: Path = FIXTURES) -> list[dict[str, Any]]:
    """Return a noun's records as their author wrote them; a folder may have none."""
    file = folder / f"{noun}.ndjson"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def make_any_day_query(noun: str) -> dict[str, str]:
    """Return the query for all records of a noun, whether they hold today or not."""
    return {"valid_at": "any"} if RESOURCE[noun].has_validity else {}


def make_draft(noun: str, **changes: Any) -> dict[str, Any]:
    """Return a new record to write: the noun's first fixture, made unlike what is on record."""
    return {**read_records(noun)[0], **_UNLIKE.get(noun, {}), "id": "a-new-one", **changes}


_UNLIKE: Mapping[str, Mapping[str, Any]] = {
    "actors": {"name": "Quarzia", "aliases": ["Commonwealth of Quarzia"]},
    "conflicts": {"name": "Basalt quarry dispute"},
    "issues": {"name": "Quarrying"},
    "positions": {"rank": "normal"},
    "preconditions": {"rank": "preferred"},
    "proposals": {"title": "Quarzian paper on basalt"},
    "propositions": {"text": "Quarzia sells basalt."},
    "sources": {"url": "https://basalt.example/quarries", "text_sha256": "0a" * 32},
}
"""What a new record says differently from the one that it is made from."""
