"""The contract differs from that of 0.1.0 by additions and by what the changelog names."""

from __future__ import annotations

import copy
import json
import lzma
import re
import tomllib
from collections.abc import Callable
from fnmatch import translate
from pathlib import Path
from typing import Any

import pytest

from tests.contract.breaking import find_breaks
from tests.worlds import PROJECT

HERE = Path(__file__).parent
RELEASED = json.loads(lzma.decompress((HERE / "release_0_1_0.json.xz").read_bytes()))
ACCEPTED: dict[str, list[str]] = tomllib.loads(
    (HERE / "accepted_breaks.toml").read_text(encoding="utf-8")
)


def is_accepted(found: str, pattern: str) -> bool:
    """Whether a pattern fits a break; only `*` is special."""
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    return re.fullmatch(translate(escaped), found) is not None


def test_the_contract_breaks_only_what_the_changelog_names():
    committed = json.loads((PROJECT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    found = find_breaks(RELEASED, committed)
    patterns = [each for some in ACCEPTED.values() for each in some]
    assert [each for each in found if not any(is_accepted(each, p) for p in patterns)] == []
    assert [p for p in patterns if not any(is_accepted(each, p) for each in found)] == []


@pytest.mark.parametrize("entry", ACCEPTED)
def test_an_accepted_break_is_told_to_clients(entry: str):
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = changelog.partition("### Breaking for clients")[2].partition("\n## 0.1.0")[0]
    assert f"\n- {entry}" in re.sub(r"\s*\n  ", " ", told).replace("- ", "\n- ")


def make_contract() -> dict[str, Any]:
    """Return a small contract with one of each part that can break."""
    thing = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^a"},
            "kind": {"type": "string", "enum": ["one", "two"]},
            "count": {"type": "integer", "minimum": 0, "maximum": 9},
            "parts": {"type": "array", "items": {"type": "string", "maxLength": 5}},
            "link": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["id"],
    }
    refers = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    answers = {"200": {"headers": {"ETag": {}}, "content": refers}, "404": {"description": "no"}}
    limit = {"in": "query", "name": "limit", "schema": {"type": "integer", "default": 20}}
    ask = {"operationId": "ask", "parameters": [limit], "responses": answers}
    tell = {"operationId": "tell", "requestBody": {"content": refers}, "responses": answers}
    contract = {"paths": {"/things": {"get": ask, "post": tell}}, "components": {"schemas": {}}}
    contract["components"]["schemas"]["Thing"] = thing
    return copy.deepcopy(contract)


def ask(contract: Any) -> Any:
    return contract["paths"]["/things"]["get"]


def tell(contract: Any) -> Any:
    return contract["paths"]["/things"]["post"]


def thing(contract: Any) -> Any:
    return contract["components"]["schemas"]["Thing"]


def fields(contract: Any) -> Any:
    return thing(contract)["properties"]


REQUIRED = {"in": "query", "name": "new", "required": True, "schema": {}}
NAME = {"in": "query", "name": "new", "schema": {}}

BREAKS: dict[str, Callable[[Any], Any]] = {
    "ask: operation is gone": lambda c: c["paths"]["/things"].pop("get"),
    "ask: operationId is other": lambda c: ask(c).update(operationId="other"),
    "ask: needs a key": lambda c: ask(c).update(security=[{"key": []}]),
    "ask limit: parameter is gone": lambda c: ask(c)["parameters"].clear(),
    "ask limit: is required": lambda c: ask(c)["parameters"][0].update(required=True),
    "ask limit: style is form": lambda c: ask(c)["parameters"][0].update(style="form"),
    "ask limit: default is no longer 20":
        lambda c: ask(c)["parameters"][0]["schema"].update(default=10),
    "ask limit: type was integer and is boolean":
        lambda c: ask(c)["parameters"][0]["schema"].update(type="boolean"),
    "ask new: new and required": lambda c: ask(c)["parameters"].append(REQUIRED),
    "tell body: is gone": lambda c: tell(c).pop("requestBody"),
    "tell body: is required": lambda c: tell(c)["requestBody"].update(required=True),
    "tell body: media type application/json is gone":
        lambda c: tell(c)["requestBody"]["content"].clear(),
    "ask 404: answer is gone": lambda c: ask(c)["responses"].pop("404"),
    "ask 200: header ETag is gone": lambda c: ask(c)["responses"]["200"].pop("headers"),
    "ask 200: media type application/json is gone":
        lambda c: ask(c)["responses"]["200"].pop("content"),
    "answer Thing.count: field is gone": lambda c: fields(c).pop("count"),
    "answer Thing.id: field may be missing": lambda c: thing(c).pop("required"),
    "answer Thing.count: type was integer and is integer or null":
        lambda c: fields(c)["count"].update(type=["integer", "null"]),
    "answer Thing.link: anyOf differs in boolean":
        lambda c: fields(c)["link"]["anyOf"].append({"type": "boolean"}),
    "request Thing.link: anyOf differs in null": lambda c: fields(c)["link"]["anyOf"].pop(),
    "request Thing.kind: field is required": lambda c: thing(c)["required"].append("kind"),
    "request Thing: unknown fields are refused":
        lambda c: thing(c).update(additionalProperties=False),
    "request Thing.kind: two is not accepted": lambda c: fields(c)["kind"]["enum"].remove("two"),
    "request Thing.id: pattern is ^b": lambda c: fields(c)["id"].update(pattern="^b"),
    "request Thing.count: maximum is 8": lambda c: fields(c)["count"].update(maximum=8),
    "request Thing.count: minimum is 1": lambda c: fields(c)["count"].update(minimum=1),
    "request Thing.parts.items: maxLength is 4":
        lambda c: fields(c)["parts"]["items"].update(maxLength=4),
}  # fmt: skip

ADDITIONS: dict[str, Callable[[Any], Any]] = {
    "an operation": lambda c: c["paths"].update({"/more": {"get": ask(c)}}),
    "a parameter": lambda c: ask(c)["parameters"].append(NAME),
    "a field": lambda c: fields(c).update(more={"type": "string"}),
    "a word": lambda c: fields(c)["kind"]["enum"].append("three"),
    "a wider bound": lambda c: fields(c)["count"].update(maximum=10),
    "an answer": lambda c: ask(c)["responses"].update({"503": {"description": "later"}}),
    "a text": lambda c: fields(c)["id"].update(description="the id"),
    "a key that is not needed": lambda c: ask(c).update(security=[{}, {"key": []}]),
}


@pytest.mark.parametrize("expected", BREAKS)
def test_a_break_is_found(expected: str):
    changed = make_contract()
    BREAKS[expected](changed)
    assert expected in find_breaks(make_contract(), changed)


@pytest.mark.parametrize("addition", ADDITIONS)
def test_an_addition_is_no_break(addition: str):
    changed = make_contract()
    ADDITIONS[addition](changed)
    assert find_breaks(make_contract(), changed) == []
