"""Fixtures of the tests of imports and exports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds import Databases


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """Return the URL of an empty SQLite registry."""
    with databases.fresh("sqlite") as url:
        yield url


@pytest.fixture
def filled(databases: Databases) -> Iterator[str]:
    """Return the URL of a SQLite registry that holds the invented world."""
    with databases.fresh("sqlite", "fixtures") as url:
        yield url
