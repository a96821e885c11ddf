"""Reading needs no key; writing needs one that is known, good and of the right scope."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Mapping

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api import keys
from api.ledger.store.database import Database
from api.web.contract.openapi import Blueprint, make_contract
from tests.worlds import RESOURCE, Registry, make_draft, parse_answer

REFUSALS = [
    {},
    {"Authorization": "Bearer nonsense"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic YW5hbHlzdDprZXk="},
    {"Authorization": "nonsense"},
    {"X-API-Key": "nonsense"},
    {"X-API-Key": ""},
    {"X-API-Key": "ÿ"},
]


def attempt_writes(registry: Registry, noun: str, headers: Mapping[str, str]) -> list[TestResponse]:
    """Try each way to write, with what would be right otherwise."""
    url, live = f"/v1/{noun}", {**headers, "If-Match": "*"}
    some = registry.ids(url, limit=1, **({"valid_at": "any"} if takes_day(registry, url) else {}))
    client = registry.client
    return [
        client.post(url, json=make_draft(noun), headers=headers),
        client.put(f"{url}/{some[0]}", json=make_draft(noun, id=some[0]), headers=live),
        client.delete(f"{url}/{some[0]}", headers=live),
    ]


def test_every_operation_that_needs_a_key_needs_one_with_its_scope(registry: Registry):
    made = {each: keys.create_key(registry.ledger.database, each, [each]) for each in keys.SCOPES}
    tried: Counter[str] = Counter()
    for path, operations in registry.get("/openapi.json").get_json()["paths"].items():
        for method, operation in operations.items():
            if scope := operation.get("x-scope"):
                registry.key = ""
                address = re.sub(r"\{\w+\}", "1" if "submissions" in path else "some-id", path)
                assert registry.send(method.upper(), address).status_code == 401, path
                registry.key = made["texts" if scope != "texts" else "read"]
                assert registry.send(method.upper(), address).status_code == 403, path
                tried[scope] += 1
    assert tried == {"write": 3 * len(RESOURCE) + 2, "texts": 2, "propose": 6}
    assert registry.head == 1


def test_a_view_that_declares_no_access_is_not_registered():
    blueprint = Blueprint("open", __name__)

    @blueprint.route("/open", methods=["GET"])
    @blueprint.describe("open", "Forget to say who may call")
    def answer_anybody() -> str:  # pyright: ignore[reportUnusedFunction]
        return ""

    with pytest.raises(TypeError, match="declaration of its access"):
        make_contract(Flask(__name__)).register(blueprint)


def takes_day(registry: Registry, url: str) -> bool:
    return registry.get(url, valid_at="any").status_code == 200


def test_writing_without_a_known_key_is_refused(registry: Registry, noun: str):
    for headers in REFUSALS:
        for answer in attempt_writes(registry, noun, headers):
            problem = parse_answer(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer "), headers
            assert problem["code"] == "unauthorised"
    assert registry.head == 1


def test_who_sends_no_key_is_told_how_to_get_one(registry: Registry):
    registry.key = ""
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors")), 401)
    assert "sinequanon keys create NAME --scope write" in problem["detail"]
    assert "Authorization: Bearer KEY" in problem["detail"]


def test_a_key_without_the_scope_may_not_write(registry: Registry, noun: str):
    key = keys.create_key(registry.ledger.database, "archivist", ["texts"])
    for answer in attempt_writes(registry, noun, {"Authorization": f"Bearer {key}"}):
        problem = parse_answer(answer, 403)
        assert problem["detail"] == "The key of archivist lacks the scope write"
    assert registry.head == 1


def test_a_revoked_key_no_longer_writes(registry: Registry):
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    keys.revoke_keys(registry.ledger.database, "analyst")
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors", id="another")), 401)
    assert "revoked" in problem["detail"]
    assert parse_answer(registry.get("/v1/actors/a-new-one"))["recorded_by"] == "analyst"


def test_a_key_is_good_no_longer_whoever_revoked_it(registry: Registry, noun: str):
    parse_answer(registry.post(f"/v1/{noun}", make_draft(noun)), 201)
    elsewhere = Database(registry.url)
    keys.revoke_keys(elsewhere, "analyst")
    elsewhere.close_connections()
    for answer in attempt_writes(registry, noun, {"Authorization": f"Bearer {registry.key}"}):
        assert parse_answer(answer, 401)["code"] == "unauthorised"
    assert registry.head == 2


class RevokingBody(io.BytesIO):
    """A body whose sender loses the key while it is read."""

    def __init__(self, registry: Registry, body: object) -> None:
        super().__init__(json.dumps(body).encode())
        self._registry = registry

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            keys.revoke_keys(self._registry.ledger.database, "analyst")
        return super().read(size)


def test_a_key_that_is_revoked_while_the_body_arrives_is_refused(registry: Registry):
    body = RevokingBody(registry, make_draft("actors", id="the-last"))
    answer = registry.client.post(
        "/v1/actors", input_stream=body, content_length=len(body.getvalue()),
        content_type="application/json", headers={"Authorization": f"Bearer {registry.key}"},
    )  # fmt: skip
    assert answer.status_code == 401
    assert registry.head == 1


def test_who_may_not_write_any_more_learns_nothing_about_the_body(registry: Registry):
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    keys.revoke_keys(registry.ledger.database, "analyst")
    assert registry.post("/v1/actors", {"nonsense": 1}).status_code == 401


def test_a_key_that_was_good_for_one_scope_is_not_for_another(registry: Registry):
    registry.make_key("clerk", "write")
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    answer = registry.client.delete(
        "/v1/sources/strait-courier-2024-03-05/text",
        headers={"Authorization": f"Bearer {registry.key}"},
    )
    assert parse_answer(answer, 403)["detail"] == "The key of clerk lacks the scope texts"


@pytest.mark.parametrize("header", ["Authorization: Bearer {}", "authorization: bearer {}",
                                    "Authorization: BEARER   {}", "X-API-Key: {}",
                                    "x-api-key: {}"])  # fmt: skip
def test_a_key_is_taken_from_either_header(registry: Registry, header: str):
    name, _, value = header.format(registry.key).partition(": ")
    answer = registry.client.post("/v1/actors", json=make_draft("actors"), headers={name: value})
    assert parse_answer(answer, 201)["recorded_by"] == "analyst"


def test_a_bad_key_does_not_stop_anybody_from_reading(registry: Registry, noun: str):
    answer = registry.get(f"/v1/{noun}", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200


def test_who_may_not_write_learns_nothing_about_the_body(registry: Registry):
    registry.key = ""
    assert registry.post("/v1/actors", {"nonsense": 1}).status_code == 401
    assert registry.put("/v1/actors/never-there", {}, None).status_code == 401


@pytest.mark.parametrize("path", ["/v1/actors", "/v1/actors.csv", "/docs", "/openapi.json",
                                  "/v1/actors/never-there", "/nowhere", "/livez"])  # fmt: skip
def test_pages_of_any_origin_may_read(registry: Registry, path: str):
    headers = registry.get(path, headers={"Origin": "https://newsroom.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    exposed = {each.strip() for each in headers["Access-Control-Expose-Headers"].split(",")}
    assert {"ETag", "Link", "Location", "Sinequanon-Known-At"} <= exposed
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_browser_that_asks_first_is_told_that_it_may(registry: Registry, noun: str, method: str):
    path = f"/v1/{noun}" if method in ("GET", "POST") else f"/v1/{noun}/some-id"
    asked = {
        "Origin": "https://newsroom.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    answer = registry.client.options(path, headers=asked)
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert answer.status_code == 200
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert all(name in allowed for name in ("authorization", "content-type", "if-match"))


def test_what_the_server_sends_of_its_own_may_be_read_by_any_page(registry: Registry):
    sent = {*registry.get("/v1/actors").headers.keys()}
    sent |= {*registry.post("/v1/actors", make_draft("actors")).headers.keys()}
    own = {name for name in sent if name.startswith("Sinequanon-")}
    exposed = registry.get("/v1/actors").headers["Access-Control-Expose-Headers"]
    assert own
    assert all(name in exposed for name in own)
