"""The contract as a document, which is served at `/openapi.json` and committed, and its examples.

apispec describes each operation by itself. This module completes them: it adds the examples, sets
the values with which an operation is tried out, moves parameters of paths to their operations,
orders parameters, and writes those that several operations share once.

Answers show what the seed's registry answers to the request that is shown: they are recorded in
openapi/examples.json. Bodies to send are a record of the article of 2023, or the noun's own example
(`Resource.example`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import orjson

from api.ledger.truth.canonical import parse_bytes
from api.package_data import EXAMPLES, SEEDS
from api.web.resource import Resource
from api.web.responses import JSON

if TYPE_CHECKING:
    from api.web.contract.openapi import Contract

_AFTER_FILTERS = ("valid_at", "known_at", "sort", "limit", "cursor", "format")
"""Parameters that many operations have; they are documented after those of their own."""


def make_document(contract: Contract) -> dict[str, Any]:
    """Make the OpenAPI document of a complete contract."""
    made: dict[str, Any] = deepcopy(cast("Any", contract.spec).to_dict())
    recorded = orjson.loads(EXAMPLES.read_bytes())
    operations: list[dict[str, Any]] = []
    for item in made["paths"].values():
        of_path = item.pop("parameters", [])
        for operation in item.values():
            operation["parameters"] = [*map(dict, of_path), *operation.get("parameters", ())]
            _complete_operation(operation, recorded, made["components"]["schemas"])
            operations.append(operation)
    used = {operation["tags"][0] for operation in operations}
    made["tags"] = [each for each in made["tags"] if each["name"] in used]
    _share_parameters(operations, made["components"]["parameters"])
    made["components"]["schemas"].pop("PaginationMetadata", None)  # flask-smorest's, not ours
    return made


def _complete_operation(
    operation: dict[str, Any], recorded: dict[str, dict[str, Any]], schemas: dict[str, Any]
) -> None:
    """Add the recorded answers, and what else the contract says of an operation."""
    for status, answer in recorded.get(operation["operationId"], {}).items():
        operation["responses"][status]["content"][JSON]["example"] = answer
    _set_tried(operation)
    operation["parameters"].sort(key=_sort_key)
    _let_json_be_rows(operation, schemas)


def _share_parameters(operations: Sequence[dict[str, Any]], shared: dict[str, Any]) -> None:
    """Write each parameter that several operations share once, as a component.

    Its component has its name, with the noun in front where nouns differ.
    """
    every = [each for operation in operations for each in operation["parameters"]]
    uses = Counter(map(json.dumps, every))
    meanings = Counter(json.loads(text).get("name") for text in uses)
    for operation in operations:
        for index, each in enumerate(operation["parameters"]):
            if "$ref" in each or uses[json.dumps(each)] == 1:
                continue
            alone = meanings[each["name"]] == 1
            name = each["name"] if alone else f"{operation['tags'][0]}.{each['name']}"
            if shared.setdefault(name, each) == each:
                operation["parameters"][index] = {"$ref": f"#/components/parameters/{name}"}


def _set_tried(operation: dict[str, Any]) -> None:
    """Set the values with which an operation is tried out."""
    tried = operation.pop("x-tried")
    for each in operation["parameters"]:
        name = each.get("name")
        if name in tried:
            each.pop("example", None)
            each.update({} if tried[name] is None else {"example": tried[name]})


def _sort_key(parameter: dict[str, Any]) -> tuple[bool, int]:
    """Return the sort key of a parameter: filters first, then clocks and page, rare ones last."""
    name = parameter.get("name", "")
    place = _AFTER_FILTERS.index(name) + 1 if name in _AFTER_FILTERS else 0
    return parameter.pop("x-rare", False), place


def _let_json_be_rows(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Let the envelope's schema accept the array of `format=json`, which has the same media type.

    It loses its `type`, and `if` describes the array. An `anyOf` would say the same, but generated
    clients would make a union of it, whose fields need a cast. A media type of its own is no way
    out: clients and validators ignore its parameters (`application/json; form=rows`).
    """
    asked = {each["name"]: each["schema"] for each in operation.get("parameters", ())
             if "name" in each}  # fmt: skip
    if "format" not in asked:
        return
    shown = operation["responses"]["200"]["content"][JSON]["schema"]
    envelope = schemas[shown["$ref"].rpartition("/")[2]]
    columns = dict[str, Any].fromkeys(asked["columns"]["items"]["enum"], {})
    del envelope["type"]
    envelope["if"] = {"type": "array"}
    envelope["then"] = {"items": {"type": "object", "properties": columns}}


_ARTICLE = SEEDS / "2023-03-31-kremlin-rules-out-truce"


def authored_example(resource: Resource) -> dict[str, Any]:
    """Return a record of the seed as its author wrote it."""
    lines = (_ARTICLE / f"{resource.name}.ndjson").read_bytes().splitlines()
    return next(r for r in map(parse_bytes, lines) if r["id"] == resource.example_id)
