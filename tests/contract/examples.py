"""Record the answers that the contract shows as examples: those of the seed's registry.

`python -m tests.contract.examples` tries out each operation as Swagger UI would, at one instant,
and writes what it answers to openapi/examples.json; a test compares it. Each write has a registry
of its own. Of a long answer each list shows its first entries alone.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from werkzeug.test import TestResponse

from api import clock
from api.cli.seeding import load_seed
from api.ledger import Ledger
from api.ledger.store.database import Database
from api.migrations import upgrade_database
from api.nouns import NOUNS
from api.package_data import EXAMPLES
from tests.worlds import Registry, parse_answer

_INSTANT = clock.parse_instant("2026-01-01T12:00:00Z")

_WORKED = {"getConflictDeadlock": {"known_at": "1"}}
"""Operations with a worked example, which is shown whole, and what it gives beside the usual."""

_LONG, _ENTRIES = 6_000, (2, 1)
"""Beyond how many characters an answer is long, and how many entries its lists then show."""

Operation = dict[str, Any]


def record_answers() -> bytes:
    """Return the answers by operation and status, of all that succeed with JSON."""
    recorded: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name, patch.object(clock, "now", lambda: _INSTANT):
        seed = Path(name) / "seed.db"
        _make_seed(seed)
        with _open_copy(seed) as reading:
            for path, method, operation in _list_operations(reading):
                own = nullcontext(reading) if method == "get" else _open_copy(seed)
                with own as registry:
                    answer = _try_out(registry, path, method, operation)
                if answer.status_code < 300 and answer.mimetype == "application/json":
                    named = operation["operationId"]
                    shown = parse_answer(answer, answer.status_code)
                    shown = shown if named in _WORKED else _shorten(shown)
                    recorded[named] = {str(answer.status_code): shown}
    return orjson.dumps(recorded, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _make_seed(file: Path) -> None:
    file.touch()
    ledger = Ledger(Database(f"sqlite:///{file}"), NOUNS)
    upgrade_database(ledger.database)
    load_seed(ledger)
    ledger.database.close_connections()


@contextmanager
def _open_copy(seed: Path) -> Iterator[Registry]:
    with tempfile.TemporaryDirectory(dir=seed.parent) as folder:
        copy = shutil.copy(seed, folder)
        with closing(Registry(f"sqlite:///{copy}")) as registry:
            registry.make_key()
            yield registry


def _list_operations(registry: Registry) -> Iterator[tuple[str, str, Operation]]:
    """Yield path, method and operation of the contract, without references to parameters."""
    contract = parse_answer(registry.get("/openapi.json"))
    shared = contract["components"]["parameters"]
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            given = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
                     for each in operation["parameters"]]  # fmt: skip
            yield path, method, {**operation, "parameters": given}


def _try_out(registry: Registry, path: str, method: str, operation: Operation) -> TestResponse:
    """Send the request that the contract's examples make."""
    given: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for each in operation["parameters"]:
        if "example" in each:
            given[each["in"]][each["name"]] = _write_value(each["example"])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return registry.client.open(
        path.format_map({"id": "none", **given["path"]}),
        method=method.upper(),
        query_string=given["query"] | _WORKED.get(operation["operationId"], {}),
        json=body.get("example"),
        headers=given["header"] | {"Authorization": f"Bearer {registry.key}"},
    )


def _write_value(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _shorten(answer: Any) -> Any:
    """Return a long answer with fewer entries in its lists, but with one at least."""
    for most in _ENTRIES:
        if len(json.dumps(answer)) > _LONG:
            answer = _cut_lists(answer, most)
    return answer


def _cut_lists(value: Any, most: int) -> Any:
    if isinstance(value, list):
        return [_cut_lists(each, most) for each in value[:most]]
    if isinstance(value, dict):
        return {name: _cut_lists(each, most) for name, each in value.items()}
    return value


if __name__ == "__main__":
    EXAMPLES.write_bytes(record_answers())
