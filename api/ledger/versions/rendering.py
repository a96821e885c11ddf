"""The served form of a record and the templates of its versions: made once, when it is written.

The stored body is a JSON object without its end, which a read appends (`complete_body`): the links
that follow from the record's id, which end its last member, and the suffix with the changeset's
number, time and author, which are known only when it ends. A body whose links are all rendered, as
they once were, and still are where no others are, lacks only its last brace: it ends with that of
its links, and the others with a quote.

A version template makes versions (index row, facets, search document) from revisions. It holds all
parts that do not depend on the record's id, so that the records of an identical batch share one.

Identical batches: thousands of votes on one motion differ only in who casts them. They have the
same faults (`Noun.batch_key`), and their served form is the same except for the id and the fields
of `Noun.varying_fields`. The first record of a batch is checked, its facts are derived, and it is
rendered with placeholders for these ids. For each other record the placeholders are filled in: the
bytes are exactly those that it would get by itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from api import clock
from api.errors import Problem
from api.ledger.names import KEYS, list_record_keys
from api.ledger.noun import Link, Lookup, Noun, Record, Reference
from api.ledger.store.tables import LIVE, facet_kind
from api.ledger.truth.canonical import parse_bytes
from api.ledger.truth.revisions import Revision
from api.ledger.words import DocumentWords, document_place, document_words

_COMMON = ("place", "ordinal", "recorded", "superseded", "id", "seq", "changeset")
"""The first columns of an index table; the noun's own columns follow, `body` is the last."""

ID_START = len('{"id":"')
"""Where the id begins in each body."""

_SELF = b'"self":"/v1/'
"""Stands in each body whose links are all rendered, and in no text, where quotes are escaped."""

QUOTE = ord('"')
"""The last byte of a body that lacks the links by its id."""

FacetValue = tuple[int, str]
"""A facet's kind and value."""


class ServedRecord(NamedTuple):
    """A record's bytes and the tag of its version; a tombstone has no bytes."""

    body: bytes
    tag: str

    @property
    def record(self) -> dict[str, Any]:
        """The record, parsed from its bytes."""
        return parse_bytes(self.body)


def render_body(noun: Noun, record: Record, number: int, derived: Mapping[str, Any]) -> bytes:
    """Render a revision with every field of its noun, without its end."""
    served: dict[str, Any] = dict(noun.fields)
    for facts in (derived, record):
        for name, value in facts.items():
            if name in served:
                served[name] = value
    served["revision"] = number
    by_id, others = _split_links(noun)
    if links := _render_links(others, served):
        return orjson.dumps({**served, "links": links})[:-2]
    return orjson.dumps({**served, "links": _render_links(by_id, served)})[:-1]


def _render_links(links: Iterable[Link], served: Record) -> dict[str, str]:
    found = ((link.name, link.build_address(served)) for link in links)
    return {name: address for name, address in found if address is not None}


@lru_cache(maxsize=32)
def _split_links(noun: Noun) -> tuple[list[Link], list[Link]]:
    """Return the links that every record has by its id, and all others.

    A link that was added later (`Noun.later`) is among the others: bodies from before lack it, and
    the links by id are of all bodies that lack them.
    """
    url = f"/v1/{noun.name}/{{id}}"
    links = Link("self", url), Link("history", f"{url}/history"), *noun.links
    always = (each for each in links if "{id}" in each.template and not each.when)
    by_id = [each for each in always if f"links.{each.name}" not in noun.later]
    return by_id, [each for each in links if each not in by_id]


@lru_cache(maxsize=32)
def links_by_id(noun: Noun) -> list[bytes]:
    """Return the end of the links of each record, in the parts between which its id stands."""
    rendered = orjson.dumps({each.name: each.template for each in _split_links(noun)[0]})
    return (b"," + rendered[1:]).split(b"{id}")


def complete_body(noun: Noun, stored: bytes, suffix: bytes = b"}") -> bytes:
    """Return the whole bytes of a record, by default without what the changeset adds.

    `Reader` does the same for a page of records.
    """
    if stored[-1] == QUOTE:
        stored += stored[ID_START : stored.index(b'"', ID_START)].join(links_by_id(noun))
    return stored + suffix


def parse_body(noun: Noun, whole: bytes) -> dict[str, Any]:
    """Parse a whole served record; a field that was added to the noun later is empty."""
    return {**noun.fields, **orjson.loads(whole)}


def parse_stored(noun: Noun, stored: bytes) -> dict[str, Any]:
    """Parse a stored body, without what the changeset adds."""
    return parse_body(noun, complete_body(noun, stored))


@lru_cache(maxsize=4096)
def render_suffix(changeset: int, recorded_at: int, author: str) -> bytes:
    """Render the suffix that the changeset adds to each of its records, with the last brace."""
    added = {
        "changeset": changeset,
        "recorded_at": clock.format_instant(recorded_at),
        "recorded_by": author,
    }
    return b"," + orjson.dumps(added)[1:]


def have_same_content(noun: Noun, old: bytes, new: bytes) -> bool:
    """Check that two stored bodies differ only in empty fields, and in later fields and links.

    An older body lacks fields and links that were added to its noun later (`Noun.later`). It is not
    rendered again for these, because an answer that was given must stay as it was. A stored body
    that a shell has turned into text, or that is no JSON, never has the same content.
    """
    try:
        before, after = (parse_bytes(complete_body(noun, each)) for each in (old, new))
    except (IndexError, TypeError, ValueError):
        return False
    if old[-1] == QUOTE and _SELF in old:
        return False  # it has lost its last brace
    for name in noun.later:
        field, _, link = name.partition(".")
        was, now = (before.get(field, {}), after[field]) if link else (before, after)
        if (link or field) not in was:
            now.pop(link or field, None)
    if before.get("links") == {name: after["links"][name] for name in _FIRST_LINKS}:
        after["links"] = before["links"]
    return _drop_empty(before) == _drop_empty(after)


_FIRST_LINKS = ("self", "history")
"""The links of bodies that were rendered before nouns declared links."""


def _drop_empty(served: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in served.items() if value is not None and value != []}


@dataclass(slots=True)
class Version:
    """A version as it is stored: its row without `place`, its facets and start, its document."""

    row: tuple[Any, ...]
    facets: list[FacetValue]
    start: str
    document: tuple[Any, ...] | None


@dataclass(slots=True)
class VersionTemplate:
    """The parts of a version that records of an identical batch share.

    `own` holds the values of the noun's own columns. `varying` lists the columns that each record
    fills in, as (index, field). `compound` lists the facets whose first value each record fills in,
    as (kind, field, second value).
    """

    noun: Noun
    own: list[Any]
    varying: list[tuple[int, str]]
    facets: list[FacetValue]
    compound: list[tuple[int, str, str]]
    start: str
    words: DocumentWords | None
    render: Callable[[Record], bytes]

    def make_version(self, revision: Revision, ordinal: int, recorded: int) -> Version:
        """Make the version of a revision."""
        record, own = revision.record, self.own.copy()
        for index, name in self.varying:
            own[index] = record[name]
        body = self.render(record)
        pairs = [(kind, join_pair((record[field], other))) for kind, field, other in self.compound]
        document = None
        if self.words is not None:
            place = document_place(ordinal, recorded)
            document = place, self.noun.name, ordinal, recorded, *self.words
        row = ordinal, recorded, LIVE, revision.id, revision.seq, revision.changeset, *own, body
        return Version(row, self.facets + pairs, self.start, document)


def join_pair(pair: Iterable[str]) -> str:
    """Join two fields to the name of a compound facet, or two ids, without blanks, to its value."""
    return " ".join(pair)


def has_column(noun: Noun, ref: Reference) -> bool:
    """Whether a reference is stored in an index column, not as a facet."""
    return ref.path in noun.table.c


def facet_names(noun: Noun) -> set[str]:
    """Return the names of a noun's facets: references, derived lists, pairs, and keys of names."""
    named = {ref.facet for ref in noun.references if not has_column(noun, ref)}
    return named | {KEYS, *noun.facets, *map(join_pair, noun.compound_facets)}


def make_template(
    noun: Noun, record: Record, number: int, derived: Mapping[str, Any]
) -> VersionTemplate:
    """Make the version template of a record's revision, from the record and its derived facts."""
    return _template_maker(noun)(record, number, derived)


@lru_cache(maxsize=32)
def _template_maker(noun: Noun) -> Callable[[Record, int, Mapping[str, Any]], VersionTemplate]:
    own = [name for name in noun.table.c.keys() if name not in (*_COMMON, "body")]  # noqa: SIM118
    listed = {
        ref.path for ref in noun.references if not has_column(noun, ref) and ref.within is None
    }
    empty, read_own = dict.fromkeys(own), itemgetter(*own)
    varying = [(own.index(name), name) for name in noun.varying_fields]
    kinds = {name: facet_kind(noun.name, name) for name in facet_names(noun)}

    def make_template(record: Record, number: int, derived: Mapping[str, Any]) -> VersionTemplate:
        facts = {**empty, **derived, **record}
        facets = {(kinds[name], value) for name in noun.facets for value in facts.get(name, ())}
        facets |= {(kinds[KEYS], key) for key in list_record_keys(noun, facts)}
        named = (ref for ref in noun.references_of(record) if ref.path in listed)
        facets |= {(kinds[ref.facet], id) for ref in named for id in ref.ids(record)}
        return VersionTemplate(
            noun, list(read_own(facts)), varying, list(facets),
            [(kinds[join_pair(fields)], fields[0], other) for fields in noun.compound_facets
             for other in dict.fromkeys(facts.get(fields[1], ()))],
            facts.get("valid_start") or clock.UNKNOWN,
            document_words(noun, facts),
            lambda each: render_body(noun, each, number, derived),
        )  # fmt: skip

    return make_template


class IdenticalBatch:
    """Faults and version templates that the records of an identical batch share.

    They are made from the first record. The records may differ in the `varying_references`. A batch
    is valid as long as `lookup` returns the same.
    """

    def __init__(self, noun: Noun, first: Record, lookup: Lookup) -> None:
        self._noun, self._first, self._lookup = noun, first, lookup
        self._templates: dict[int, VersionTemplate] = {}
        self._problems: list[Problem] | None = None
        self.varying_references = tuple(
            ref for ref in noun.references_of(first) if ref.field in noun.varying_fields
        )

    def find_shared_problems(self) -> list[Problem]:
        """Return the faults of each record, except for missing targets of varying references.

        They are found anew for each record if its copies count for the changeset.
        """
        if self._problems is not None:
            return self._problems
        counted, every = self._lookup.copied, self._noun.references_of(self._first)
        shared = (ref for ref in every if ref not in self.varying_references)
        missing = _missing_references(shared, self._first, self._lookup)
        found = [*missing, *self._noun.check(self._first, self._lookup)]
        self._problems = found if self._lookup.copied == counted else None
        return found

    def version_template(self, number: int) -> VersionTemplate:
        """Return the template of the batch's versions with a revision number."""
        if number not in self._templates:
            derived = self._noun.derive(self._first, self._lookup)
            template = make_template(self._noun, self._first, number, derived)
            template.render = self._fill_in_ids(template.render)
            self._templates[number] = template
        return self._templates[number]

    def _fill_in_ids(self, render: Callable[[Record], bytes]) -> Callable[[Record], bytes]:
        """Return a function that renders as `render` does, by filling ids into the first body.

        An id needs no escaping in JSON. A placeholder has a NUL on each side, which no record has.
        """
        placeholders = {name: f"\0{name}\0" for name in ("id", *self._noun.varying_fields)}
        form = render({**self._first, **placeholders}).decode()
        parts = re.split(rf"\\u0000({'|'.join(placeholders)})\\u0000", form)
        gaps = [*enumerate(parts)][1::2]

        def render_filled(record: Record) -> bytes:
            filled = parts.copy()
            for index, name in gaps:
                filled[index] = record[name]
            return "".join(filled).encode()

        return render_filled


def check_record(
    noun: Noun, record: Record, lookup: Lookup, batch: IdenticalBatch | None = None
) -> Iterator[Problem]:
    """Check the references of a record, and the rules of its noun."""
    if batch is None:
        yield from _missing_references(noun.references_of(record), record, lookup)
        yield from noun.check(record, lookup)
    else:
        yield from _missing_references(batch.varying_references, record, lookup)
        yield from batch.find_shared_problems()


def _missing_references(
    refs: Iterable[Reference], record: Record, lookup: Lookup
) -> Iterator[Problem]:
    for ref in refs:
        missing = {id for id in ref.ids(record) if lookup.get(ref.to, id) is None}
        for pointer, id in ref.walk_ids(record) if missing else ():
            if id in missing:
                detail = f"there is no {id!r} in {ref.to}; create it first, or import both together"
                yield Problem(pointer, detail)
