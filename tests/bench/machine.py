"""What the figures were measured on."""

from __future__ import annotations

import platform
import sqlite3
from importlib.metadata import version

import psutil

from tests.bench.cores import LOAD, SERVERS

_NAMED = ("granian", "flask", "sqlalchemy", "orjson", "fastapi", "uvicorn", "litestar", "msgspec",
          "djangorestframework", "django", "datasette")  # fmt: skip


def describe_machine() -> str:
    """Describe cores, memory and versions in a sentence or two."""
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    placing = "servers on one, load on another" if SERVERS != LOAD else "all on one"
    named = ", ".join(f"{each} {version(each)}" for each in _NAMED)
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores ({placing}), {memory:.0f} GB, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {named}."
    )
