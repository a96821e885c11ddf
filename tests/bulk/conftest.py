"""What the tests of bulk imports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds import Databases


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """Give the URL of an empty SQLite registry."""
    with databases.fresh("sqlite") as url:
        yield url


@pytest.fixture
def filled(databases: Databases) -> Iterator[str]:
    """Give the URL of the invented world on SQLite."""
    with databases.fresh("sqlite", "fixtures") as url:
        yield url
