"""Code at another schema than the database's neither writes nor answers, and says what to run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from api.ledger.store.tables import SCHEMA
from tests.worlds import Registry, make_draft, parse_answer

SET_SCHEMA = text("UPDATE alembic_version SET version_num = :schema")


def set_schema(registry: Registry, schema: str) -> None:
    with registry.ledger.database.begin_write(any_schema=True) as write:
        write.connection.execute(SET_SCHEMA, {"schema": schema})


@pytest.mark.parametrize(
    ("schema", "advice"), [("0009", "sinequanon db upgrade"), ("9999", "run the newer version")]
)
def test_at_another_schema_nothing_is_written_or_answered(
    registry_of: Callable[..., Registry], engine: str, schema: str, advice: str
):
    registry = registry_of("fixtures", engine=engine)
    before = registry.head
    assert registry.get("/v1/actors").status_code == 200  # from now on the cache may have it
    set_schema(registry, schema)
    for answer in (
        registry.post("/v1/actors", make_draft("actors")),
        registry.get("/v1/actors"),
        registry.get("/v1/actors?known_at=1"),
        registry.get("/"),
        registry.get("/readyz"),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert advice in answer.get_data(as_text=True)
    assert registry.get("/livez").status_code == 200
    set_schema(registry, SCHEMA)
    assert registry.head == before
    assert parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
