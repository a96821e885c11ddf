"""How a version is made of a revision: the row of its noun's index table, its facets, its document.

All of it that does not hang on which record it is stands in a mould, so that records that are alike
(`api.ledger.kin`) can share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from api import clock
from api.ledger.noun import Noun, Record, Reference
from api.ledger.render import opening
from api.ledger.revisions import Revision
from api.ledger.search import Said, document_row, said
from api.ledger.tables import LIVE

_COMMON = ("ordinal", "recorded", "superseded", "id", "seq", "changeset", "hash")
"""The first columns of an index table; the noun's own follow, and `body` is the last."""

Facet = tuple[str, str]
"""A facet's name and value."""

Place = tuple[str, int, int]
"""Where a version stands in a facet: its start, ordinal, and the changeset that recorded it."""


@dataclass(slots=True)
class Version:
    """A version as it is stored: its row, its facets and its place in them, its document."""

    row: tuple[Any, ...]
    facets: list[Facet]
    place: Place
    document: tuple[Any, ...] | None


@dataclass(slots=True)
class Mould:
    """What a version has of what its record says, ids aside.

    `own` are the noun's own columns, of which `apart` are the record's (place, field); `compound`
    are facets of which the record tells the first value (name, field, second value).
    """

    noun: Noun
    own: list[Any]
    apart: list[tuple[int, str]]
    facets: list[Facet]
    compound: list[tuple[str, str, str]]
    start: str
    said: Said | None
    opening: Callable[[Record], bytes]

    def version(self, of: Revision, ordinal: int, recorded: int) -> Version:
        """Make the version of a revision."""
        record = of.record
        own = self.own.copy()
        for place, name in self.apart:
            own[place] = record[name]
        body = self.opening(record)
        pairs = [(name, compound_value(record[field], other))
                 for name, field, other in self.compound]  # fmt: skip
        return Version(
            (ordinal, recorded, LIVE, of.id, of.seq, of.changeset, of.hash, *own, body),
            self.facets + pairs,
            (self.start, ordinal, recorded),
            None if self.said is None else document_row(self.noun, self.said, ordinal, recorded),
        )


def compound_name(fields: Iterable[str]) -> str:
    """Name the facet of the pairs of values that two fields have."""
    return " ".join(fields)


def compound_value(*values: str) -> str:
    """Write a pair of ids as the value of a compound facet; no id holds a blank."""
    return " ".join(values)


def has_column(noun: Noun, ref: Reference) -> bool:
    """Whether a reference is looked up in an index column rather than among the facets."""
    return ref.path in noun.table.c


def mould(noun: Noun, record: Record, number: int, derived: Mapping[str, Any]) -> Mould:
    """Give the mould of a record's revision, with what derives from it."""
    return _template_maker(noun)(record, number, derived)


@lru_cache(maxsize=32)
def _template_maker(noun: Noun) -> Callable[[Record, int, Mapping[str, Any]], Mould]:
    own = [name for name in noun.table.c.keys() if name not in (*_COMMON, "body")]  # noqa: SIM118
    listed = {
        ref.path for ref in noun.references if not has_column(noun, ref) and ref.within is None
    }
    empty, of_own = dict.fromkeys(own), itemgetter(*own)
    apart = [(own.index(name), name) for name in noun.apart]

    def make_template(record: Record, number: int, derived: Mapping[str, Any]) -> Mould:
        facts = {**empty, **derived, **record}
        facets = {(name, value) for name in noun.facets for value in facts.get(name, ())}
        for ref in noun.naming(record):
            if ref.path in listed:
                facets |= {(ref.facet, id) for id in ref.ids(record)}
        return Mould(
            noun, list(of_own(facts)), apart, list(facets),
            [(compound_name(fields), fields[0], other) for fields in noun.compound_facets
             for other in dict.fromkeys(facts.get(fields[1], ()))],
            facts.get("valid_start") or clock.UNKNOWN,
            said(noun, facts),
            lambda one: opening(noun, one, number, derived),
        )  # fmt: skip

    return make_template
