"""What an operator sees: ids, the log, metrics over several workers, and what stays private."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from api.web import observing
from api.web.auth import OPEN_ROUTES
from tests.servers import run_sinequanon, start_server, wait_until
from tests.worlds import Registry, make_draft, parse_answer

Registries = Callable[..., Registry]

COUNT = "sinequanon_http_request_duration_seconds_count"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Catch what is logged; returns a function that parses it."""
    observing._pending.write()  # what other tests left
    written = BytesIO()
    monkeypatch.setattr(observing, "_log", observing._log.bind())
    monkeypatch.setattr(observing._log, "_logger", structlog.BytesLogger(written))

    def read() -> list[dict[str, Any]]:
        observing._pending.write()
        with observing._pending._writing:  # a thread may be at it
            return [json.loads(line) for line in written.getvalue().splitlines()]

    return read


def read_counts(text: str, **labels: str) -> float:
    """Return how many requests a page of metrics counts with these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == COUNT and sample.labels.items() >= labels.items()
    )


def test_each_request_leaves_one_line(registry_of: Registries, lines: Any):
    registry = registry_of("fixtures", log="requests")
    made = registry.post("/v1/actors", make_draft("actors"))
    for _ in range(3):
        registry.get("/v1/actors?limit=3").close()
    registry.get("/v1/nowhere").close()
    registry.client.open("/v1/actors", method="BREW").close()
    written, *reads, missed, brewed = lines()
    assert written["id"] == made.headers["X-Request-ID"]
    assert written.items() >= {
        "event": "request", "method": "POST", "route": "/v1/actors", "status": 201,
        "key": "analyst", "changeset": registry.head, "cached": False,
    }.items()  # fmt: skip
    assert [each["cached"] for each in reads] == [False, False, True]
    assert {each["route"] for each in reads} == {"/v1/actors"}
    assert (missed["status"], missed["route"]) == (404, "none")
    assert (brewed["status"], brewed["method"]) == (405, "other")
    assert all(0 < each["seconds"] < 60 and each["timestamp"].endswith("Z") for each in lines())


def test_the_callers_id_is_taken_if_it_may_stand_in_a_log(registry_of: Registries, lines: Any):
    registry = registry_of("fixtures", log="requests")
    for sent in ("deploy-7/a.b", 'x"y', "a" * 65, "é", ""):
        answer = registry.get("/livez", headers={"X-Request-ID": sent})
        taken = answer.headers["X-Request-ID"] == sent
        assert taken is (sent == "deploy-7/a.b"), sent
        assert lines()[-1]["id"] == answer.headers["X-Request-ID"]


def test_only_errors_are_logged_where_that_is_set(registry_of: Registries, lines: Any):
    registry = registry_of("fixtures", log="errors")
    registry.get("/v1/nowhere").close()
    assert lines() == []
    broken = Registry("sqlite:////nowhere/at/all.db", log="errors")
    broken.get("/v1/actors").close()
    assert [each["status"] for each in lines()] == [503]


def test_no_secret_gets_into_the_log(registry_of: Registries, lines: Any):
    registry = registry_of("fixtures", log="requests")
    planted = [f"sqn_{secrets.token_hex(24)}" for _ in range(20)]
    for each in planted:
        basic = base64.b64encode(f"me:{each}".encode()).decode()
        registry.get(f"/v1/actors/{each}", headers={"Authorization": f"Bearer {each}"}).close()
        registry.get(f"/v1/actors?key={each}", headers={"Authorization": f"Basic {basic}"}).close()
        registry.get(
            "/v1/actors", headers={"X-API-Key": each, "Cookie": each, "Referer": each}
        ).close()
        registry.get("/v1/actors", headers={"X-Request-ID": f"id {each}"}).close()
        registry.post("/v1/actors", {"name": each, each: each}).close()
        registry.client.open(f"/{quote(each)}", method=each.upper()).close()
    text = json.dumps(lines())
    assert len(lines()) == 6 * len(planted)
    assert not [each for each in planted if each in text or each.upper() in text]


def test_an_error_of_the_database_is_logged_without_values(
    registry_of: Registries, caplog: pytest.LogCaptureFixture
):
    registry = registry_of("fixtures", log="off")
    digest = hashlib.sha256(b"Plantedwords").hexdigest()
    source = {"id": "s", "title": "S", "kind": "leak", "language": "en", "text_length": 12,
              "text_sha256": digest}  # fmt: skip
    parse_answer(registry.post("/v1/sources", source), 201)
    with registry.ledger.database.begin_write() as write:
        for table in ("text", "search_document"):
            write.connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    for answer in (
        registry.put_text("s", "Plantedwords"), registry.get("/v1/search", q="plantedwords")
    ):  # fmt: skip
        parse_answer(answer, 503)
    assert "no such table" in caplog.text
    assert "plantedwords" not in caplog.text.lower()


def test_metrics_count_over_all_workers_and_cached_answers(tmp_path):
    url = f"sqlite:///{tmp_path / 'served.db'}"
    run_sinequanon("db", "upgrade", url=url)
    made = run_sinequanon("keys", "create", "prometheus", "--scope", "read", url=url)
    with start_server(url, tmp_path, "--workers", "2") as server:
        for _ in range(60):
            assert server.ask("/v1/actors").status == 200
        secret = {"X-API-Key": made.stdout.strip()}
        text = ""

        def are_counted() -> bool:
            nonlocal text
            text = server.ask("/metrics", headers=secret).body.decode()
            return read_counts(text, route="/v1/actors", status="200", method="GET") == 60

        wait_until(are_counted)
        assert read_counts(text, route="/v1/actors", cached="true") >= 54
        assert server.ask("/metrics").status == 401
    families = {each.name: each for each in text_string_to_metric_families(text)}
    assert families["sinequanon_newest_changeset"].samples[0].value == 0
    assert families["sinequanon_free_bytes"].samples[0].value > 0


def test_while_nobody_reads_the_log_metrics_count_and_little_waits(
    registry_of: Registries, monkeypatch: pytest.MonkeyPatch
):
    registry = registry_of("fixtures", log="requests")
    observing._pending.write()
    reader, writer = os.pipe()
    monkeypatch.setattr(observing, "_log", observing._log.bind())
    threads, received = threading.active_count(), b""
    with os.fdopen(writer, "wb") as pipe:
        monkeypatch.setattr(observing._log, "_logger", structlog.BytesLogger(pipe))
        for _ in range(1_000):
            registry.get("/v1/vocabulary").close()
        wait_until(
            lambda: (
                read_counts(observing.render_metrics({}).decode(), route="/v1/vocabulary") >= 1_000
            )
        )
        assert threading.active_count() <= threads + 2
        while received.count(b'"/v1/vocabulary"') < 1_000:
            received += os.read(reader, 65_536)
        wait_until(lambda: not observing._pending._writing.locked())
    os.close(reader)


def test_a_worker_that_is_stopped_writes_the_last_lines(tmp_path):
    url = f"sqlite:///{tmp_path / 'served.db'}"
    run_sinequanon("db", "upgrade", url=url)
    with start_server(url, tmp_path, variables={"SINEQUANON_LOG": "requests"}) as server:
        assert server.ask("/v1/issues").status == 200
        server.process.terminate()
        server.process.wait()
        assert '"route":"/v1/issues"' in server.output.read_text()


def make_value(converter: BaseConverter) -> str | int:
    """Return a part of a path that a converter takes."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "russia"


def test_a_private_registry_shows_nothing_without_a_key(registry_of: Registries):
    registry = registry_of("both", public_read="false")
    reader = registry.make_key("reader", "read")
    addresses, open_routes = registry.app.url_map.bind("localhost"), set[str]()
    for rule in registry.app.url_map.iter_rules():
        values = {name: make_value(each) for name, each in rule._converters.items()}
        values |= rule.defaults or {}
        for method in (rule.methods or set()) - {"OPTIONS"}:
            path = addresses.build(rule.endpoint, values, method)
            if registry.client.open(path, method=method).status_code != 401:
                open_routes.add(rule.rule)
    assert open_routes == OPEN_ROUTES
    assert registry.client.options("/v1/actors").status_code == 200
    for headers in ({"X-API-Key": reader}, {"Authorization": f"Bearer {reader}"}):
        assert registry.get("/v1/actors/russia", headers=headers).status_code == 200
    assert registry.get("/v1/actors/russia").status_code == 401


def test_a_private_registry_says_whom_to_tell_of_a_weakness(registry_of: Registries):
    registry = registry_of("fixtures", public_read="false", security_contact="mailto:a@b.example")
    answer = registry.get("/.well-known/security.txt")
    assert (answer.status_code, "Contact: mailto:a@b.example" in answer.text) == (200, True)


def test_no_cache_serves_what_is_private(registry_of: Registries):
    registry = registry_of("fixtures", public_read="false")
    headers = {"X-API-Key": registry.make_key("reader", "read")}
    for path in ("/v1/actors", "/v1/actors?valid_at=2024-04-02&known_at=1", "/", "/v1/nowhere"):
        for _ in range(3):
            answer = registry.get(path, headers=headers)
            assert answer.headers["Cache-Control"].split(", ")[0] == "private"
            assert registry.get(path).status_code == 401
            tagged = {"If-None-Match": answer.headers.get("ETag", '"x"')}
            assert registry.get(path, headers=tagged).status_code == 401
    parse_answer(registry.get("/metrics", headers=headers | {"X-API-Key": "sqn_x"}), 401)


def test_browsers_read_with_basic_and_never_write_with_it(registry_of: Registries):
    registry = registry_of("fixtures", public_read="false")
    pair = base64.b64encode(f"anybody:{registry.make_key('all')}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    asked = registry.get("/")
    assert asked.status_code == 401
    assert 'Basic realm="Sine Qua Non"' in asked.headers.getlist("WWW-Authenticate")
    assert registry.get("/", headers=headers).status_code == 200
    body = make_draft("actors")
    written = registry.client.post("/v1/actors", json=body, headers=headers)
    assert written.status_code == 401
    assert not any("Basic" in each for each in written.headers.getlist("WWW-Authenticate"))
    for odd in ("Basic", "Basic !!", "Basic " + base64.b64encode(b"no colon").decode()):
        assert registry.get("/", headers={"Authorization": odd}).status_code == 401


def test_a_private_registry_shows_no_form_that_would_need_a_key(registry_of: Registries):
    for public, is_shown in (("true", True), ("false", False)):
        registry = registry_of("fixtures", public_read=public)
        headers = {"X-API-Key": registry.make_key("reader", "read")}
        page = registry.get("/actors/norland", headers=headers)
        assert (page.status_code, 'id="report"' in page.text) == (200, is_shown)


def test_a_key_that_may_only_write_does_not_read_a_private_registry(registry_of: Registries):
    registry = registry_of("fixtures", public_read="false")
    headers = {"X-API-Key": registry.make_key("writer", "write")}
    assert registry.get("/v1/actors", headers=headers).status_code == 403
    assert registry.post("/v1/actors", make_draft("actors")).status_code == 201
