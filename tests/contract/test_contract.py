"""The contract: complete, valid, committed, and true."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry as Schemas
from referencing.jsonschema import DRAFT202012
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from api.vocabulary import CODE_LISTS
from api.web.contract.docs import contract_bytes
from tests.contract import odd_bodies  # noqa: F401 - teaches schemathesis our media types
from tests.worlds import PROJECT, RESOURCE, Registry, make_draft, read_records

COMMITTED = PROJECT / "openapi" / "openapi.json"
CONTRACT: dict[str, Any] = json.loads(COMMITTED.read_bytes())
METHODS = ("get", "put", "post", "delete")
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
PAGES = {
    "/docs",
    "/desk",
    "/desk/assets/<name>",
    "/embed/agreement",
    "/embed/agreement/table",
    "/embed/conflicts/<slug:id>/<name>",
    "/embed/conflicts/<slug:id>/<name>/table",
    "/docs/start.js",
    "/docs/style.css",
    "/docs/assets/<path:name>",
    "/openapi.json",
    "/livez",
    "/readyz",
    "/metrics",
    "/",
    "/.well-known/security.txt",
    "/<noun>",
    "/<noun>/<slug:id>",
    "/about",
    "/glossary",
    "/robots.txt",
    "/sitemap.xml",
    "/actors/<slug:id>",
    "/agreement",
    "/conflicts/<slug:id>/votes",
    "/assets/<version>/<path:name>",
    "/changes",
    "/changes/<int(max=9007199254740991):number>",
    "/conflicts/<slug:id>",
    "/conflicts/<slug:id>/<any(matrix, conditions, timeline, changes, sources):section>",
    "/proposals/<slug:id>",
    "/search",
}
"""Addresses for people and machines around the API, outside the contract."""


def resolve_reference(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the contract."""
    found: Any = CONTRACT
    if "$ref" not in node:
        return node
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_contract_is_valid():
    validate(CONTRACT)


def test_what_is_committed_is_what_is_served(registry: Registry):
    assert registry.get("/openapi.json").get_json() == CONTRACT
    assert contract_bytes(registry.app.extensions["contract"]) == COMMITTED.read_bytes()


def plain_address(rule: str) -> str:
    """Write the address of a route without its converters."""
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"<\1>", rule)


def test_every_route_is_in_the_contract_or_an_alias_or_a_page(registry: Registry):
    documented = {re.sub(r"\{(\w+)\}", r"<\1>", path) for path in CONTRACT["paths"]}
    routes = {plain_address(each.rule) for each in registry.app.url_map.iter_rules()}
    aliases = {each for each in routes if each.endswith(".<extension>")}
    assert routes - aliases - {plain_address(page) for page in PAGES} == documented
    assert {each.removesuffix(".<extension>") for each in aliases} == {
        re.sub(r"\{(\w+)\}", r"<\1>", path) for _, path, operation in OPERATIONS.values()
        if "format" in parameters_by_name(operation)
    }  # fmt: skip


def parameters_by_name(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Map the names of an operation's parameters to them."""
    told = map(resolve_reference, operation.get("parameters", ()))
    return {each["name"]: each for each in told}


@pytest.mark.parametrize(
    "name", [n for n, (*_, each) in OPERATIONS.items() if "format" in parameters_by_name(each)]
)
def test_each_format_may_stand_behind_the_path(registry: Registry, name: str):
    _, path, operation = OPERATIONS[name]
    url = re.sub(r"\{id\}", "x", path)
    adapter = registry.app.url_map.bind("localhost")
    endpoint, _ = adapter.match(url)
    for extension in parameters_by_name(operation)["format"]["schema"]["enum"]:
        assert adapter.match(f"{url}.{extension}")[0] == f"{endpoint}_with_extension"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_what_it_is_and_who_may_call_it(name: str):
    method, _, operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    public = ("supposeConflictDeadlock", "readCandidates", "createNote")
    is_public = method == "get" or name in public
    is_public = is_public and name not in ("listSubmissions", "getSubmission")
    security = operation["security"]
    assert bool(security and {} not in security) != is_public
    assert any(status.startswith("2") for status in operation["responses"])


def test_groups_are_in_the_order_of_the_mission():
    names = [each["name"] for each in CONTRACT["tags"]]
    assert names[:4] == ["actors", "positions", "preconditions", "deadlock"]
    assert set(names) == {each["tags"][0] for *_, each in OPERATIONS.values()}
    assert all(len(each["description"].splitlines()) == 1 for each in CONTRACT["tags"])


def test_a_question_is_one_operation_whatever_its_formats():
    assert len(OPERATIONS) <= 105


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_summary_is_short(name: str):
    assert len(OPERATIONS[name][2]["summary"].split()) <= 8


@pytest.mark.parametrize("noun", RESOURCE)
def test_rare_filters_are_documented_last(noun: str):
    rare = [each.name for each in RESOURCE[noun].filters if each.rare]
    names = [*parameters_by_name(OPERATIONS[f"list{noun.title()}"][2])]
    assert names[0] == "id"
    first = min((names.index(each) for each in rare), default=len(names))
    assert {"known_at", "sort", "limit", "cursor", "format"} < set(names[:first])
    assert [each for each in names[first:] if each in rare] == rare


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_says_what_it_means(name: str):
    for parameter in OPERATIONS[name][2].get("parameters", ()):
        assert resolve_reference(parameter)["description"].strip()


def test_no_list_has_a_default_of_which_generators_make_broken_code():
    told = [
        resolve_reference(each)
        for _, _, o in OPERATIONS.values()
        for each in o.get("parameters", ())
    ]
    lists = [each for each in told if each["schema"].get("type") == "array"]
    assert {"voices", "axioms", "columns"} <= {each["name"] for each in lists}
    assert [each["name"] for each in lists if "default" in each["schema"]] == []


def test_an_example_that_generators_copy_into_a_comment_is_one_line():
    bodies = {
        (name, media_type): content.get("example")
        for name, (_, _, operation) in OPERATIONS.items()
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    }
    assert isinstance(bodies["writeChangeset", "application/x-ndjson"], str)
    assert [name for name, each in bodies.items() if "\n" in str(each)] == []


def list_bodies() -> list[tuple[str, dict[str, Any]]]:
    """Return each JSON body that the contract shows, with its operation."""
    shown = []
    for name, (_, _, operation) in OPERATIONS.items():
        places = [
            operation.get("requestBody", {}),
            *map(resolve_reference, operation["responses"].values()),
        ]
        shown += [
            (name, content["application/json"])
            for place in places
            if "application/json" in (content := place.get("content", {}))
        ]
    return shown


def list_faults(schema: dict[str, Any], value: Any) -> list[str]:
    """List where a value does not fit a schema of the contract."""
    schemas = Schemas().with_resource("urn:contract", DRAFT202012.create_resource(CONTRACT))
    if "$ref" in schema:
        schema = {"$ref": f"urn:contract{schema['$ref']}"}
    validator = Draft202012Validator(schema, registry=schemas)
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize(
    ("name", "body"),
    [(n, b) for n, b in list_bodies() if "$ref" in b.get("schema", {}) and "example" in b],
)
def test_an_example_fits_its_schema(name: str, body: dict[str, Any]):
    assert list_faults(body["schema"], body["example"]) == []


@pytest.mark.parametrize("media_type", sorted({
    media_type
    for _, _, operation in OPERATIONS.values()
    for media_type in operation.get("requestBody", {}).get("content", {})
}))  # fmt: skip
def test_the_fuzz_run_can_send_every_kind_of_body(media_type: str):
    assert REQUESTS_TRANSPORT.get_first_matching_media_type(media_type) is not None


def test_the_example_of_many_records_is_accepted_as_it_stands(registry: Registry):
    body = OPERATIONS["writeChangeset"][2]["requestBody"]["content"]["application/x-ndjson"]
    answer = registry.client.post(
        "/v1/changesets", data=body["example"],
        headers={"Authorization": f"Bearer {registry.key}",
                 "Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.get_data()


def test_what_a_difference_cannot_do_without_is_documented_as_required():
    told = parameters_by_name(OPERATIONS["getConflictDiff"][2]).values()
    assert {each["name"] for each in told if each["required"]} == {"id", "from", "to"}


def documented_answer(name: str, status: int) -> dict[str, Any]:
    """Return the documentation of an answer, which must be there."""
    return resolve_reference(OPERATIONS[name][2]["responses"][str(status)])


@pytest.mark.parametrize("noun", RESOURCE)
def test_answers_are_as_documented(registry: Registry, noun: str):
    title, many = RESOURCE[noun].singular.title(), noun.title()
    path, id = f"/v1/{noun}", read_records(noun)[0]["id"]
    new = make_draft(noun)
    tag = registry.get(f"{path}/{id}").headers["ETag"]
    asked = [
        (f"list{many}", registry.get(path)),
        (f"list{many}", registry.get(path, nonsense="1")),
        (f"list{many}", registry.get(f"{path}.json")),
        (f"get{title}", registry.get(f"{path}/{id}")),
        (f"get{title}", registry.get(f"{path}/{id}", headers={"If-None-Match": tag})),
        (f"get{title}", registry.get(f"{path}/never-there")),
        (f"list{title}Revisions", registry.get(f"{path}/{id}/history")),
        (f"create{title}", registry.post(path, new)),
        (f"create{title}", registry.post(path, new)),
        (f"create{title}", registry.post(path, {**new, "id": "A B"})),
        (f"amend{title}", registry.put(f"{path}/{new['id']}", {**new, "note": "x"}, "*")),
        (f"amend{title}", registry.put(f"{path}/{new['id']}", new, None)),
        (f"amend{title}", registry.put(f"{path}/{new['id']}", new, f'"{"0" * 32}"')),
        (f"retract{title}", registry.delete(f"{path}/{new['id']}", "*")),
        (f"get{title}", registry.get(f"{path}/{new['id']}")),
    ]
    for name, answer in asked:
        told = documented_answer(name, answer.status_code)
        if not told.get("content"):
            assert answer.get_data() == b""
            continue
        assert answer.mimetype in told["content"]
        assert list_faults(told["content"][answer.mimetype]["schema"], answer.get_json()) == []


@pytest.mark.parametrize("noun", RESOURCE)
def test_what_is_served_is_what_the_record_schema_declares(registry: Registry, noun: str):
    record = registry.get(f"/v1/{noun}/{read_records(noun)[0]['id']}").get_json()
    declared = CONTRACT["components"]["schemas"][f"{RESOURCE[noun].singular.title()}Record"]
    assert set(declared["properties"]) - set(record) <= {"warnings", "expanded"}
    assert set(record) <= set(declared["properties"])


@pytest.mark.parametrize("noun", RESOURCE)
def test_every_index_column_comes_from_a_field_or_a_derived_fact(registry: Registry, noun: str):
    declared = RESOURCE[noun]
    given = read_records(noun)[0]
    world = {(n, r["id"]): r for n in RESOURCE for r in read_records(n)}

    class World:
        def get(self, other: str, id: str) -> dict[str, Any] | None:
            return world.get((other, id))

        def text(self, _sha256: str) -> None:
            return None

    loaded = RESOURCE[noun].load_draft(given)
    facts = {*declared.derive(loaded, World()), *declared.fields}
    common = {"place", "ordinal", "recorded", "superseded", "seq", "changeset", "body"}
    assert {column.name for column in declared.table.c} - common <= facts
    assert set(declared.facets) <= facts


@pytest.mark.parametrize("codes", CODE_LISTS, ids=lambda codes: codes.name)
def test_every_code_is_explained(codes):
    assert codes.about
    assert all(meaning.strip() for meaning in codes.values.values())
