"""Positions in plain tables, as one would write them without history: SQLAlchemy's ORM.

All contenders but ours read these tables. Issues are a relation, because the page is filtered by
them; other lists are JSON, which saves every contender a join. `issues` is also a column of the row
for the contenders that do not join, and `holder` a column of the relation for the tuned ones.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

_JSON = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    type_annotation_map = {str: Text, dict[str, Any]: _JSON, list[Any]: _JSON}  # noqa: RUF012, SQLAlchemy's own form


position_issue = Table(
    "position_issue",
    Base.metadata,
    Column("issue", ForeignKey("issue.id"), primary_key=True),
    Column("position", ForeignKey("position.number"), primary_key=True),
    Column("holder", Text, nullable=False),
    Index("position_issue_by_position", "position", "issue"),
    Index("position_issue_by_holder", "issue", "holder", "position"),
)


class Actor(Base):
    __tablename__ = "actor"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Issue(Base):
    __tablename__ = "issue"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Proposition(Base):
    __tablename__ = "proposition"
    id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class Position(Base):
    __tablename__ = "position"
    __table_args__ = (Index("position_by_holder", "holder", "number"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str | None]
    doubts: Mapped[list[Any]]
    holder: Mapped[str] = mapped_column(ForeignKey("actor.id"))
    co_holders: Mapped[list[Any]]
    force: Mapped[str]
    proposition: Mapped[str] = mapped_column(ForeignKey("proposition.id"), index=True)
    negated: Mapped[bool]
    targets: Mapped[list[Any]]
    under: Mapped[list[Any]]
    evidence: Mapped[list[Any]]
    sources: Mapped[list[Any]]
    responds_to: Mapped[dict[str, Any]]
    reason: Mapped[list[Any]]
    speaker: Mapped[str | None]
    attestation: Mapped[str]
    attested_on: Mapped[str]
    valid_from: Mapped[str | None]
    valid_to: Mapped[str | None]
    end_reason: Mapped[str | None]
    end_evidence: Mapped[list[Any]]
    replaces: Mapped[str | None]
    rank: Mapped[str]
    coder: Mapped[str | None]
    derived: Mapped[list[Any]]
    proposition_text: Mapped[str | None]
    conflict: Mapped[str]
    issues_in_row: Mapped[list[Any]] = deferred(mapped_column("issues", _JSON))
    voice: Mapped[str]
    stated_on: Mapped[str | None]
    last_attested_on: Mapped[str]
    quotes: Mapped[list[Any]]
    revision: Mapped[int]
    links: Mapped[dict[str, Any]]
    changeset: Mapped[int]
    recorded_at: Mapped[str]
    recorded_by: Mapped[str]
    about: Mapped[list[Issue]] = relationship(secondary=position_issue, order_by=Issue.id)

    @property
    def issues(self) -> list[str]:
        """The ids of its issues, as they are served."""
        return [each.id for each in self.about]
