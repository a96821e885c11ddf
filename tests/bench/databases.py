"""The databases of the bench: ours, as users import and compact it, and plain tables with the same.

A database that is in the folder already is used as it is, so that a folder kept with `--folder`
saves the imports of the next run.
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
from tests.bench.votes import Assembly, options, write
from tests.postgres import new_postgres_database
from tests.servers import COMMAND, environment

_AT_ONCE = 1000
_LABELS = {"actors": (Actor, "name"), "issues": (Issue, "name"), "propositions":
           (Proposition, "text")}  # fmt: skip
_NOUN = {noun.name: noun for noun in NOUNS}


@dataclass(frozen=True)
class World:
    """One size on one engine: our registry, and the same positions in plain tables."""

    engine: str
    size: int
    url: str
    plain: str

    @property
    def megabytes(self) -> tuple[float, float]:
        """How large both databases are."""
        return size_of(self.url) / 1e6, size_of(self.plain) / 1e6


def prepare(folder: Path, known: Assembly, size: int, server_url: str | None = None) -> World:
    """Make both databases, on the PostgreSQL server if one is given."""
    if server_url is not None:
        urls = [new_postgres_database(server_url) for _ in range(2)]
        world = World("postgresql", size, *urls)
        fresh = True
    else:
        files = [folder / f"{kind}-{size}.db" for kind in ("ours", "plain")]
        world = World("sqlite", size, *(f"sqlite:///{file}" for file in files))
        fresh = not all(file.exists() for file in files)
    if fresh:
        import_votes(world.url, folder, known, size)
        command(world.url, "db", "compact")
        _copy_plainly(world)
    return world


def import_votes(url: str, folder: Path, known: Assembly, size: int | None) -> None:
    """Import as users do, in processes of their own."""
    files = write(folder, known, size)
    command(url, "db", "upgrade")
    command(url, "import", "unga-votes", *options(files))


def command(url: str, *arguments: str | Path) -> str:
    """Run `sinequanon` over a database, however long it takes."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)], env=environment(url), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """Open a registry within this process."""
    ledger = open_ledger(Settings(database_url=url))
    try:
        yield ledger
    finally:
        ledger.database.dispose()


def size_of(url: str) -> int:
    """Give a database's size in bytes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        files = (Path(f"{parsed.database}{end}") for end in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    with psycopg.connect(conninfo(url)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row
        return row[0]


def conninfo(url: str) -> str:
    """Give a PostgreSQL URL as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _copy_plainly(world: World) -> None:
    """Put every served position, and what it names, into plain tables."""
    engine = create_engine(world.plain)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with opened(world.url) as ledger, engine.begin() as plain:
        for noun, (model, label) in _LABELS.items():
            for records in _lots(_records(ledger, noun)):
                plain.execute(insert(model), [{"id": r["id"], label: r[label]} for r in records])
        numbered = enumerate(_records(ledger, "positions"), start=1)
        for records in _lots(numbered):
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


def _lots(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while lot := list(islice(rows, _AT_ONCE)):
        yield lot


def _records(ledger: Ledger, noun: str) -> Iterator[dict[str, Any]]:
    """Yield records in the order of lists turned round, so that numbers tell it to the peers."""
    sort = _NOUN[noun].default_sort.lstrip("-")
    with ledger.reading(Asked(valid_at="any")) as reader:
        after = None
        while True:
            page = reader.page(_NOUN[noun], {}, sort=sort, limit=_AT_ONCE, after=after)
            yield from map(orjson.loads, page.bodies)
            if (after := page.after) is None:
                return
