"""A noun as a resource: a `Noun` with its schemas and the texts that document it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

import marshmallow as ma

from api.ledger.noun import Link, Noun, Record, Reference
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.words import make_slug
from api.web.contract.fields import ID_LENGTH, Listed, Next
from api.web.contract.schemas import (
    Links,
    StrictSchema,
    find_references,
    served_fields,
    served_parts,
)
from api.web.fast_loader import FastLoader, make_fast_loader
from api.web.requests import RequestRefused, load_body


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource(Noun):
    """A noun with its schemas and the texts that document it.

    Its fields, links and references are those that the schemas declare.

    - `within`: derived lists that contain the ids of references, too, by the paths of these
    - `made_from`: the fields from which an id is made when the author gives none
    - `example_id`: a record of the seed, with which the documentation is tried out
    - `example`: a new record of few fields that can be created beside the seed; it is shown where a
      body does not fit
    - `to_write`: what an author must know
    - `retractable_id`: a record of the seed to which nothing refers, where there is one
    - `tried`: the parameters with which the list is tried out
    - `counted`: the groupings by which records are counted to try that out
    - `fast_load`: loads what `draft_schema` loads, or returns None
    - `ignored`: fields of the server, which an author may send back
    """

    draft: type[ma.Schema]
    record: type[ma.Schema]
    about: str
    made_from: tuple[str, ...]
    example_id: str
    example: Record
    to_write: str = ""
    retractable_id: str | None = None
    tried: Mapping[str, Any] = field(default_factory=dict[str, Any])
    counted: tuple[str, ...] = ()
    within: Mapping[str, str] = field(default_factory=dict[str, str])
    fields: Mapping[str, Any] = field(init=False)
    parts: Mapping[str, tuple[str, ...]] = field(init=False)
    links: tuple[Link, ...] = field(init=False)
    references: tuple[Reference, ...] = field(init=False)
    draft_schema: ma.Schema = field(init=False)
    fast_load: FastLoader = field(init=False)
    ignored: frozenset[str] = field(init=False)
    record_schema: ma.Schema = field(init=False)
    page_schema: ma.Schema = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        put = object.__setattr__
        put(self, "draft_schema", self.draft())
        put(self, "record_schema", self.record())
        put(self, "fields", served_fields(self.record_schema))
        put(self, "parts", served_parts(self.record_schema))
        put(self, "links", cast("Links", self.record_schema.fields["links"]).links)
        put(self, "references", tuple(find_references(self.draft_schema, self.within)))
        put(self, "page_schema", _make_page_schema(self)())
        put(self, "ignored", frozenset(self.record_schema.fields) - set(self.draft_schema.fields))
        put(self, "fast_load", make_fast_loader(self.draft_schema))

    def load_draft(self, data: Any, *, id: str | None = None) -> Record:
        """Load a record that an author sent; raises RequestRefused with pointers.

        `id` is the one in the address of a PUT. Without any, one is made from the content.
        """
        record = self._load_authored(data)
        if "id" not in record:
            return {"id": id or self.make_id(record), **record}
        if id is not None and record["id"] != id:
            fault = {"pointer": "/id", "detail": f"must be {id}, as in the address"}
            raise RequestRefused(422, "The body does not fit; see errors.", [fault])
        return record

    def _load_authored(self, data: Any) -> dict[str, Any]:
        """Load what the author wrote, without the server's own fields."""
        if isinstance(data, dict) and not self.ignored.isdisjoint(cast("dict[str, Any]", data)):
            given = cast("dict[str, Any]", data)
            data = {name: each for name, each in given.items() if name not in self.ignored}
        record = self.fast_load(data)
        return record if record is not None else load_body(self.draft_schema, data, self.example)

    def make_id(self, record: Record) -> str:
        """Make an id from what an author wrote: the same for the same words.

        Words without Latin letters and digits have no slug to tell their ids apart, which get more
        digits of the hash instead.
        """
        words = " ".join(str(record.get(name, "")) for name in self.made_from)
        begun, digits = make_slug(words)[: ID_LENGTH - 9].strip("-"), 8
        if not begun:
            begun, digits = self.singular, 16
        return f"{begun}-{sha256(canonical_bytes(record)).hexdigest()[:digits]}"


def _make_page_schema(resource: Resource) -> type[ma.Schema]:
    fields = {"data": Listed(resource.record, "the records, in order"), "next": Next()}
    return type(f"{resource.singular.title()}PageSchema", (StrictSchema,), fields)
