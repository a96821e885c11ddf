"""The layer in front: whose request it is, under which name, and how many it may send."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api import keys
from api.web.rate_limits import name_client
from tests.servers import start_server
from tests.worlds import Databases, Registry, make_draft, measure_cpu, parse_answer

Registries = Callable[..., Registry]

PAGE = "/v1/positions?limit=5"


def read_limit(answer: TestResponse) -> tuple[str, int, int]:
    """Return the policy's name, what is left of it, and for how many seconds."""
    found = re.fullmatch(r'"([a-z-]+)";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found is not None
    return found[1], int(found[2]), int(found[3])


def ask_from(registry: Registry, address: str, path: str = PAGE, **headers: str) -> TestResponse:
    """Send a GET from an address."""
    return registry.client.get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)


def write_from(registry: Registry, address: str, key: str) -> TestResponse:
    """Send a POST from an address with a key; it lacks a body that fits."""
    return registry.client.post(
        "/v1/actors", json={}, environ_base={"REMOTE_ADDR": address},
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip


def test_a_client_gets_its_limit_and_then_a_problem(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="30/minute")
    left = [read_limit(ask_from(registry, "192.0.2.1")) for _ in range(30)]
    assert [each[:2] for each in left] == [("address", 29 - number) for number in range(30)]
    refused = ask_from(registry, "192.0.2.1")
    problem = parse_answer(refused, 429)
    assert problem["code"] == "too_many_requests"
    assert refused.headers["RateLimit-Policy"] == '"address";q=30;w=60'
    name, rest, seconds = read_limit(refused)
    assert (name, rest) == ("address", 0)
    assert 0 < seconds <= 60
    assert refused.headers["Retry-After"] == str(seconds)
    assert refused.headers["Cache-Control"] == "no-store"
    assert ask_from(registry, "192.0.2.2").status_code == 200


def test_a_cached_answer_counts_and_tells_what_is_left_now(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="9/minute")
    answers = [ask_from(registry, "192.0.2.1") for _ in range(9)]
    assert [read_limit(each)[1] for each in answers] == [*range(8, -1, -1)]
    assert all(len(each.headers.getlist("RateLimit")) == 1 for each in answers)
    assert ask_from(registry, "192.0.2.1").status_code == 429


def test_a_refused_request_with_a_body_is_a_problem_too(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="1/minute")
    ask_from(registry, "127.0.0.1")
    refused = registry.client.post("/v1/actors", json=make_draft("actors"))
    assert parse_answer(refused, 429)["code"] == "too_many_requests"
    assert refused.headers["RateLimit-Policy"] == '"address";q=1;w=60'
    elsewhere = registry.client.post("/v1/actors", json={}, base_url="http://evil.example")
    assert parse_answer(elsewhere, 421)["code"] == "misdirected_request"


def test_a_long_host_is_refused_before_it_is_compared(reading: Registry):
    host = {"Host": ".".join("a" * 30_000)}
    answer, seconds = measure_cpu(lambda: reading.client.get(PAGE, headers=host))
    assert seconds < 0.1
    assert parse_answer(answer, 400)["code"] == "bad_request"


def test_after_its_window_a_client_may_ask_again(registry_of: Registries, monkeypatch):
    registry = registry_of("fixtures", limit_by_address="5/minute")
    now = [1_800_000_000]
    monkeypatch.setattr("api.clock.now", lambda: now[0] * 1_000_000)
    for step, status in ((0, 200), (4, 200), (0, 200), (0, 200), (0, 200), (0, 429), (55, 429)):
        now[0] += step
        assert ask_from(registry, "192.0.2.1").status_code == status
    now[0] += 1
    assert ask_from(registry, "192.0.2.1").status_code == 200
    now[0] -= 3_600  # A clock that was put back must not lengthen a window.
    assert [ask_from(registry, "192.0.2.1").status_code for _ in range(6)] == [200] * 5 + [429]


def test_probes_are_never_limited_and_answer_under_any_name(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="1/minute")
    for probe in ("/livez", "/readyz") * 3:
        answer = ask_from(registry, "192.0.2.1", probe, Host="10.1.2.3:8000")
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_limits_that_are_off_are_not_told(registry_of: Registries):
    answer = ask_from(registry_of("fixtures"), "192.0.2.1")
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


def test_a_key_has_a_limit_of_its_own(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="3/minute", limit_by_key="8/minute")
    assert write_from(registry, "192.0.2.1", registry.key).status_code == 422
    for _ in range(2):
        ask_from(registry, "192.0.2.1")
    assert ask_from(registry, "192.0.2.1").status_code == 429
    for number in range(8):
        address = f"192.0.2.{number % 3 + 1}"
        answer = ask_from(registry, address, **{"X-API-Key": registry.key})
        assert read_limit(answer)[:2] == ("key", 7 - number)
    refused = ask_from(registry, "192.0.2.9", **{"X-API-Key": registry.key})
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"key";q=8;w=60'


def test_a_forged_key_counts_to_the_address(registry_of: Registries):
    registry = registry_of("fixtures", limit_by_address="10/minute", limit_by_key="9999/minute")
    statuses = [
        ask_from(registry, "192.0.2.1", **{"X-API-Key": f"forged-{number}"}).status_code
        for number in range(12)
    ]
    assert statuses == [200] * 10 + [429] * 2


def test_wrong_keys_are_few_and_a_right_one_elsewhere_goes_on(registry_of: Registries):
    registry = registry_of("fixtures", limit_wrong_keys="10/minute")
    statuses = [write_from(registry, "192.0.2.1", f"wrong-{n}").status_code for n in range(50)]
    assert statuses == [401] * 10 + [429] * 40
    refused = write_from(registry, "192.0.2.1", "wrong")
    assert read_limit(refused)[:2] == ("wrong-keys", 0)
    assert int(refused.headers["Retry-After"]) <= 60
    assert write_from(registry, "192.0.2.2", registry.key).status_code == 422
    # A key that was right before is known, so wrong ones beside it do not hinder it either.
    assert write_from(registry, "192.0.2.1", registry.key).status_code == 422
    assert ask_from(registry, "192.0.2.1").status_code == 200


def test_many_wrong_keys_at_once_count_as_well(registry_of: Registries):
    registry = registry_of("fixtures", limit_wrong_keys="10/minute")

    def try_key(number: int) -> int:
        client = registry.app.test_client()
        headers = {"X-API-Key": f"wrong-{number}"}
        return client.post("/v1/actors", json={}, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = [*pool.map(try_key, range(100))]
    assert (statuses.count(401), statuses.count(429)) == (10, 90)


def test_a_right_key_is_never_taken_for_a_wrong_one(registry_of: Registries):
    """Many requests may come with it at once before the first of them was answered."""
    registry = registry_of("fixtures", limit_wrong_keys="2/minute")

    def write(_: int) -> int:
        headers = {"X-API-Key": registry.key}
        client = registry.app.test_client()
        return client.post("/v1/actors", json={}, headers=headers).status_code

    with ThreadPoolExecutor(16) as pool:
        assert {*pool.map(write, range(64))} == {422}
    statuses = [write_from(registry, "127.0.0.1", "wrong").status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


def test_a_revoked_key_is_a_wrong_one(registry_of: Registries):
    registry = registry_of("fixtures", limit_wrong_keys="2/minute")
    assert write_from(registry, "192.0.2.1", registry.key).status_code == 422
    keys.revoke_keys(registry.ledger.database, "analyst")
    statuses = [write_from(registry, "192.0.2.1", registry.key).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:5000", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:5000", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
        ("x" * 999, "x" * 64),
    ],
)
def test_an_address_counts_as_what_one_customer_has(address: str, client: str):
    assert name_client(address) == client


def test_only_as_many_proxies_as_stand_in_front_are_believed(registry_of: Registries):
    forged = {"X-Forwarded-For": "198.51.100.1, 198.51.100.2, 198.51.100.3"}
    for hops, other, same_client in ((0, "203.0.113.1", True), (1, "203.0.113.1", False),
                                     (2, "198.51.100.2, 203.0.113.1", True)):  # fmt: skip
        registry = registry_of("fixtures", limit_by_address="1/minute", trusted_proxies=hops)
        assert ask_from(registry, "192.0.2.1", **forged).status_code == 200
        again = ask_from(registry, "192.0.2.1", **{"X-Forwarded-For": other})
        assert (again.status_code == 429) is same_client, hops


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "app.localhost", "127.0.0.1:8000", "[::1]:8000", "localhost."],
)
def test_the_names_of_this_machine_are_served(reading: Registry, host: str):
    assert reading.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 421), ("evil.example:8000", 421), ("localhost.evil.example", 421),
     ("notlocalhost", 421), ("192.0.2.77", 421), ("[2001:db8::77]:80", 421), ("", 400),
     ("localhost,evil.example", 400), ("localhost@evil.example", 400), ("localhost/x", 400)],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/v1/positions", "/nothing"])
def test_a_forged_host_is_refused(reading: Registry, host: str, status: int, path: str):
    problem = parse_answer(reading.get(path, headers={"Host": host}), status)
    assert (status == 400) == ("SINEQUANON_ALLOWED_HOSTS" not in problem["detail"])


def test_hosts_can_be_named(registry_of: Registries):
    registry = registry_of("fixtures", allowed_hosts="registry.example,.example.org,[::1]")
    for host, status in {
        "registry.example": 200, "Registry.Example:443": 200, "a.example.org": 200,
        "[::1]:8000": 200, "example.org": 421, "evilexample.org": 421, "localhost": 421,
        "registry.example.evil": 421,
    }.items():  # fmt: skip
        assert registry.get("/v1/actors", headers={"Host": host}).status_code == status, host


def test_what_a_trusted_proxy_forwards_is_checked_too(registry_of: Registries):
    registry = registry_of("fixtures", trusted_proxies=1, allowed_hosts="registry.example")
    headers = {"X-Forwarded-Host": "registry.example", "X-Forwarded-Proto": "https"}
    page = registry.get("/", headers=headers)
    assert b"curl &#39;https://registry.example/" in page.data or (
        b"curl 'https://registry.example/" in page.data
    )
    assert "max-age" in page.headers["Strict-Transport-Security"]
    headers["X-Forwarded-Host"] = "evil.example"
    assert registry.get("/", headers=headers).status_code == 421


def test_with_four_workers_a_client_gets_the_limit_and_not_four_times_it(
    databases: Databases, tmp_path: Path
):
    limits = {"SINEQUANON_LIMIT_BY_ADDRESS": "100/hour", "SINEQUANON_LIMIT_WRONG_KEYS": "5/hour"}
    with (
        databases.fresh("sqlite", "fixtures") as url,
        start_server(url, tmp_path, "--workers", "4", variables=limits) as server,
    ):
        wrong = {"X-API-Key": "wrong"}
        tried = [server.ask("/v1/actors", "POST", body={}, headers=wrong) for _ in range(20)]
        assert [each.status for each in tried].count(401) == 5
        with ThreadPoolExecutor(8) as pool:
            answers = [*pool.map(server.ask, ["/v1/actors"] * 120)]
        elsewhere = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=60, source_address=("127.0.0.2", 0)
        )
        elsewhere.request("GET", "/v1/actors")
        assert elsewhere.getresponse().status == 200
        elsewhere.close()
    assert [each.status for each in answers].count(200) == 100 - 20


def test_a_record_that_is_made_is_found_at_its_location(registry_of: Registries):
    registry = registry_of("fixtures", path_prefix="/registry")
    made = registry.post("/registry/v1/actors", make_draft("actors"))
    assert made.headers["Location"] == "/registry/v1/actors/a-new-one"
