"""The registry as it would be served after a pending changeset, which is stored nowhere.

Dry runs check records against an overlay (`versions.overlay`). Analysis reads served records, so
the changed ones, and those that derive facts from them, are rendered as a write would render them
and take the place of the stored ones in whatever a reader returns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api import clock
from api.errors import NotFound
from api.ledger.noun import Kind, Noun, Record
from api.ledger.reading.moment import Moment
from api.ledger.reading.reader import BodyEndings, Reader
from api.ledger.rules import bound_validity
from api.ledger.versions.lookup import AsOfLookup, Key
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.rendering import (
    ServedRecord,
    complete_body,
    parse_body,
    render_body,
    render_suffix,
)


@dataclass(slots=True, eq=False)
class OverlaidReader(Reader):
    """Reads what analysis asks for: single records, and lists with EQUAL filters on fields.

    `laid` are served records by noun and id; None stands for a retracted one.
    """

    laid: Mapping[Key, Record | None]

    def open_lookup(self, known_at: int | None = None) -> AsOfLookup:
        lookup = Reader.open_lookup(self, known_at)
        for key, record in self.laid.items():
            lookup.put_record(*key, record)
        return lookup

    def read_record(self, noun: Noun, id: str) -> ServedRecord:
        if (noun.name, id) not in self.laid:
            return Reader.read_record(self, noun, id)
        if (record := self.laid[noun.name, id]) is None:
            raise NotFound(f"no {noun.singular} would have the id {id}")
        return ServedRecord(orjson.dumps(record), "")

    def read_all(self, noun: Noun, given: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
        found = {each["id"]: each for each in Reader.read_all(self, noun, given, most=most)}
        for (name, id), record in self.laid.items():
            if name == noun.name:
                if record is not None and self._matches(noun, record, given):
                    found[id] = dict(record)  # in its place; what is new here comes last
                else:
                    found.pop(id, None)
        return list(found.values())

    def _matches(self, noun: Noun, record: Record, given: Mapping[str, Any]) -> bool:
        filters = {each.name: each for each in noun.filters}
        if any(filters[name].kind is not Kind.EQUAL for name in given):
            raise NotImplementedError(f"an overlay cannot filter {noun.name} by {[*given]}")
        day, bounds = self.moment.valid_at, bound_validity(record)
        in_force = day is None or bounds["valid_start"] <= day < bounds["valid_end"]
        fits = all(record.get(filters[name].on) in values for name, values in given.items())
        return fits and (in_force or not noun.has_validity)


def open_readers(overlay: Overlay, keys: Iterable[Key]) -> tuple[Reader, OverlaidReader]:
    """Open readers of the registry before and after a pending changeset, which affects `keys`."""
    moment = Moment(overlay.head.number, overlay.head.hash, clock.today())
    own = overlay.snapshot, overlay.nouns, moment, BodyEndings()
    laid = {key: _render_record(overlay, *key) for key in keys}
    return Reader(*own), OverlaidReader(*own, laid)


def _render_record(overlay: Overlay, name: str, id: str) -> Record | None:
    noun, record = overlay.nouns[name], overlay.get(name, id)
    if record is None:
        return None
    body = render_body(noun, record, 0, noun.derive(record, overlay))
    return parse_body(noun, complete_body(noun, body, render_suffix(0, 0, "")))
