"""What a POST would cost without validation: a bare Flask view that inserts the rows of ours.

`BENCH_ROWS` names a file with the rows that one POST of ours wrote, and by how much each number
grew with the next (see `tests.bench.posting`). Each request inserts them under the id in its body,
in one commit, with the same pragmas and guards; it looks at nothing and reads nothing back.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
import threading
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, request

from tests.bench.raw import PRAGMAS

_known = pickle.loads(Path(os.environ["BENCH_ROWS"]).read_bytes())  # noqa: S301, the bench wrote it
_connection = sqlite3.connect(
    os.environ["BENCH_FILE"], isolation_level=None, check_same_thread=False
)
for pragma in PRAGMAS:
    _connection.execute(f"PRAGMA {pragma}")
_writing = threading.Lock()
_written = 0

app = Flask(__name__, static_folder=None)


@app.post("/")
def insert() -> Response:
    """Insert under the given id: 201 with the record's bytes."""
    global _written  # noqa: PLW0603, one counter for all threads, behind the lock
    id = orjson.loads(request.get_data())["id"]
    with _writing:
        _connection.execute("BEGIN IMMEDIATE")
        for statement, row, growth in _known["rows"]:
            _connection.execute(statement, [*map(_grown, row, growth, [id] * len(row))])
        _connection.execute("COMMIT")
        _written += 1
    return Response(_grown(_known["answer"], 0, id), 201, content_type="application/json")


def _grown(value: Any, growth: int, id: str) -> Any:
    if isinstance(value, int):
        return value + growth * _written
    if isinstance(value, str):
        return value.replace(_known["id"], id)
    return value.replace(_known["id"].encode(), id.encode()) if value else value
