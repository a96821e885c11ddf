"""`python -m tests.bulk.whole --data FOLDER`: all votes of the UN General Assembly, as published.

On each engine, by the command and over HTTP: import, import again, kill an import and run it again,
export, import the export elsewhere and export that, and ask for every figure that the NOTICE beside
the data has. Both engines must export the same bytes; so copies of these on both engines show the
way from any engine to any other. It takes the better part of an hour.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import file_digest
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.bench.databases import open_registry, run_command, size_of
from tests.bench.report import format_table
from tests.bench.votes import importer_options, published_files, read_tables
from tests.bulk.figures import of_answers, of_export
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import COMMAND, Measured, Server, environment, measured, serving

_MEMORY = 500
_SHOWN = 60
_ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Checked:
    """What was checked, what should come out, and what came out."""

    what: str
    expected: Any
    found: Any
    is_right: bool

    @property
    def cells(self) -> list[str]:
        """Write it as cells of a table."""
        right = "yes" if self.is_right else "NO"
        return [self.what, *(str(each)[:_SHOWN] for each in (self.expected, self.found)), right]


def main() -> None:
    """Check all, print a table, and exit with 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.bulk.whole", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder of the three tables")
    parser.add_argument("--engine", choices=_ENGINES, help="both without it")
    parser.add_argument("--database-url", metavar="URL", help="a PostgreSQL server whose user may "
                        "make databases; one is started without it")  # fmt: skip
    asked = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="sqn-whole-") as folder, ExitStack() as after:
        whole = BytesResponse(asked.data, Path(folder))
        for engine in [asked.engine] if asked.engine else _ENGINES:
            server = asked.database_url if engine == "postgresql" else None
            if engine == "postgresql" and server is None:
                server = after.enter_context(postgres_server(durable=True))
            for each in whole.check(server):
                rows.append([engine, *each.cells])
                print(" | ".join(rows[-1]), flush=True)
    print(f"\n{format_table(['engine', 'what', 'expected', 'found', 'right'], rows)}")
    sys.exit(any(row[-1] != "yes" for row in rows))


class BytesResponse:
    """What the files say, and where exports and databases are."""

    def __init__(self, data: Path, folder: Path) -> None:
        files = published_files(data)
        self._known, self._options, self._folder = (
            read_tables(files),
            importer_options(files),
            folder,
        )
        self._first = ""

    def check(self, server: str | None) -> Iterator[Checked]:
        """Yield what comes out on a PostgreSQL server, or on SQLite."""
        url = self._new(server)
        yield _cost("import", done := self._import(url))
        size, votes = size_of(url), len(self._known.votes)
        told = f"{size / 1e6:,.0f} MB, {size / votes:.0f} a position; {votes / done.seconds:,.0f}/s"
        yield Checked("size and speed of that", "", told, is_right=True)
        exported = self._folder / "whole.ndjson"
        yield from self._served(url, exported)
        head = _head(url)
        yield _cost("the same import again", done := self._import(url))
        yield _same("revisions that it wrote", " 0 revisions written", done.said.split(",")[-2])
        yield _same("newest changeset after it", head, _head(url))
        yield from self._copied(self._new(server), exported)
        yield from self._killed(self._new(server), head)

    def _new(self, server: str | None) -> str:
        """Make an empty database."""
        folder = tempfile.mkdtemp(dir=self._folder)
        url = new_postgres_database(server) if server else f"sqlite:///{folder}/sinequanon.db"
        run_command(url, "db", "upgrade")
        return url

    def _import(self, url: str) -> Measured:
        return measured("import", "unga-votes", *self._options, url=url)

    def _served(self, url: str, exported: Path) -> Iterator[Checked]:
        """Ask for figures, and export all, over HTTP."""
        with serving(url, self._folder) as api:
            for figure in of_answers(self._known, api):
                yield _same(*figure)
            _download(api, exported)
        with exported.open("rb") as lines:
            for figure in of_export(self._known, lines):
                yield _same(*figure)
        self._first = self._first or _digest(exported)
        yield _same("export, as on the first engine", self._first, _digest(exported))

    def _copied(self, url: str, exported: Path) -> Iterator[Checked]:
        yield _cost("import of the export into an empty registry",
                    measured("import", exported, url=url))  # fmt: skip
        yield from self._exported("export of that", url)

    def _exported(self, what: str, url: str) -> Iterator[Checked]:
        """Export by the command, and compare with the very first export."""
        again = self._folder / "again.ndjson"
        yield _cost(what, measured("export", "--to", again, url=url))
        yield _same("its bytes", self._first, _digest(again))

    def _killed(self, url: str, head: int) -> Iterator[Checked]:
        """Kill an import half way, and run it again."""
        words = [COMMAND, "import", "unga-votes", *map(str, self._options)]
        process = subprocess.Popen(words, env=environment(url), stderr=subprocess.DEVNULL)
        while process.poll() is None and _head(url) < head // 2:
            time.sleep(0.1)
        process.kill()
        yield _same("exit code of an import that was killed", -9, process.wait())
        left = _head(url)
        yield Checked("newest changeset then", f"before {head}", left, 0 < left < head)
        yield _cost("the second run", self._import(url))
        yield _same("newest changeset after it", head, _head(url))
        yield from self._exported("export after it", url)


def _same(what: str, expected: Any, found: Any) -> Checked:
    return Checked(what, expected, found, expected == found)


def _cost(what: str, done: Measured) -> Checked:
    told = f"{done.peak:.0f} MB, {done.seconds:.0f} s"
    return Checked(what, f"under {_MEMORY} MB", told, done.peak < _MEMORY)


def _head(url: str) -> int:
    with open_registry(url) as ledger, ledger.reading() as reader:
        return reader.moment.known_at


def _download(api: Server, to: Path) -> None:
    with closing(HTTPConnection("127.0.0.1", api.port)) as connection, to.open("wb") as file:
        connection.request("GET", "/v1/export.ndjson")
        shutil.copyfileobj(connection.getresponse(), file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
