"""One shape of error, wherever it comes from; each says what to do."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from api import keys
from api.ledger.reading.search import SearchReader
from api.ledger.store.database import Database
from api.web.contract.problems import ProblemSchema
from tests.worlds import Databases, Registry, make_draft, parse_answer

Ask = Callable[[Registry], TestResponse]

ERRORS: dict[str, tuple[int, str, Ask]] = {
    "no such address": (404, "not_found", lambda r: r.get("/v2/actors")),
    "no such record": (404, "not_found", lambda r: r.get("/v1/actors/never-there")),
    "an id that is none": (404, "not_found", lambda r: r.get("/v1/actors/Not%20an%20id")),
    "no such method": (405, "method_not_allowed", lambda r: r.client.patch("/v1/actors")),
    "a query that does not fit": (422, "invalid", lambda r: r.get("/v1/actors", limit="all")),
    "an unknown parameter": (422, "invalid", lambda r: r.get("/v1/actors", nmae="x")),
    "a clock in the future": (422, "invalid", lambda r: r.get("/v1/actors", known_at=99)),
    "a query that is not UTF-8": (
        400,
        "bad_request",
        lambda r: r.client.get("/v1/actors?text=%ff"),
    ),
    "a body that does not fit": (422, "invalid", lambda r: r.post("/v1/actors", {"id": "x"})),
    "a broken rule": (
        422,
        "rules_broken",
        lambda r: r.post("/v1/actors", make_draft("actors", part_of="nowhere")),
    ),
    "a body that is no JSON": (
        400,
        "bad_request",
        lambda r: r.client.post(
            "/v1/actors", data="{", content_type="application/json", headers=bearer(r)
        ),
    ),
    "another media type": (
        415,
        "unsupported_media_type",
        lambda r: r.client.post("/v1/actors", data="x", headers=bearer(r)),
    ),
    "an address that is too long": (
        414,
        "uri_too_long",
        lambda r: r.get("/v1/actors", text="x" * 70_000),
    ),
    "a body without a length that is too large": (
        413,
        "content_too_large",
        lambda r: r.client.post(
            "/v1/actors",
            input_stream=io.BytesIO(b'{"note": "' + b"x" * 5_000 + b'"}'),
            content_type="application/json",
            headers=bearer(r),
            environ_overrides={"wsgi.input_terminated": True},
        ),
    ),
    "a body that is too large": (
        413,
        "content_too_large",
        lambda r: r.post("/v1/actors", make_draft("actors", note="x" * 5_000)),
    ),
    "a taken id": (
        409,
        "already_exists",
        lambda r: r.post("/v1/actors", make_draft("actors", id="norland")),
    ),
    "a record that others name": (
        409,
        "still_referred",
        lambda r: r.delete("/v1/actors/norland", "*"),
    ),
    "a retracted record": (410, "gone", lambda r: r.get("/v1/positions/solm-fears-closure")),
    "a stale tag": (
        412,
        "revision_moved",
        lambda r: r.delete("/v1/actors/kestria", '"00000000000000000000000000000000"'),
    ),
    "another head": (
        412,
        "head_moved",
        lambda r: r.post("/v1/actors", make_draft("actors"), expected_head=0),
    ),
    "no If-Match": (428, "precondition_required", lambda r: r.delete("/v1/actors/kestria", None)),
    "no key": (
        401,
        "unauthorised",
        lambda r: r.client.post("/v1/actors", json=make_draft("actors")),
    ),
    "a key without the scope": (
        403,
        "forbidden",
        lambda r: r.client.put(
            "/v1/sources/kestrian-plan-2024-04-02/text",
            data="x",
            content_type="text/plain",
            headers={"X-API-Key": keys.create_key(r.ledger.database, "scribe", ["write"])},
        ),
    ),
    "a range behind the end": (
        416,
        "range_not_satisfiable",
        lambda r: r.get("/v1/actors.csv", headers={"Range": "bytes=999999-"}),
    ),
}


def bearer(registry: Registry) -> dict[str, str]:
    return {"Authorization": f"Bearer {registry.key}"}


@pytest.fixture(scope="module")
def small(databases: Databases) -> Iterator[Registry]:
    """A registry that takes small bodies, with one record retracted; an error writes nothing."""
    with databases.fresh("sqlite", "fixtures") as url:
        registry = Registry(url, max_body_bytes=4_000)
        registry.make_key()
        assert registry.delete("/v1/positions/solm-fears-closure", "*").status_code == 204
        yield registry
        registry.close()


TITLES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""RFC 9110's names, section 15.5, where Python before 3.13 has older ones."""


def holds_to_the_shape(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check what every error promises; gives the problem."""
    problem = parse_answer(answer, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not ProblemSchema().validate(problem)
    assert list(problem)[:5] == ["type", "title", "status", "code", "detail"]
    assert problem["type"] == "about:blank"
    assert problem["title"] == TITLES.get(status, HTTPStatus(status).phrase)
    assert problem["status"] == status
    assert problem["code"] == code
    assert len(problem["detail"].split()) >= 4, "no sentence"
    assert problem["detail"][0].isupper()
    for fault in problem.get("errors", []):
        assert {"pointer", "parameter", "record"} & set(fault), "no place"
        assert fault["detail"]
    return problem


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_the_one_shape(small: Registry, error: str):
    status, code, ask = ERRORS[error]
    holds_to_the_shape(ask(small), status, code)
    assert small.head == 2


def test_the_methods_that_an_address_takes_are_named(registry: Registry):
    for path, methods in (
        ("/v1/actors", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/v1/actors/norland", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
        ("/v1/actors.csv", {"GET", "HEAD", "OPTIONS"}),
        ("/v1/changesets", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/v1/vocabulary", {"GET", "HEAD", "OPTIONS"}),
    ):
        answer = registry.client.patch(path)
        holds_to_the_shape(answer, 405, "method_not_allowed")
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == methods


def test_an_error_of_an_address_that_is_none_says_where_to_look(registry: Registry):
    problem = holds_to_the_shape(registry.get("/v2"), 404, "not_found")
    assert "/docs" in problem["detail"]


@pytest.mark.parametrize(
    "path", ["/v1/actors/", "/v1//actors", "/v1/actors/norland/", "/v1//actors/norland"]
)
def test_a_misspelt_address_leads_to_the_right_one_or_nowhere(registry: Registry, path: str):
    answer = registry.get(path)
    if answer.status_code in (301, 308):
        assert registry.get(answer.headers["Location"].partition("localhost")[2]).status_code == 200
    else:
        holds_to_the_shape(answer, 404, "not_found")


def test_a_query_in_plain_utf_8_survives_the_way_to_the_right_address(registry: Registry):
    raw = {"QUERY_STRING": "text=Ü".encode().decode("latin-1")}
    answer = registry.client.get("/v1//actors", environ_overrides=raw)
    assert answer.status_code == 308
    assert unquote(answer.headers["Location"]).endswith("/v1/actors?text=Ü")


class BrokenHeader(str):
    """A header that cannot be read, for a reason that nobody thought of."""

    __slots__ = ()

    def strip(self, _: str | None = None) -> str:
        raise RuntimeError("the secret of the house")


def test_a_crash_is_told_without_its_inside(registry: Registry, caplog):
    answer = registry.client.delete(
        "/v1/actors/kestria", environ_overrides={"HTTP_IF_MATCH": BrokenHeader("*")},
        headers={"Authorization": f"Bearer {registry.key}"},
    )  # fmt: skip
    problem = holds_to_the_shape(answer, 500, "internal_server_error")
    assert "logged" in problem["detail"]
    assert "secret" not in answer.get_data(as_text=True)
    assert "the secret of the house" in caplog.text


def test_a_statement_that_the_engine_refuses_is_a_fault_of_ours(
    registry_of, engine: str, monkeypatch: pytest.MonkeyPatch, caplog
):
    def refuse_words(reader: SearchReader, *_: object, **_more: object) -> None:
        reader._connection.exec_driver_sql(f"SELECT {', '.join(['1'] * 3_000)}")

    monkeypatch.setattr(SearchReader, "find_hits", refuse_words)
    answer = registry_of("fixtures", engine=engine).get("/v1/search", q="peace")
    holds_to_the_shape(answer, 500, "internal_server_error")
    assert "unexpected failure" in caplog.text


@contextlib.contextmanager
def another_writer(registry: Registry) -> Iterator[None]:
    """Hold the lock that writers need, from outside."""
    if registry.url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(registry.url.removeprefix("sqlite:///"))) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        database = Database(registry.url)
        with database.begin_write():
            yield
        database.close_connections()


def test_a_writer_that_waits_too_long_is_told_so_and_readers_never_wait(registry_of, engine: str):
    registry = registry_of("fixtures", engine=engine, lock_timeout_seconds=1)
    with another_writer(registry):
        answer = registry.post("/v1/actors", make_draft("actors"))
        read = registry.get("/v1/actors")
    code, told = {
        "sqlite": ("unavailable", "read first whether it came through"),
        "postgresql": ("busy", "nothing was written"),
    }[engine]
    assert told in holds_to_the_shape(answer, 503, code)["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert read.status_code == 200
    assert registry.head == 1
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_writer_that_waits_too_long_within_a_process_is_told_so_too(registry_of, engine: str):
    registry = registry_of("fixtures", engine=engine, lock_timeout_seconds=1)
    with registry.ledger.database.begin_write():
        answer = registry.post("/v1/actors", make_draft("actors"))
    problem = holds_to_the_shape(answer, 503, "busy")
    assert "nothing was written" in problem["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert registry.head == 1
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)


@pytest.fixture
def unreachable() -> Iterator[Registry]:
    """A registry whose database does not answer: nobody listens on port 1."""
    registry = Registry("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    yield registry
    registry.close()


@pytest.mark.parametrize("path", ["/v1/actors", "/v1/actors/norland", "/v1/changesets", "/readyz",
                                  "/v1/actors.csv", "/v1/actors/norland/history"])  # fmt: skip
def test_a_database_out_of_reach_is_told(unreachable: Registry, path: str):
    answer = unreachable.get(path)
    holds_to_the_shape(answer, 503, "unavailable")
    assert "nobody" not in answer.get_data(as_text=True)


def test_a_database_without_a_table_is_told_with_what_to_do(databases, engine: str):
    with (
        database_without_a_table(databases, engine) as url,
        contextlib.closing(Registry(url)) as registry,
    ):
        answer = registry.get("/v1/actors")
    problem = holds_to_the_shape(answer, 503, "not_ready")
    assert "sinequanon db upgrade" in problem["detail"]


@contextlib.contextmanager
def database_without_a_table(databases: Databases, engine: str) -> Iterator[str]:
    """Give a database at another schema than the code."""
    with databases.fresh(engine) as url:
        shell = create_engine(url, isolation_level="AUTOCOMMIT")
        with shell.connect() as connection:
            connection.execute(text("ALTER TABLE actors RENAME TO actors_of_yore"))
        shell.dispose()
        yield url


def test_what_needs_no_database_answers_without_one(unreachable: Registry):
    for path in ("/livez", "/docs", "/openapi.json", "/v1/vocabulary"):
        assert unreachable.get(path).status_code == 200


def test_a_connection_that_the_server_dropped_is_told_or_mended(registry_of):
    registry = registry_of("fixtures", engine="postgresql")
    assert registry.get("/v1/actors").status_code == 200
    drop_connections(registry.url)

    first = registry.get("/v1/actors")

    if first.status_code != 200:
        holds_to_the_shape(first, 503, "unavailable")
    assert registry.get("/v1/actors").status_code == 200


def drop_connections(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
