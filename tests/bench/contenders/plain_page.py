"""The page as one SQLAlchemy Core statement, for the contenders that are tuned by hand.

A covering index of the relation finds 50 positions of a holder on an issue; each row is then
looked up by its primary key. JSON columns are read as text and sent without being parsed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, Row, Text, bindparam, cast, create_engine, event, select

from tests.bench.contenders.models import Position, position_issue

engine = create_engine(os.environ["BENCH_DATABASE"], isolation_level="AUTOCOMMIT")
IS_EMBEDDED = engine.dialect.name == "sqlite"
"""SQLite answers in less time than a thread pool costs: its page is read on the event loop."""

COLUMNS: Sequence[Column[Any]] = [each for each in Position.__table__.c if each.name != "number"]
NAMES = [str(each.name) for each in COLUMNS]
IS_JSON = [isinstance(each.type, JSON) for each in COLUMNS]

_number = position_issue.c.position
_PAGE = (
    select(
        *(cast(c, Text) if is_json else c for c, is_json in zip(COLUMNS, IS_JSON, strict=True)),
        _number,
    )
    .join_from(position_issue, Position, Position.number == _number)
    .where(
        position_issue.c.issue == bindparam("issue"),
        position_issue.c.holder == bindparam("holder"),
        _number < bindparam("after"),
    )
    .order_by(_number.desc())
    .limit(bindparam("rows"))
)


if IS_EMBEDDED:

    @event.listens_for(engine, "connect")
    def map_file(connection: Any, _: Any) -> None:
        """Map the file into memory, as ours does."""
        connection.execute("PRAGMA mmap_size = 2147418112")


def read_page(
    holder: str, issue: str, limit: int, after: int
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return the rows of the page that follows `after`, newest first, and the next address."""
    with engine.connect() as connection:
        asked = {"holder": holder, "issue": issue, "after": after, "rows": limit + 1}
        rows = connection.execute(_PAGE, asked).all()
    if len(rows) <= limit:
        return rows, None
    after = rows[limit - 1][-1]
    return rows[:limit], f"/positions?holder={holder}&issue={issue}&limit={limit}&after={after}"
