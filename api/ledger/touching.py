"""The trail of changesets, narrowed to what was written about a conflict or an actor.

A revision is about a conflict when the index row of its version names that, about an actor when
the actor holds or says it, and about either when it is that very record. A tombstone has no
version; it is about whatever the version was about that it ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, union, union_all

from api.ledger.noun import Noun
from api.ledger.tables import LIVE, Row, changeset, revision

About = Mapping[str, str]
"""What to narrow to: `conflict` or `actor`, or both, and the id of it."""

_COLUMNS: Mapping[str, Sequence[str]] = {"conflict": ("conflict",), "actor": ("holder", "speaker")}


@dataclass(frozen=True, slots=True)
class Touching:
    """Reads the trail as known at a changeset, narrowed to one thing."""

    connection: Connection
    nouns: Mapping[str, Noun]
    known_at: int
    about: About

    def changesets(self, *, limit: int, before: int | None = None) -> list[Row]:
        """Give the changesets that wrote about it, newest first."""
        last = self.known_at if before is None else min(before - 1, self.known_at)
        numbers = union(
            *(each for noun in self.nouns.values() for each in self._changeset_numbers(noun))
        )
        query = select(changeset).where(changeset.c.number.in_(numbers), changeset.c.number <= last)
        query = query.order_by(changeset.c.number.desc()).limit(limit)
        return list(self.connection.execute(query).mappings())

    def changes(self, number: int, *, limit: int) -> list[Row]:
        """Give the revisions about it that a changeset wrote, in order of writing."""
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
        """Tell which versions of a noun are about it; None where none can be."""
        conditions: list[ColumnElement[bool]] = []
        for name, id in self.about.items():
            columns = [each for each in _COLUMNS[name] if each in noun.table.c]
            columns = ["id"] if noun.singular == name else columns
            if not columns:
                return None
            conditions.append(or_(*(noun.table.c[each] == id for each in columns)))
        return and_(*conditions)
