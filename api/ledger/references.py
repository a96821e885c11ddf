"""Fields that name other records, declared as data, and how their ids are read out of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

Record = Mapping[str, Any]
"""A record as plain data: authored fields, absent when empty."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A field that names other records.

    `path` is dotted, with `[]` for each level of list: `holder`, `evidence[]`,
    `components[].propositions[]`, `antecedents[][]`. With `literal` a value may have a leading `!`.
    `to` is the noun of the target. `reads` names the fields of the target on which this noun's
    functions depend. `within` names a derived list that contains the ids as well, so that they are
    not indexed twice.

    `facet` is the name under which list references are indexed, `field` the top-level field. `ids`
    returns the ids that a record with that field names, without their pointers.
    """

    path: str
    to: str
    reads: tuple[str, ...] = ()
    literal: bool = False
    within: str | None = None
    facet: str = field(init=False)
    _steps: tuple[tuple[str, int], ...] = field(init=False, repr=False)
    ids: Callable[[Record], Iterable[str]] = field(init=False, repr=False)
    field: str = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        plain = self.path.replace("[]", "")
        put(self, "facet", self.within or plain)
        put(self, "field", plain.partition(".")[0])
        steps = self.path.split(".")
        put(self, "_steps", tuple((each.replace("[]", ""), each.count("[]")) for each in steps))
        put(self, "ids", _id_reader(self))

    def walk_ids(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield (JSON pointer, id) of each reference in a record."""
        if self.field not in record:
            return
        for pointer, value in _walk_path(record, self._steps, ""):
            yield pointer, value.removeprefix("!") if self.literal else value


def _id_reader(ref: Reference) -> Callable[[Record], Iterable[str]]:
    """Return the fastest function that reads a reference's ids; literals lose their sign."""
    field = ref.field
    depths = [] if ref.literal else [each.count("[]") for each in ref.path.split(".")]
    if depths == [0]:
        return lambda record: (record[field],) if record[field] else ()
    if depths == [1]:
        return itemgetter(field)
    if depths == [0, 0]:
        part = ref.path.rpartition(".")[2]
        return lambda record: _read_part(record[field], part)
    return lambda record: [id for _, id in ref.walk_ids(record)]


def _read_part(value: Record | None, part: str) -> Iterable[str]:
    named = None if value is None else value.get(part)
    return () if named is None else (named,)


def _walk_path(
    value: Any, steps: tuple[tuple[str, int], ...], pointer: str
) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not steps:
        yield pointer, value
        return
    name, depth = steps[0]
    yield from _spread_list(value.get(name), depth, steps[1:], f"{pointer}/{name}")


def _spread_list(
    value: Any, depth: int, rest: tuple[tuple[str, int], ...], pointer: str
) -> Iterator[tuple[str, str]]:
    if depth == 0 or value is None:
        yield from _walk_path(value, rest, pointer)
        return
    for index, each in enumerate(value):
        yield from _spread_list(each, depth - 1, rest, f"{pointer}/{index}")
