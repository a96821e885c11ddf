"""FastAPI as in its tutorial: SQLAlchemy's ORM, a synchronous view, `response_model`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, selectinload

from tests.bench.contenders.models import Position, position_issue

engine = create_engine(os.environ["BENCH_DATABASE"])
app = FastAPI()


class PositionOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    note: str | None
    doubts: list[Any]
    holder: str
    co_holders: list[str]
    force: str
    proposition: str
    negated: bool
    targets: list[str]
    under: list[str]
    evidence: list[str]
    sources: list[str]
    responds_to: dict[str, str]
    reason: list[str]
    speaker: str | None
    attestation: str
    attested_on: str
    valid_from: str | None
    valid_to: str | None
    end_reason: str | None
    end_evidence: list[str]
    replaces: str | None
    rank: str
    coder: str | None
    derived: list[str]
    proposition_text: str | None
    conflict: str
    issues: list[str]
    voice: str
    stated_on: str | None
    last_attested_on: str
    quotes: list[Any]
    revision: int
    links: dict[str, str]
    changeset: int
    recorded_at: str
    recorded_by: str


class PageOut(BaseModel):
    data: list[PositionOut]
    next: str | None


def open_session() -> Iterator[Session]:
    """Open a session for one request."""
    with Session(engine) as opened:
        yield opened


@app.get("/positions", response_model=PageOut)
def list_positions(
    holder: str,
    issue: str,
    db: Annotated[Session, Depends(open_session)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    after: int = 2**31 - 1,
) -> Any:
    """List the positions of a holder on an issue, newest first, behind `after`."""
    query = (
        select(Position)
        .join(position_issue, position_issue.c.position == Position.number)
        .where(Position.holder == holder, position_issue.c.issue == issue, Position.number < after)
        .order_by(Position.number.desc())
        .limit(limit + 1)
        .options(selectinload(Position.about))
    )
    found = db.scalars(query).all()
    following = None
    if len(found) > limit:
        last = found[limit - 1].number
        following = f"/positions?holder={holder}&issue={issue}&limit={limit}&after={last}"
    return {"data": found[:limit], "next": following}
