"""Version templates: they make versions (index row, facets, search document) from revisions.

A template holds all parts of a version that do not depend on the record's id, so that the records
of an identical batch (`identical`) share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from api import clock
from api.ledger.noun import Noun, Record, Reference
from api.ledger.store.tables import LIVE
from api.ledger.truth.revisions import Revision
from api.ledger.versions.rendering import render_body
from api.ledger.versions.search_index import DocumentWords, document_row, document_words

_COMMON = ("ordinal", "recorded", "superseded", "id", "seq", "changeset", "hash")
"""The first columns of an index table; the noun's own columns follow, `body` is the last."""

FacetValue = tuple[str, str]
"""A facet's name and value."""

FacetPlace = tuple[str, int, int]
"""The order of versions within a facet: start, ordinal, and the changeset that recorded it."""


@dataclass(slots=True)
class Version:
    """A version as it is stored: its row, its facets with its place in them, its document."""

    row: tuple[Any, ...]
    facets: list[FacetValue]
    place: FacetPlace
    document: tuple[Any, ...] | None


@dataclass(slots=True)
class VersionTemplate:
    """The parts of a version that records of an identical batch share.

    `own` holds the values of the noun's own columns. `varying` lists the columns that each record
    fills in, as (index, field). `compound` lists the facets whose first value each record fills in,
    as (name, field, second value).
    """

    noun: Noun
    own: list[Any]
    varying: list[tuple[int, str]]
    facets: list[FacetValue]
    compound: list[tuple[str, str, str]]
    start: str
    words: DocumentWords | None
    render: Callable[[Record], bytes]

    def make_version(self, revision: Revision, ordinal: int, recorded: int) -> Version:
        """Make the version of a revision."""
        record = revision.record
        own = self.own.copy()
        for index, name in self.varying:
            own[index] = record[name]
        body = self.render(record)
        pairs = [(name, compound_value(record[field], other))
                 for name, field, other in self.compound]  # fmt: skip
        return Version(
            (ordinal, recorded, LIVE, revision.id, revision.seq, revision.changeset, revision.hash,
             *own, body),
            self.facets + pairs,
            (self.start, ordinal, recorded),
            None if self.words is None else document_row(self.noun, self.words, ordinal, recorded),
        )  # fmt: skip


def compound_name(fields: Iterable[str]) -> str:
    """Return the name of the facet that holds the pairs of values of two fields."""
    return " ".join(fields)


def compound_value(*values: str) -> str:
    """Join a pair of ids to the value of a compound facet; no id contains a blank."""
    return " ".join(values)


def has_column(noun: Noun, ref: Reference) -> bool:
    """Whether a reference is stored in an index column, not as a facet."""
    return ref.path in noun.table.c


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

    def make_template(record: Record, number: int, derived: Mapping[str, Any]) -> VersionTemplate:
        facts = {**empty, **derived, **record}
        facets = {(name, value) for name in noun.facets for value in facts.get(name, ())}
        for ref in noun.references_of(record):
            if ref.path in listed:
                facets |= {(ref.facet, id) for id in ref.ids(record)}
        return VersionTemplate(
            noun, list(read_own(facts)), varying, list(facets),
            [(compound_name(fields), fields[0], other) for fields in noun.compound_facets
             for other in dict.fromkeys(facts.get(fields[1], ()))],
            facts.get("valid_start") or clock.UNKNOWN,
            document_words(noun, facts),
            lambda each: render_body(noun, each, number, derived),
        )  # fmt: skip

    return make_template
