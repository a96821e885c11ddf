"""The record of a coded source, which knows where in the document its fields are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.ledger.versions.lookup import Key

Placed = tuple[str, Mapping[str, Any]]
"""An object of a document, behind its pointer."""


class Shorthand(dict[str, Any]):
    """The fields for which a text stands; they have no places of their own."""


@dataclass(slots=True, eq=False)
class CodedRecord:
    """A record of a coded source: `written` has its fields, `statements` are those above it.

    In `written` the record's own object comes first, those around it follow. Of its evidence,
    `leading` statements come before those that are written there.
    """

    noun: str
    written: tuple[Placed, ...]
    data: dict[str, Any]
    statements: list[str] = field(default_factory=list[str])
    leading: int = 0

    @property
    def key(self) -> Key:
        return self.noun, str(self.data["id"])

    @property
    def pointer(self) -> str:
        """Its place in the document."""
        return self.written[0][0]

    @property
    def is_only_named(self) -> bool:
        """Whether nothing is written of it but its id."""
        return self.data.keys() <= {"id"}

    def locate(self, pointer: str) -> str:
        """Return the place in the document of a place in the record."""
        name, *within = pointer[1:].split("/")
        if name == "evidence" and within:
            within = [str(int(within[0]) - self.leading)] if int(within[0]) >= self.leading else []
        for place, fields in self.written:
            if name in fields:
                is_short = isinstance(fields, Shorthand)
                return place if is_short else place + _locate_written(fields, [name, *within])
        # What is missing belongs to the record; what the document implies stands nowhere.
        return self.pointer + (pointer if pointer.count("/") == 1 else "")


def _locate_written(written: Any, names: list[str]) -> str:
    """Return the pointer by names of a record in what is written, where a value may be a list."""
    pointer = ""
    for name in names:
        if name.isdecimal() and not isinstance(written, list):
            continue
        pointer += f"/{name}"
        try:
            written = written[int(name)] if isinstance(written, list) else written.get(name)
        except (AttributeError, IndexError, ValueError):
            written = None
    return pointer
