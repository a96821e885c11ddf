"""A cached response is the one that Flask would make."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from api.ledger.store.state import FRESH
from api.web.cache.response_cache import _REMEMBERED, ResponseCache, ResponseStore
from api.web.responses import ENCODINGS
from tests.worlds import TEXTS, Databases, Registry, make_draft, parse_answer

NAMED = {
    "actors": "russia",
    "axioms": "peace-implies-end",
    "conflicts": "war-in-ukraine",
    "proposals": "belarus-truce-call",
    "sources": "strait-courier-2024-03-05",
}
QUERIES = {
    "counts": "by=holder,force",
    "agreement": "actors=russia,ukraine&conflict=war-in-ukraine",
    "search": "q=truce",
    "deadlock": "goal=peace",
    "diff": "from=2023-03-01&to=2023-04-01",
}


def count_cached(registry: Registry) -> int:
    """Count the answers that a registry would replay."""
    return len(registry.app.wsgi_app.cache.store)


def list_addresses(registry: Registry) -> Iterator[str]:
    """Return an address for every rule that takes GET."""
    for rule in registry.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "path:" not in rule.rule:
            yield from _build_addresses(registry, rule)


def _build_addresses(registry: Registry, rule: Rule) -> Iterator[str]:
    noun = next((each for each in rule.rule.split("/") if each in NAMED or each in ALL), "")
    id = NAMED.get(noun) or (registry.ids(f"/v1/{noun}", limit=1, valid_at="any")[0]
                             if noun in ("positions", "preconditions") else
                             registry.ids(f"/v1/{noun}", limit=1)[0] if noun else "")  # fmt: skip
    given = {"id": id, "number": 1, "noun": noun or "actors", "form": "csv", "picture": "svg"}
    with registry.app.test_request_context():
        for form in ("csv", "json", "ndjson", "svg", "vl.json"):
            values = {name: given[name] for name in rule.arguments if name in given}
            values |= dict.fromkeys({"form", "extension"} & rule.arguments, form)
            try:
                _, path = rule.build({**values, **(rule.defaults or {})}) or ("", "")
            except (TypeError, ValueError):
                path = ""
            query = next((each for word, each in QUERIES.items() if word in rule.rule), "")
            if path:
                yield f"{path}?{query}" if query else path
            if form not in values.values():
                return


ALL = ("statements", "issues", "propositions", "positions", "preconditions")


def visible_parts(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return all that a caller sees, but the server's own moment."""
    headers = [each for each in answer.headers.items() if each[0] != "Date"]
    return answer.status, headers, answer.get_data()


@pytest.mark.parametrize("encoding", ["", *ENCODINGS])
def test_every_address_answers_the_same_with_and_without(
    databases: Databases, encoding: str, monkeypatch
):
    # Before Python 3.14 gzip writes the second into its header.
    monkeypatch.setattr("gzip.time", SimpleNamespace(time=lambda: 0.0))
    headers = {"Accept-Encoding": encoding}
    with databases.fresh("sqlite", "both") as url:
        plain, layered = Registry(url, snapshots=0), Registry(url)
        asked = list(dict.fromkeys(list_addresses(plain)))
        assert len(asked) > 100
        for address in asked:
            expected = visible_parts(plain.get(address, headers=headers))
            assert visible_parts(layered.get(address, headers=headers)) == expected, address
            assert visible_parts(layered.get(address, headers=headers)) == expected, address
        assert count_cached(layered) > 100
        plain.close()
        layered.close()


def test_a_page_names_the_host_that_was_asked_and_no_other(databases: Databases):
    """Whoever asks for one under a name of his choice must not put that into what others read."""
    roots = [f"{scheme}://{host}" for scheme in ("http", "https") for host in ("a.org", "b.org")]
    with databases.fresh("sqlite", "both") as url:
        plain = Registry(url, snapshots=0, allowed_hosts="*")
        layered = Registry(url, allowed_hosts="*")
        for address in ("/", "/conflicts/war-in-ukraine"):
            for root in [*roots, *roots]:
                expected = visible_parts(plain.client.get(address, base_url=root))
                assert root.encode() in expected[2]
                for _ in range(2):
                    assert visible_parts(layered.client.get(address, base_url=root)) == expected
        assert count_cached(layered) == 2 * len(roots)
        plain.close()
        layered.close()


def test_who_has_an_answer_is_told_the_same_with_and_without(databases: Databases):
    with databases.fresh("sqlite", "both") as url:
        plain, layered = Registry(url, snapshots=0), Registry(url)
        for address in ("/v1/positions", "/v1/positions.csv", "/v1/actors/russia", "/"):
            headers = {"If-None-Match": plain.get(address).headers["ETag"]}
            expected = visible_parts(plain.get(address, headers=headers))
            assert expected[0].startswith("304")
            assert visible_parts(layered.get(address, headers=headers)) == expected
            assert visible_parts(layered.get(address, headers=headers)) == expected
        plain.close()
        layered.close()


@pytest.mark.parametrize(("seconds", "answered"), [(0, 2), (0.05, 1)])
def test_what_is_asked_again_is_replayed_and_what_took_long_at_once(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, seconds: float, answered: int
):
    seen: list[str] = []

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"])
        time.sleep(seconds)
        headers = [("ETag", '"x"'), ("Cache-Control", "no-cache"), ("Content-Length", "4")]
        start_response("200 OK", headers)
        return [b"once"]

    front = registry.app.wsgi_app
    monkeypatch.setattr(front, "cache", ResponseCache(answer, front.cache.state, 1))
    first, *others = (visible_parts(registry.get("/")) for _ in range(4))
    assert others == [first] * 3
    assert seen == ["/"] * answered


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_write_of_another_process_is_seen_by_the_next_read(
    registry_of: Callable[..., Registry], engine: str
):
    here = registry_of("fixtures", engine=engine)
    there = Registry(here.url, max_body_bytes=1_000_000)  # with connections of its own
    there.make_key("elsewhere")
    for number in range(20):
        before = here.ids("/v1/actors", limit=1000)
        assert here.ids("/v1/actors", limit=1000) == before
        parse_answer(there.post("/v1/actors", make_draft("actors", id=f"new-{number}")), 201)
        assert here.ids("/v1/actors", limit=1000) == [*before, f"new-{number}"]
    there.close()


def test_midnight_is_honoured(registry: Registry, monkeypatch):
    evening = 1_767_225_599_000_000  # 2025-12-31T23:59:59Z
    monkeypatch.setattr("api.clock.now", lambda: evening)
    before = registry.get("/v1/positions")
    assert registry.get("/v1/positions").headers["Sinequanon-Valid-At"] == "2025-12-31"
    monkeypatch.setattr("api.clock.now", lambda: evening + 1_000_000)
    after = registry.get("/v1/positions")
    assert after.headers["Sinequanon-Valid-At"] == "2026-01-01"
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_database_that_was_put_back_is_honoured(registry: Registry, tmp_path: Path):
    backup = tmp_path / "backup.db"
    with (
        closing(sqlite3.connect(_database_file(registry))) as source,
        sqlite3.connect(backup) as copy,
    ):
        source.backup(copy)
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    assert registry.get("/v1/actors/a-new-one").status_code == 200
    with (
        closing(sqlite3.connect(backup)) as source,
        sqlite3.connect(_database_file(registry)) as copy,
    ):
        source.backup(copy)
    time.sleep(FRESH / 1_000_000)
    assert registry.get("/v1/actors/a-new-one").status_code == 404
    parse_answer(registry.post("/v1/actors", make_draft("actors", name="Another")), 201)
    assert parse_answer(registry.get("/v1/actors/a-new-one"))["name"] == "Another"


def test_a_file_that_took_the_place_of_the_database_is_honoured(registry: Registry):
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    assert registry.get("/v1/actors/a-new-one").status_code == 200
    other = f"{_database_file(registry)}.other"  # on the same file system
    with (
        closing(sqlite3.connect(_database_file(registry))) as source,
        closing(sqlite3.connect(other)) as copy,
        copy,
    ):
        source.backup(copy)
        copy.execute("DELETE FROM actors WHERE id = 'a-new-one'")
    for end in ("-wal", "-shm"):
        Path(f"{_database_file(registry)}{end}").unlink(missing_ok=True)
    os.replace(other, _database_file(registry))  # noqa: PTH105, as an operator's mv does
    time.sleep(FRESH / 1_000_000)
    assert parse_answer(registry.get("/v1/actors/a-new-one"), 500)["code"] == "damaged"


def _database_file(registry: Registry) -> str:
    return registry.url.removeprefix("sqlite:///")


def test_a_text_that_is_taken_down_is_gone_at_once(registry: Registry):
    source = "kestrian-plan-2024-04-02"
    url = f"/v1/sources/{source}/text"
    registry.amend(f"/v1/sources/{source}", text_public=True)
    registry.put_text(source, TEXTS[source].read_text(encoding="utf-8"))
    assert registry.get(url).status_code == registry.get(url).status_code == 200
    registry.delete(url, None)
    assert registry.get(url).status_code == 404


def test_what_is_authorised_or_fails_or_writes_is_never_kept(registry: Registry):
    for _ in range(2):
        registry.get("/v1/actors", headers={"Authorization": f"Bearer {registry.key}"})
        registry.get("/v1/actors", headers={"X-API-Key": registry.key})
        registry.get("/v1/actors.csv", headers={"Range": "bytes=0-9"})
        registry.get("/v1/actors?wrong=1")
        registry.get("/v1/actors/nobody")
        registry.client.head("/v1/actors")
        registry.post("/v1/actors", {})
        registry.get("/readyz")
    assert count_cached(registry) == 0


def test_answers_are_given_up_when_room_is_short(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures", snapshots=1)
    for limit in range(1, 1000):
        for _ in range(2):
            registry.get("/v1/statements", limit=limit)
    assert 10 < count_cached(registry) < 999
    assert registry.get("/v1/statements", limit=5).status_code == 200


def test_a_long_tag_takes_room_too(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures", snapshots=1)
    for number in range(40):
        tags = f'"{number:050000}"'
        for _ in range(2):
            registry.get("/v1/actors/norland", headers={"If-None-Match": tags})
    assert 10 < count_cached(registry) < 20


def test_an_application_may_do_without(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures", snapshots=0)
    assert registry.app.wsgi_app.cache is None


def test_what_is_stored_stays_within_its_room():
    store = ResponseStore(None, 100)
    responses = {each: ("200 OK", [], [each.encode()]) for each in "abBcde"}
    for key in "abc":
        store.add((key,), responses[key], 40)
    assert [store.get((key,)) for key in "abc"] == [None, responses["b"], responses["c"]]
    store.add(("b",), responses["B"], 60)
    assert [store.get((key,)) for key in "abc"] == [None, responses["B"], responses["c"]]
    store.add(("d",), responses["d"], 101)  # larger than all room
    assert [store.get((key,)) for key in "bcd"] == [responses["B"], responses["c"], None]
    store.add(("e",), responses["e"], 100)
    assert store.get(("e",)) == responses["e"]
    assert len(store) == 1


def test_what_was_asked_for_lately_was_seen_before():
    store = ResponseStore(None, 100)
    assert [store.seen_before((key,)) for key in ("a", "a", "b")] == [False, True, False]
    for number in range(_REMEMBERED):
        store.seen_before((number,))
    assert not store.seen_before(("a",))
