"""By which index SQLite, which knows nothing of the rows, finds what is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from tests.worlds import Registry, parsed


@pytest.mark.parametrize(
    ("asked", "leading"),
    [
        ("conflict=c", "positions_by_conflict"),
        ("conflict=c&voice=own", "positions_by_conflict"),
        ("conflict=c&holder=h", "positions_by_holder"),
        ("conflict=c&proposition=p", "positions_by_proposition"),
        ("proposition=p&conflict=c,d", "positions_by_proposition"),
    ],
)
@pytest.mark.parametrize("by", ["force", "holder"])
def test_a_conflict_is_looked_up_by_only_where_nothing_narrower_is(
    registry_of: Callable[..., Registry], by: str, asked: str, leading: str
):
    registry = registry_of("empty")
    engine = registry.ledger.database._reader
    plans: list[str] = []

    @event.listens_for(engine, "after_cursor_execute")
    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "positions" in statement:
            found = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in found)

    parsed(registry.get(f"/v1/positions/counts?by={by}&{asked}"))
    assert plans
    assert f" {leading} " in plans[0]
