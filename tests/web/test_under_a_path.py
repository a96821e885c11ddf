"""Under a sub-path, behind TLS, no link leads out of the registry."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from html import unescape
from urllib.parse import urlsplit

import pytest

from api import keys
from tests.crawling import crawl
from tests.submissions.people import actor
from tests.worlds import PROJECT, Registry, make_draft, parse_answer

ROOT = "https://registry.example/registry"
PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "registry.example"}


@pytest.fixture
def registry(registry_of: Callable[..., Registry]) -> Registry:
    """Return a registry behind a proxy that serves it under a path."""
    return registry_of(
        "both", path_prefix="/registry", trusted_proxies=1, allowed_hosts="registry.example"
    )


def test_no_link_leads_out_of_the_registry(registry: Registry):
    def fetch(url: str) -> tuple[int, Mapping[str, str], bytes]:
        parts = urlsplit(url)
        path = parts.path.removeprefix("/registry")
        answer = registry.client.get(f"{path}?{parts.query}", headers=PROXIED)
        return answer.status_code, {k.lower(): v for k, v in answer.headers}, answer.get_data()

    crawled = crawl(f"{ROOT}/", fetch)
    own = [url for url in crawled.found_at if urlsplit(url).netloc == "registry.example"]
    assert {url: crawled.found_at[url] for url in own if not url.startswith(f"{ROOT}/")} == {}
    failed = {url: status for url, status in crawled.statuses.items() if status >= 400}
    # The fixtures come without the texts of their sources.
    failed = {url: status for url, status in failed.items() if not url.endswith("/text")}
    assert {url: (failed[url], crawled.found_at[url]) for url in failed} == {}
    kinds = {urlsplit(url).path.split("/")[2] for url in crawled.statuses}
    assert {"v1", "docs", "assets", "embed", "conflicts", "actors", "openapi.json"} <= kinds
    assert len(crawled.statuses) > 100


def test_no_script_asks_for_what_is_outside_of_its_path():
    scripts = [*(PROJECT / "api").glob("*/assets/*.js")]
    asking = [each for each in scripts if re.search(r"fetch\(|assign\(", each.read_text("utf-8"))]
    absolute = re.compile(r"""(?:fetch|assign|open|URL)\(\s*["'`]/""")
    assert len(asking) >= 3
    assert [each.name for each in asking if absolute.search(each.read_text("utf-8"))] == []


def test_a_proxy_may_leave_the_path_in_place(registry: Registry):
    for path in ("/registry", "/registry/", "/registry/actors", "/registry/v1/actors/russia"):
        answer = registry.client.get(path, headers=PROXIED)
        plain = registry.client.get(path.removeprefix("/registry") or "/", headers=PROXIED)
        assert (answer.status_code, answer.data) == (200, plain.data)
    assert registry.client.get("/registry/registry/v1/actors", headers=PROXIED).status_code == 404
    assert registry.client.get("/registryx/v1/actors", headers=PROXIED).status_code == 404


def test_links_of_submissions_stay_in_the_registry(registry: Registry):
    key = keys.create_key(registry.ledger.database, "ana", ["propose"])
    asked = {"headers": {"Authorization": f"Bearer {key}", **PROXIED}}
    for name in ("norway", "sweden"):
        sent = {"changeset": [actor(name, name)]}
        parse_answer(registry.client.post("/v1/submissions", json=sent, **asked), 201)
    page = parse_answer(registry.client.get("/v1/submissions?limit=1", **asked))
    assert page["next"] == "/registry/v1/submissions?limit=1&before=2"
    assert page["data"][0]["url"] == "/registry/v1/submissions/2"
    rest = parse_answer(registry.client.get(page["next"], **asked))
    assert [each["id"] for each in rest["data"]] == [1]


def test_what_people_copy_begins_with_the_public_address(registry: Registry):
    conflict = "/conflicts/war-in-ukraine"
    page = "".join(
        registry.client.get(each, headers=PROXIED).get_data(as_text=True)
        for each in (conflict, f"{conflict}/matrix", f"{conflict}/timeline")
    )
    copied = re.findall(r"(?:curl '|&lt;(?:a href|iframe src|img src)=\")([^'\"]*)", page)
    assert len(copied) > 3
    assert all(each.startswith(f"{ROOT}/") for each in copied)


def test_what_is_written_is_answered_with_links_under_the_path(registry: Registry):
    headers = {**PROXIED, "Authorization": f"Bearer {registry.key}"}
    made = registry.client.post("/v1/actors", json=make_draft("actors"), headers=headers)
    assert made.headers["Location"] == "/registry/v1/actors/a-new-one"
    assert made.get_json()["links"]["self"] == "/registry/v1/actors/a-new-one"
    table = registry.client.get("/v1/export/actors.csv", headers=PROXIED).get_data(as_text=True)
    rows = [*csv.DictReader(io.StringIO(table))]
    assert {each["url"] for each in rows} == {f"/registry/v1/actors/{each['id']}" for each in rows}
    assert len(rows) > 10
    for columns in ("url", "url,id"):
        table = registry.client.get(f"/v1/actors.csv?columns={columns}", headers=PROXIED).text
        assert {each["url"] for each in csv.DictReader(io.StringIO(table))} <= {
            each["url"] for each in rows
        }


def test_texts_that_look_like_links_stay_as_they_are(registry: Registry):
    text = 'see "links":{"self":"/v1/x"} and <a href="/v1/y"> and ,/v1/actors/z,'
    headers = {**PROXIED, "Authorization": f"Bearer {registry.key}"}
    draft = make_draft("actors", aliases=[text])
    assert registry.client.post("/v1/actors", json=draft, headers=headers).status_code == 201
    path = "/v1/actors/a-new-one"
    assert registry.client.get(path, headers=PROXIED).get_json()["aliases"] == [text]
    for table in ("/v1/actors.csv?id=a-new-one", "/v1/export/actors.csv"):
        rows = registry.client.get(table, headers=PROXIED).get_data(as_text=True)
        found = [each for each in csv.DictReader(io.StringIO(rows)) if each["id"] == "a-new-one"]
        assert [each["aliases"] for each in found] == [text]
    page = registry.client.get("/actors/a-new-one", headers=PROXIED).get_data(as_text=True)
    assert text in unescape(page)


def test_feeds_keep_their_ids_under_a_path(registry_of: Callable[..., Registry]):
    ids = [
        re.findall("<id>([^<]*)", registry_of("both", **more).get("/v1/changes.atom").text)
        for more in ({}, {"path_prefix": "/registry"})
    ]
    assert ids[0] == ids[1] != []
