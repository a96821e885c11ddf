"""The bench compares like with like: plain tables have what we serve of a position."""

from __future__ import annotations

from tests.bench.contenders.models import Position
from tests.worlds import Registry


def test_the_plain_tables_have_every_field_that_is_served(reading: Registry):
    (served,) = reading.data("/v1/positions", limit=1)
    assert {each.name for each in Position.__table__.columns} == {"number", *served}
