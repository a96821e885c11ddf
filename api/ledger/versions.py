"""How a version is made of a revision: the row of its noun's index table, its facets, its document.

All of it that does not hang on which record it is stands in a mould, so that records that are alike
(`api.ledger.kin`) can share one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from api import clock
from api.ledger.noun import Noun, Record, Reference
from api.ledger.render import opening
from api.ledger.search import Said, document_row, said
from api.ledger.shelf import parts
from api.ledger.tables import LIVE

if TYPE_CHECKING:
    from api.ledger.revisions import Revision

_COMMON = ("ordinal", "recorded", "superseded", "id", "seq", "changeset", "hash")
"""The first columns of an index table; the noun's own follow, and `body` is the last."""

Facet = tuple[str, str]
"""A facet's name and value."""

Place = tuple[str, int, int]
"""Where a version stands in a facet: its start, ordinal, and the changeset that recorded it."""


@dataclass(slots=True)
class Version:
    """A version as it is stored: its row, its facets and its place in them, its document.

    `shelved` are its rows on the shelf.
    """

    row: tuple[Any, ...]
    facets: list[Facet]
    place: Place
    shelved: list[tuple[Any, ...]]
    document: tuple[Any, ...] | None


@dataclass(slots=True)
class Mould:
    """What a version has of what its record says, ids aside.

    `own` are the noun's own columns, of which `apart` are the record's (place, field); `shelves`
    tell where it stands on the shelf (name, field, ending): under the record's value and the
    ending.
    """

    noun: Noun
    own: list[Any]
    apart: list[tuple[int, str]]
    facets: list[Facet]
    shelves: list[tuple[str, str, str]]
    start: str
    end: str
    said: Said | None
    opening: Callable[[Record], bytes]

    def version(self, of: Revision, ordinal: int, recorded: int) -> Version:
        """Make the version of a revision."""
        record = of.record
        own = self.own.copy()
        for place, name in self.apart:
            own[place] = record[name]
        place, body = (self.start, ordinal, recorded), self.opening(record)
        return Version(
            (ordinal, recorded, LIVE, of.id, of.seq, of.changeset, of.hash, *own, body),
            self.facets,
            place,
            [(self.noun.name, name, record[field] + ending, *place,
              LIVE, self.end, of.changeset, body)
             for name, field, ending in self.shelves],
            None if self.said is None else document_row(self.noun, self.said, ordinal, recorded),
        )  # fmt: skip


def has_column(noun: Noun, ref: Reference) -> bool:
    """Whether a reference is looked up in an index column rather than among the facets."""
    return ref.path in noun.table.c


def mould(noun: Noun, record: Record, number: int, derived: Mapping[str, Any]) -> Mould:
    """Give the mould of a record's revision, with what derives from it."""
    return _maker(noun)(record, number, derived)


@lru_cache(maxsize=32)
def _maker(noun: Noun) -> Callable[[Record, int, Mapping[str, Any]], Mould]:
    own = [name for name in noun.table.c.keys() if name not in (*_COMMON, "body")]  # noqa: SIM118
    listed = {
        ref.path for ref in noun.references if not has_column(noun, ref) and ref.within is None
    }
    empty, of_own = dict.fromkeys(own), itemgetter(*own)
    apart = [(own.index(name), name) for name in noun.apart]

    def make(record: Record, number: int, derived: Mapping[str, Any]) -> Mould:
        facts = {**empty, **derived, **record}
        facets = {(name, value) for name in noun.facets for value in facts.get(name, ())}
        for ref in noun.naming(record):
            if ref.path in listed:
                facets |= {(ref.facet, id) for id in ref.ids(record)}
        return Mould(
            noun, list(of_own(facts)), apart, list(facets),
            [(part.name, part.fields[0], ending)
             for part in parts(noun) for ending in part.endings(facts)],
            facts.get("valid_start") or clock.UNKNOWN,
            facts.get("valid_end") or clock.UNKNOWN,
            said(noun, facts),
            lambda one: opening(noun, one, number, derived),
        )  # fmt: skip

    return make
