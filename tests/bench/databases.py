"""The databases of the bench: ours, imported and compacted as users do, and plain tables.

A database that exists in the folder is used again, so that `--folder` saves the imports of the next
run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg
from sqlalchemy import create_engine, insert, make_url

from api.app import open_ledger
from api.ledger import Asked, Ledger
from api.nouns import NOUNS
from api.settings import Settings
from tests.bench.contenders.models import Actor, Base, Issue, Position, Proposition, position_issue
from tests.bench.votes import Assembly, importer_options, write_tables
from tests.postgres import new_postgres_database
from tests.servers import COMMAND, make_environment

_AT_ONCE = 1000
_LABELS = {"actors": (Actor, "name"), "issues": (Issue, "name"), "propositions":
           (Proposition, "text")}  # fmt: skip
_NOUN = {noun.name: noun for noun in NOUNS}


@dataclass(frozen=True)
class DatabasePair:
    """One size on one engine: our registry, and the same positions in plain tables."""

    engine: str
    size: int
    url: str
    plain: str

    @property
    def megabytes(self) -> tuple[float, float]:
        """The size of both databases."""
        return size_of(self.url) / 1e6, size_of(self.plain) / 1e6


def prepare_databases(
    folder: Path, known: Assembly, size: int, server_url: str | None = None
) -> DatabasePair:
    """Make both databases, on the PostgreSQL server if one is given."""
    if server_url is not None:
        urls = [new_postgres_database(server_url) for _ in range(2)]
        pair = DatabasePair("postgresql", size, *urls)
        fresh = True
    else:
        files = [folder / f"{kind}-{size}.db" for kind in ("ours", "plain")]
        pair = DatabasePair("sqlite", size, *(f"sqlite:///{file}" for file in files))
        fresh = not all(file.exists() for file in files)
    if fresh:
        import_votes(pair.url, folder, known, size)
        run_command(pair.url, "db", "compact")
        _fill_plain_tables(pair)
    return pair


def import_votes(url: str, folder: Path, known: Assembly, size: int | None) -> None:
    """Import votes with the command, in processes of their own."""
    files = write_tables(folder, known, size)
    run_command(url, "db", "upgrade")
    run_command(url, "import", "unga-votes", *importer_options(files))


def run_command(url: str, *arguments: str | Path) -> str:
    """Run `sinequanon` on a database, without a time limit, and return its output."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)], env=make_environment(url), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def open_registry(url: str) -> Iterator[Ledger]:
    """Open a registry in this process."""
    ledger = open_ledger(Settings(database_url=url))
    try:
        yield ledger
    finally:
        ledger.database.close_connections()


def size_of(url: str) -> int:
    """Return the size of a database in bytes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        files = (Path(f"{parsed.database}{end}") for end in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    with psycopg.connect(psycopg_url(url)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row
        return row[0]


def psycopg_url(url: str) -> str:
    """Return a PostgreSQL URL as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _fill_plain_tables(pair: DatabasePair) -> None:
    """Copy every current position, and the labels of what it names, into plain tables."""
    engine = create_engine(pair.plain)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with open_registry(pair.url) as ledger, engine.begin() as plain:
        for noun, (model, label) in _LABELS.items():
            for records in _split_batches(_read_records(ledger, noun)):
                plain.execute(insert(model), [{"id": r["id"], label: r[label]} for r in records])
        numbered = enumerate(_read_records(ledger, "positions"), start=1)
        for records in _split_batches(numbered):
            plain.execute(insert(Position), [{**r, "number": number} for number, r in records])
            tagged = [
                {"issue": issue, "position": number, "holder": r["holder"]}
                for number, r in records for issue in r["issues"]
            ]  # fmt: skip
            if tagged:
                plain.execute(insert(position_issue), tagged)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _split_batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while lot := list(islice(rows, _AT_ONCE)):
        yield lot


def _read_records(ledger: Ledger, noun: str) -> Iterator[dict[str, Any]]:
    """Yield records, oldest first, so that descending numbers give the order of our lists."""
    sort = _NOUN[noun].default_sort.lstrip("-")
    with ledger.open_reader(Asked(valid_at="any")) as reader:
        after = None
        while True:
            page = reader.read_page(_NOUN[noun], {}, sort=sort, limit=_AT_ONCE, after=after)
            yield from map(orjson.loads, page.whole_bodies)
            if (after := page.after) is None:
                return
