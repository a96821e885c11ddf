"""What all nouns' schemas share: the author's fields and the server's fields.

A noun has two schemas in its `schemas.py`: `<Noun>DraftSchema`, what an author writes, and
`<Noun>RecordSchema`, which adds what the server answers. Records are stored sparse: a field that
is null or empty is left out, so that a later field changes no old bytes; they are served with
every field, null or `[]` where there is nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import marshmallow as ma

from api.ledger.noun import Link, Reference
from api.vocabulary import DOUBT_KIND
from api.web.contract.fields import Code, Count, Id, Literal, Many, Part, Ref, Text, Told


class StrictSchema(ma.Schema):
    """Refuses unknown fields; one plain instance a class, so that OpenAPI names it once."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"type": "must be an object", "unknown": "unknown field"}  # noqa: RUF012

    def list_hooks(self, tag: str) -> list[tuple[str, bool, dict[str, Any]]]:
        """List the hooks of a kind, in the order of their calls: name, of many, options."""
        return self._hooks[tag]


class DoubtSchema(StrictSchema):
    """A doubt about one field, kept beside it."""

    field = Text("the field in doubt", longest=64, required=True)
    kind = Code(DOUBT_KIND, required=True)
    text = Text("what is doubtful, in a sentence", kind="prose", required=True)


class DraftSchema(StrictSchema):
    """What an author writes of any record."""

    id = Id(
        "lower-case words joined by hyphens; unique within its noun, never reused; made from the "
        "content when it is left out of a POST"
    )
    note = Text("a remark for readers", longest=4_000, kind="prose")
    doubts = Many(Part(DoubtSchema, required=True), "what is uncertain, field by field")

    @staticmethod
    def are_absent(given: Any, *names: str) -> bool:
        """Whether a body that was sent is an object that has none of the named fields."""
        if not isinstance(given, dict):
            return False
        said = cast("dict[str, Any]", given)
        return all(said.get(name) in (None, [], {}) for name in names)

    @ma.validates_schema(skip_on_field_errors=True)
    def doubt_known_fields(self, data: dict[str, Any], **_: Any) -> None:
        for index, doubt in enumerate(data.get("doubts") or ()):
            if doubt["field"] not in self.fields:
                detail = f"must be a field of this record: {', '.join(self.fields)}"
                raise ma.ValidationError({"doubts": {index: {"field": [detail]}}})

    @ma.post_load
    def leave_out_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return cast("dict[str, Any]", drop_empty(data))


class LinkTo(Told):
    """An address to which a record leads: see `api.ledger.noun.Link`."""

    def __init__(self, template: str, about: str, *, when: str = "") -> None:
        super().__init__(about)
        self.template, self.when = template, when


class LinksSchema(StrictSchema):
    """Where to go from a record; empty links are left out."""

    self = Told("the record", required=True)
    history = Told("its revisions", required=True)


class Links(Part):
    """The links of a record, which `one` names with its article; the last leads to its page."""

    def __init__(self, one: str, **links: LinkTo) -> None:
        singular = one.rpartition(" ")[2]
        links["page"] = LinkTo(f"/{singular}s/{{id}}", "its page")
        told = {"__doc__": f"Where to go from {one}."}
        schema = type(f"{singular.title()}LinksSchema", (LinksSchema,), {**links, **told})
        super().__init__(schema, "where to go from here", dump_only=True)
        self.links = tuple(Link(name, each.template, each.when) for name, each in links.items())


class WarningSchema(StrictSchema):
    """Something that an author should look at, though it was accepted."""

    pointer = Told("where, as a JSON pointer", required=True)
    detail = Told("what", required=True)


class ServerFields(StrictSchema):
    """What the server adds to any record; in a PUT it is ignored."""

    revision = Count("number of this revision within the record, from 1", dump_only=True)
    links = Part(LinksSchema, "where to go from here", dump_only=True)
    changeset = Count("number of the changeset that wrote this revision", dump_only=True)
    recorded_at = Told("when it was recorded (RFC 3339)", dump_only=True)
    recorded_by = Told("whose key wrote it", dump_only=True)
    warnings = Many(Part(WarningSchema, required=True), "only in answers to writes", dump_only=True)


TRAILING_FIELDS = ("changeset", "recorded_at", "recorded_by", "warnings", "expanded")
"""Fields that are joined to the stored bytes on reading: they are not known before a commit."""


def served_fields(schema: ma.Schema) -> dict[str, Any]:
    """Map each served field of a record schema to its value when it is empty."""
    return {
        name: [] if isinstance(each, ma.fields.List) else None
        for name, each in schema.fields.items()
        if name not in (*TRAILING_FIELDS, "revision", "links")
    }


def served_parts(schema: ma.Schema) -> dict[str, tuple[str, ...]]:
    """Map each field that holds an object to the names within it."""
    return {
        name: tuple(each.schema.fields)
        for name, each in schema.fields.items()
        if isinstance(each, Part) and name != "links"
    }


def find_references(
    schema: ma.Schema, within: Mapping[str, str], before: str = ""
) -> Iterator[Reference]:
    """Yield the references that a draft schema declares, in the order of its fields.

    A write reports missing records in this order. `within` maps paths to derived lists.
    """
    for name, field in schema.fields.items():
        path, each = f"{before}{field.attribute or name}", field
        while isinstance(each, Many):
            path, each = f"{path}[]", each.inner
        if isinstance(each, Part):
            yield from find_references(each.schema, within, f"{path}.")
        elif isinstance(each, Literal):
            yield Reference(path, "propositions", each.reads, literal=True)
        elif isinstance(each, Ref):
            yield Reference(path, each.noun, each.reads, within=within.get(path))


def drop_empty(value: Any) -> Any:
    """Leave nulls, empty lists and empty objects out of objects, at every depth."""
    if isinstance(value, dict):
        kept: dict[str, Any] = {}
        for name, each in cast("dict[str, Any]", value).items():
            within = each if isinstance(each, str) else drop_empty(each)
            if within or within not in (None, [], {}):
                kept[name] = within
        return kept
    if isinstance(value, list):
        listed = cast("list[Any]", value)
        return [each if isinstance(each, str) else drop_empty(each) for each in listed]
    return value
