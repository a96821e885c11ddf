"""Which changesets and revisions are about a conflict or an actor.

A revision is about a conflict if its version has that conflict, about an actor if the actor is its
holder or speaker, and about either if it is a revision of that very record. A tombstone has no
version; it is about the same as the version that it ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, or_, select, union

from api.ledger.noun import Noun
from api.ledger.store.tables import LIVE, revision

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
    followed = exists().where(
        next_one.c.ordinal == version.c.ordinal, next_one.c.recorded == version.c.superseded
    )
    yield select(version.c.superseded).where(condition, version.c.superseded < LIVE, ~followed)


def _wrote(noun: Noun, about: Subject) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that a revision began or ended a version about a subject."""
    condition = _find_condition(noun, about)
    if condition is None:
        return
    version = noun.table
    ended = and_(revision.c.tombstone, version.c.superseded == revision.c.changeset)
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
        conditions.append(or_(*(noun.table.c[each] == id for each in columns)))
    return and_(*conditions)
