"""Headers of every answer, and parts of bodies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.web.test_response_cache import list_addresses
from tests.worlds import Registry, make_draft

TABLE = "/v1/positions.csv"


def check_headers(answer: TestResponse, where: str) -> None:
    """Check the headers that every answer must have."""
    headers = answer.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"], where
    assert len(headers.getlist("Referrer-Policy")) == 1, where
    assert "camera=()" in headers["Permissions-Policy"], where
    (policy,) = headers.getlist("Content-Security-Policy")
    assert "default-src 'none'" in policy, where
    assert "unsafe-eval" not in policy, where
    if not headers.get("Content-Type", "").startswith(("text/html", "image/svg+xml")):
        assert answer.status_code == 304 or "-src 'self'" not in policy, where
    assert headers["Server"] == "", where
    assert "Strict-Transport-Security" not in headers, where


def test_every_address_has_the_headers(reading: Registry):
    addresses = [each for each in dict.fromkeys(list_addresses(reading)) if ".svg" not in each]
    addresses.append("/v1/conflicts/war-in-ukraine/matrix.svg")
    assert len(addresses) > 100
    for address in addresses:
        answer = reading.get(address)
        check_headers(answer, address)
        if tag := answer.headers.get("ETag"):
            again = reading.get(address, headers={"If-None-Match": tag})
            check_headers(again, address)
            # A browser takes the policy of a 304 for that of the page that it has.
            name = "Content-Security-Policy"
            assert (again.status_code, again.headers[name]) == (304, answer.headers[name])


def test_answers_of_the_cache_have_them_once(registry: Registry):
    for address in ("/", "/v1/positions", "/v1/positions.csv", "/docs", "/openapi.json") * 3:
        check_headers(registry.get(address), address)
    assert len(registry.app.wsgi_app.cache.store) == 5


def test_refusals_and_writes_have_the_headers(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures", limit_wrong_keys="1/minute", limit_by_key="50/minute")
    registry.post("/v1/actors", {})
    answers = {
        201: registry.post("/v1/actors", make_draft("actors")),
        204: registry.delete("/v1/actors/a-new-one", "*"),
        410: registry.get("/v1/actors/a-new-one"),
        200: registry.client.options("/v1/actors"),
        206: registry.get(TABLE, headers={"Range": "bytes=0-9"}),
        303: registry.get("/actors?kind="),
        400: registry.get("/", headers={"Host": ""}),
        401: registry.client.post("/v1/actors", json={}),
        404: registry.get("/nothing"),
        405: registry.client.put("/v1/actors"),
        414: registry.get("/v1/actors?text=" + "x" * 9_000),
        415: registry.client.post("/v1/actors", headers={"X-API-Key": registry.key}, data="x"),
        416: registry.get(TABLE, headers={"Range": "bytes=99999999-"}),
        421: registry.get("/", headers={"Host": "evil.example"}),
        422: registry.get("/v1/actors?wrong=1"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.get_data(as_text=True)
        check_headers(answer, str(status))
    for _ in range(3):
        refused = registry.client.post("/v1/actors", headers={"X-API-Key": "wrong"})
    assert refused.status_code == 429
    check_headers(refused, "429")


def test_over_tls_browsers_are_told_to_stay_there(registry_of: Callable[..., Registry]):
    registry = registry_of("fixtures", trusted_proxies=1)
    for address in ("/", "/v1/actors", "/nothing", "/v1/actors"):
        answer = registry.get(address, headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in registry.get(address).headers


@pytest.mark.parametrize(
    "ranges",
    [
        "bytes=0-9,20-29",
        "bytes=0-9, -5",
        "bytes=0-,0-,0-,0-",
        "bytes=" + ",".join(f"{n}-" for n in range(1000)),
        "bytes=9-0",
        "bytes=a-b",
        "bytes=",
        "lines=0-9",
        "bytes 0-9",
    ],
)
def test_several_ranges_or_odd_ones_get_the_whole(reading: Registry, ranges: str):
    """RFC 9110, section 14.2: a server may ignore Range, and many ranges cost it dear."""
    whole = reading.get(TABLE)
    answer = reading.get(TABLE, headers={"Range": ranges})
    assert answer.status_code == 200
    assert answer.get_data() == whole.get_data()
    assert "Content-Range" not in answer.headers


def test_one_range_gets_its_part(reading: Registry):
    whole = reading.get(TABLE).get_data()
    for asked, part in (
        ("0-9", whole[:10]), ("5-", whole[5:]), ("-7", whole[-7:]), ("3-99999999", whole[3:]),
    ):  # fmt: skip
        answer = reading.get(TABLE, headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, answer.get_data()) == (206, part)
        start = len(whole) - len(part) if asked != "0-9" else 0
        end = start + len(part) - 1
        assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"


def test_a_range_of_another_method_than_get_is_ignored(reading: Registry):
    headers = {"Range": "bytes=0-9"}
    answer = reading.client.head(TABLE, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(len(reading.get(TABLE).get_data()))
