"""Write docs/fields.md from the contract: every field that each noun takes, on one page.

`python -m tests.contract.fields_page` writes it; a test compares it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api.nouns import NOUNS
from api.package_data import CONTRACT
from tests.worlds import PROJECT

PAGE = PROJECT / "docs" / "fields.md"

_INTRODUCTION = """\
# The fields of each noun

What a `POST`, a coded source and a line of an import take. **Bold** is required; "ids" are of the
noun named, and a coded source takes names in their place. Made from the contract by
`python -m tests.contract.fields_page`; [coding.md](coding.md) says when to use what.
"""

Schema = dict[str, Any]


def write_page(contract: dict[str, Any]) -> str:
    """Return the page."""
    schemas: dict[str, Schema] = contract["components"]["schemas"]
    nested: dict[str, str] = {}
    parts = [_INTRODUCTION]
    for noun in NOUNS:
        body = contract["paths"][f"/v1/{noun.name}"]["post"]["requestBody"]["content"]
        parts.append(_write_table(noun.name, _name_schema(body["application/json"]["schema"]),
                                  schemas, nested))  # fmt: skip
    told = set[str]()
    while new := sorted(nested.keys() - told):
        for name in new:
            told.add(name)
            parts.append(_write_table(nested[name], name, schemas, nested))
    return "\n".join(parts)


def _write_table(
    title: str, name: str, schemas: dict[str, Schema], nested: dict[str, str]
) -> str:  # fmt: skip
    schema = schemas[name]
    rows = [f"## {title}\n", "| field | takes |", "| --- | --- |"]
    for field, told in schema["properties"].items():
        shown = f"**`{field}`**" if field in schema.get("required", ()) else f"`{field}`"
        rows.append(f"| {shown} | {'; '.join(_describe(told, nested))} |")
    return "\n".join([*rows, ""])


def _describe(told: Schema, nested: dict[str, str]) -> Iterator[str]:
    """Yield what a field is, its form, and the values that it takes."""
    about, _, listed = told.get("description", "").partition("\n\n")
    if about:
        yield " ".join(about.split()).replace("|", "\\|").rstrip(".")
    if listed:
        codes = [line.split("`")[1] for line in listed.splitlines() if line.startswith("- `")]
        yield "one of " + ", ".join(f"`{each}`" for each in codes)
    if name := next(_name_parts(told), ""):
        nested[name] = f"A part: {name}"
        many = "a list of objects" if "array" in told.get("type", ()) else "an object"
        yield f"{many}: [{name}](#a-part-{name.lower()})"
    elif "array" in told.get("type", ()):
        yield from (f"a list: {each}" for each in _describe(told["items"], nested))
    elif "boolean" in told.get("type", ()):
        yield "`true` or `false`"


def _name_schema(schema: Schema) -> str:
    return schema["$ref"].rpartition("/")[2]


def _name_parts(told: Schema) -> Iterator[str]:
    """Yield the names of the schemas of parts that a field holds."""
    for each in (told, told.get("items", {}), *told.get("anyOf", ())):
        if "$ref" in each:
            yield _name_schema(each)


def main() -> None:
    """Write the page."""
    PAGE.write_text(write_page(json.loads(CONTRACT.read_bytes())), encoding="utf-8")


if __name__ == "__main__":
    main()
