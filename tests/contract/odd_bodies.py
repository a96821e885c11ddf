"""Schemathesis hooks: what it can't make by itself, because no schema words it.

Lines of JSON, and the texts of sources that there are; each now and then in the place of what it
made up. What is negated is left as it is, but for queries whose fault is lost on the way.
"""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import strategies as st

from tests.worlds import ARTICLE, FIXTURES, RESOURCE, TEXTS, read_records

_RECORDS = [
    (noun, record) for noun in RESOURCE for folder in (FIXTURES, ARTICLE)
    for record in read_records(noun, folder)
]  # fmt: skip


@schemathesis.serializer("application/x-ndjson")
def send_as_lines(_context: Any, value: Any) -> bytes:
    """Send text as it is, anything else as a line of JSON."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """Leave out a flag where words belong: in an address, `false` is the id of that name."""
    sound = {each.name for each in context.operation.query if _media_type(each) == "boolean"}
    given = {name for name, value in (query or {}).items() if isinstance(value, bool)}
    return given <= sound


def _media_type(parameter: Any) -> str | None:
    return parameter.definition["schema"].get("type")


@schemathesis.hook("flatmap_body").apply_to(method="POST", path="/v1/changesets")
def write_what_there_is(_context: Any, body: Any) -> st.SearchStrategy[Any]:
    """Write records again, amend them, copy them, retract them."""
    if not isinstance(body, str):
        return st.just(body)
    line = st.builds(_json_line, st.sampled_from(_RECORDS), st.sampled_from(_CHANGES))
    return st.just(body) | st.lists(line, max_size=3).map("\n".join)


@schemathesis.hook("map_case").apply_to(method="PUT", path="/v1/sources/{id}/text")
def send_the_text(_context: Any, case: Any) -> Any:
    """Send a source its own text instead of one in two, for its quotes refuse any other."""
    if isinstance(case.body, str) and len(case.body) % 2:
        source, path = next(iter(TEXTS.items()))
        case.path_parameters = {"id": source}
        case.body = path.read_text(encoding="utf-8")
    return case


_CHANGES: list[dict[str, Any]] = [
    {}, {"note": "Looked at again."}, {"id": "a-copy"}, {"nonsense": 1}, {"retract": True},
]  # fmt: skip


def _json_line(written: tuple[str, dict[str, Any]], change: dict[str, Any]) -> str:
    noun, record = written
    if "retract" in change:
        return json.dumps({"noun": noun, "retract": record["id"]})
    return json.dumps({"noun": noun, "record": {**record, **change}})
