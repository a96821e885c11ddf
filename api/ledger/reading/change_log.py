"""The change log, filtered by a conflict or an actor: changesets and their revisions.

A revision is about a conflict if its version has that conflict, about an actor if the actor is its
holder or speaker, and about either if it is a revision of that very record. A tombstone has no
version; it is about the same as the version that it ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, union, union_all

from api.ledger.noun import Noun
from api.ledger.store.tables import LIVE, Row, changeset, revision

ChangeLogFilter = Mapping[str, str]
"""The filter: maps `conflict`, `actor` or both to an id."""

_COLUMNS: Mapping[str, Sequence[str]] = {"conflict": ("conflict",), "actor": ("holder", "speaker")}


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Reads the filtered change log as known at a changeset."""

    connection: Connection
    nouns: Mapping[str, Noun]
    known_at: int
    about: ChangeLogFilter

    def list_changesets(self, *, limit: int, before: int | None = None) -> list[Row]:
        """Return the changesets with a matching revision, newest first."""
        last = self.known_at if before is None else min(before - 1, self.known_at)
        numbers = union(
            *(each for noun in self.nouns.values() for each in self._changeset_numbers(noun))
        )
        query = select(changeset).where(changeset.c.number.in_(numbers), changeset.c.number <= last)
        query = query.order_by(changeset.c.number.desc()).limit(limit)
        return list(self.connection.execute(query).mappings())

    def list_changes(self, number: int, *, limit: int) -> list[Row]:
        """Return the matching revisions of a changeset, in order of writing."""
        found = union_all(
            *(each for noun in self.nouns.values() for each in self._select_written(noun, number))
        ).subquery()
        query = select(found).order_by(found.c.seq).limit(limit)
        return list(self.connection.execute(query).mappings())

    def _changeset_numbers(self, noun: Noun) -> Iterator[Any]:
        condition = self._is_about(noun)
        if condition is None:
            return
        version, next_one = noun.table, noun.table.alias()
        written = version.c.recorded == version.c.changeset
        yield select(version.c.changeset).where(condition, written)
        followed = exists().where(
            next_one.c.ordinal == version.c.ordinal, next_one.c.recorded == version.c.superseded
        )
        yield select(version.c.superseded).where(condition, version.c.superseded < LIVE, ~followed)

    def _select_written(self, noun: Noun, number: int) -> Iterator[Any]:
        condition = self._is_about(noun)
        if condition is None:
            return
        version = noun.table
        names = ("seq", "noun", "id", "number", "tombstone", "hash")
        ended = and_(revision.c.tombstone, version.c.superseded == number)
        begun = and_(~revision.c.tombstone, version.c.recorded == number)
        yield (
            select(*(revision.c[name] for name in names))
            .join(version, version.c.id == revision.c.id)
            .where(revision.c.noun == noun.name, revision.c.changeset == number)
            .where(condition, or_(begun, ended))
        )

    def _is_about(self, noun: Noun) -> ColumnElement[bool] | None:
        """Return the condition that a noun's version matches; None if none of the noun can."""
        conditions: list[ColumnElement[bool]] = []
        for name, id in self.about.items():
            columns = [each for each in _COLUMNS[name] if each in noun.table.c]
            columns = ["id"] if noun.singular == name else columns
            if not columns:
                return None
            conditions.append(or_(*(noun.table.c[each] == id for each in columns)))
        return and_(*conditions)
