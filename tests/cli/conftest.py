"""Fixtures of the tests of the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes NDJSON files: `folder(actors=[{…}, "a raw line"])`."""

    def write(**nouns: list[Any]) -> Path:
        for noun, lines in nouns.items():
            written = [each if isinstance(each, str) else json.dumps(each) for each in lines]
            (tmp_path / f"{noun}.ndjson").write_text("\n".join(written) + "\n", encoding="utf-8")
        return tmp_path

    return write
