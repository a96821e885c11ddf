"""Which changesets and revisions are about a conflict or an actor.

A revision is about a conflict if its version has that conflict, about an actor if the actor is its
holder, co-holder or speaker, and about either if it is a revision of that very record. It is also
about what the version was about that it ended: so a mirror of one subject learns what has moved
away, and tombstones, which have no version.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, or_, select, union

from api.ledger.noun import Noun
from api.ledger.store.tables import LIVE, facet, revision
from api.ledger.versions.as_of import is_facet

Subject = Mapping[str, str]
"""Maps `conflict`, `actor` or both to an id; the empty one is any subject."""

ANYTHING: Subject = MappingProxyType({})

_COLUMNS: Mapping[str, Sequence[str]] = {"conflict": ("conflict",), "actor": ("holder", "speaker")}


def is_about(nouns: Mapping[str, Noun], about: Subject) -> ColumnElement[bool]:
    """Return the condition that a revision is about a subject."""
    return or_(*(each for noun in nouns.values() for each in _wrote(noun, about)))


def select_numbers(nouns: Mapping[str, Noun], about: Subject) -> CompoundSelect[Any]:
    """Select the numbers of the changesets that began or ended a version about a subject."""
    return union(*(e for noun in nouns.values() for e in _select_numbers_of(noun, about)))


def _select_numbers_of(noun: Noun, about: Subject) -> Iterator[Any]:
    condition = _find_condition(noun, about)
    if condition is None:
        return
    version, next_one = noun.table, noun.table.alias()
    written = version.c.recorded == version.c.changeset
    yield select(version.c.changeset).where(condition, written)
    refreshed = exists().where(  # without a revision of the record
        next_one.c.ordinal == version.c.ordinal, next_one.c.recorded == version.c.superseded,
        next_one.c.changeset < next_one.c.recorded,
    )  # fmt: skip
    yield select(version.c.superseded).where(condition, version.c.superseded < LIVE, ~refreshed)


def _wrote(noun: Noun, about: Subject) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that a revision began or ended a version about a subject."""
    condition = _find_condition(noun, about)
    if condition is None:
        return
    version = noun.table
    ended = version.c.superseded == revision.c.changeset
    begun = and_(~revision.c.tombstone, version.c.recorded == revision.c.changeset)
    same = and_(version.c.id == revision.c.id, condition, or_(begun, ended))
    yield and_(revision.c.noun == noun.name, exists().where(same))


def _find_condition(noun: Noun, about: Subject) -> ColumnElement[bool] | None:
    """Return the condition that a noun's version matches; None if none of the noun can."""
    conditions: list[ColumnElement[bool]] = []
    for name, id in about.items():
        columns = [each for each in _COLUMNS[name] if each in noun.table.c]
        columns = ["id"] if noun.singular == name else columns
        if not columns:
            return None
        options = [noun.table.c[each] == id for each in columns]
        if name == "actor" and "co_holders" in noun.fields:
            jointly = is_facet(noun.name, "co_holders"), facet.c.value == id
            options.append(noun.table.c.place.in_(select(facet.c.place).where(*jointly)))
        conditions.append(or_(*options))
    return and_(*conditions)
