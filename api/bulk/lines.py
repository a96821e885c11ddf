"""Lines: how many records travel, one a line, in files and in request bodies.

A line of a file that is named after its noun is a record as POST takes it. Where nouns are mixed,
a line names its own: `{"noun": "actors", "record": {…}}`, or `{"noun": "actors", "retract": ID}`.
Every record is read by the noun's own schema, so that bulk and single writes accept the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from api.ledger import Change
from api.ledger.noun import Record
from api.nouns import RESOURCES
from api.web.problems import Fault, RequestRefused
from api.web.requests import strictly_parsed
from api.web.resource import Resource

BY_NAME = {resource.noun.name: resource for resource in RESOURCES}

_SHAPES = ({"noun", "record"}, {"noun", "retract"})


@dataclass(frozen=True, slots=True)
class Line:
    """A record with its number in what was read; a record of None retracts it."""

    number: int
    noun: str
    id: str
    record: Record | None

    @property
    def change(self) -> Change:
        """What it does to the registry, whatever is there."""
        return Change(self.noun, self.id, self.record)


def read_lines(raw: bytes, resource: Resource | None) -> tuple[list[Line], list[Fault]]:
    """Read lines of one noun, or of mixed ones; give the records and every fault by its line."""
    lines: list[Line] = []
    faults: list[Fault] = []
    for number, each in enumerate(raw.splitlines(), 1):
        if each.strip():
            try:
                lines.append(_read(number, each, resource))
            except RequestRefused as error:
                faults += _placed(error, number)
    faults += _repeats(lines)
    return lines, faults


def _read(number: int, raw: bytes, resource: Resource | None) -> Line:
    data = strictly_parsed(raw)
    if resource is not None:
        record = resource.load(data)
        return Line(number, resource.noun.name, record["id"], record)
    return _mixed(number, data)


def _mixed(number: int, data: Any) -> Line:
    given = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    resource = BY_NAME.get(given["noun"]) if isinstance(given.get("noun"), str) else None
    if set(given) not in _SHAPES:
        detail = "must be an object with noun and record, or noun and retract"
        raise RequestRefused(422, detail, [{"pointer": "", "detail": detail}])
    if resource is None:
        detail = f"must be one of {', '.join(BY_NAME)}"
        raise RequestRefused(422, detail, [{"pointer": "/noun", "detail": detail}])
    noun = resource.noun.name
    if "retract" in given:
        if not isinstance(given["retract"], str):
            detail = "must be the id of a record"
            raise RequestRefused(422, detail, [{"pointer": "/retract", "detail": detail}])
        return Line(number, noun, given["retract"], None)
    try:
        record = resource.load(given["record"])
    except RequestRefused as error:
        within = [{**each, "pointer": f"/record{each.get('pointer', '')}"} for each in error.faults]
        raise RequestRefused(error.status, error.detail, within) from error
    return Line(number, noun, record["id"], record)


def _placed(error: RequestRefused, number: int) -> Iterator[Fault]:
    for each in error.faults or [{"pointer": "", "detail": error.detail}]:
        yield {"line": str(number), **each}


def _repeats(lines: Iterable[Line]) -> Iterator[Fault]:
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.noun, line.id)
        if key in seen:
            detail = f"{line.noun}/{line.id} stands in line {seen[key]} already"
            yield {"line": str(line.number), "pointer": "/id", "detail": detail}
        seen.setdefault(key, line.number)


def numbers(lines: Iterable[Line]) -> Mapping[tuple[str, str], int]:
    """Map each record to its line."""
    return {(line.noun, line.id): line.number for line in lines}
