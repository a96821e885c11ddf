"""A POST without validation: a bare Flask view that inserts the rows that ours would write.

`BENCH_ROWS` names a file with the rows of one POST of ours, and how much each number grows with the
next (see `tests.bench.posting`). Each request inserts them under the id in its body, in one commit,
with the same pragmas and guards. It checks nothing and reads nothing back.
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
def insert_rows() -> Response:
    """Insert the rows under the given id, and answer 201 with the record's bytes."""
    global _written  # noqa: PLW0603, one counter for all threads, behind the lock
    id = orjson.loads(request.get_data())["id"]
    with _writing:
        _connection.execute("BEGIN IMMEDIATE")
        for statement, row, growth in _known["rows"]:
            _connection.execute(statement, [*map(_advance_value, row, growth, [id] * len(row))])
        _connection.execute("COMMIT")
        _written += 1
    return Response(_advance_value(_known["answer"], 0, id), 201, content_type="application/json")


def _advance_value(value: Any, growth: int, id: str) -> Any:
    if isinstance(value, int):
        return value + growth * _written
    if isinstance(value, str):
        return value.replace(_known["id"], id)
    return value.replace(_known["id"].encode(), id.encode()) if value else value
