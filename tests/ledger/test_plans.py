"""The indexes by which SQLite counts, and by which PostgreSQL finds ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from api.ledger.store.transactions import PreparedStatement, Transaction
from tests.worlds import Registry

ANSWERED = (200, 422)
"""An id of nothing is looked for, and then refused."""


@pytest.mark.parametrize(
    ("asked", "leading"),
    [
        ("conflict=c", "positions_by_conflict"),
        ("conflict=c&voice=own", "positions_by_conflict"),
        ("conflict=c&holder=h", "positions_by_holder"),
        ("conflict=c&proposition=p", "positions_by_proposition"),
        ("proposition=p&conflict=c,d", "positions_by_proposition"),
        ("proposition=p,q,r,s,t,u,v,w,x&conflict=c", "positions_by_proposition"),
    ],
)
@pytest.mark.parametrize("by", ["force", "holder"])
def test_the_index_of_the_conflict_is_used_only_if_none_is_narrower(
    registry_of: Callable[..., Registry], by: str, asked: str, leading: str
):
    registry = registry_of("empty")
    engine = registry.ledger.database._reader
    plans: list[str] = []

    @event.listens_for(engine, "after_cursor_execute")
    def explain_statement(
        _: Any, cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if "positions" in statement:
            found = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in found)

    assert registry.get(f"/v1/positions/counts?by={by}&{asked}").status_code in ANSWERED
    assert plans
    assert f" {leading} " in plans[0]


@pytest.mark.parametrize("asked", [
    "actors?id=russia,ukraine", "actors?id=a,b,c,d,e,f,g,h,i", "positions?id=a",
    "positions?id=a,b&holder=russia&issue=truce",
])  # fmt: skip
def test_postgresql_finds_ids_by_their_index(
    registry_of: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch, asked: str
):
    registry = registry_of("both", engine="postgresql")
    plans: list[str] = []
    rows = Transaction.fetch_alone

    def explain_statement(self: Transaction, statement: PreparedStatement, values: Any) -> Any:
        text, given = statement.bind_values(self._dialect, values)
        if ".body" in text:
            # Otherwise a small table is scanned.
            self._driver.execute("SET enable_seqscan = off")
            plans.extend(line for (line,) in self._driver.execute(f"EXPLAIN {text}", given))
        return rows(self, statement, values)

    monkeypatch.setattr(Transaction, "fetch_alone", explain_statement)
    assert registry.get(f"/v1/{asked}").status_code in ANSWERED
    assert any(f"{asked.partition('?')[0]}_by_id" in line for line in plans), plans
