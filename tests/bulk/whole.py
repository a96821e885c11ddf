"""`python -m tests.bulk.whole --data FOLDER`: all votes of the UN General Assembly, as published.

On each engine, by the command and over HTTP: import, import again, kill an import and run it again,
export, import the export elsewhere and export that, and check every figure in the NOTICE beside the
data. Both engines must export the same bytes, so that data can move from any engine to any other.
It takes most of an hour.
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
from tests.bulk.figures import list_answer_figures, list_export_figures
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import COMMAND, Measured, Server, make_environment, measure_command, start_server

_MEMORY = 500
_SHOWN = 60
_ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class CheckedFigure:
    """A figure: what it is, its expected and its actual value."""

    what: str
    expected: Any
    found: Any
    is_right: bool

    @property
    def cells(self) -> list[str]:
        """Its cells in a table."""
        right = "yes" if self.is_right else "NO"
        return [self.what, *(str(each)[:_SHOWN] for each in (self.expected, self.found)), right]


def main() -> None:
    """Check everything, print a table, and exit with 1 if any figure differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.bulk.whole", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder of the three tables")
    parser.add_argument("--engine", choices=_ENGINES, help="both without it")
    parser.add_argument("--database-url", metavar="URL", help="a PostgreSQL server whose user may "
                        "make databases; one is started without it")  # fmt: skip
    asked = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="sqn-whole-") as folder, ExitStack() as after:
        whole = WholeImport(asked.data, Path(folder))
        for engine in [asked.engine] if asked.engine else _ENGINES:
            server = asked.database_url if engine == "postgresql" else None
            if engine == "postgresql" and server is None:
                server = after.enter_context(postgres_server(durable=True))
            for each in whole.check_engine(server):
                rows.append([engine, *each.cells])
                print(" | ".join(rows[-1]), flush=True)
    print(f"\n{format_table(['engine', 'what', 'expected', 'found', 'right'], rows)}")
    sys.exit(any(row[-1] != "yes" for row in rows))


class WholeImport:
    """The data, and the folder of exports and databases."""

    def __init__(self, data: Path, folder: Path) -> None:
        files = published_files(data)
        self._known, self._options, self._folder = (
            read_tables(files),
            importer_options(files),
            folder,
        )
        self._first = ""

    def check_engine(self, server: str | None) -> Iterator[CheckedFigure]:
        """Yield the figures on a PostgreSQL server, or on SQLite if `server` is None."""
        url = self._create_database(server)
        yield _check_memory("import", done := self._import_votes(url))
        size, votes = size_of(url), len(self._known.votes)
        told = f"{size / 1e6:,.0f} MB, {size / votes:.0f} a position; {votes / done.seconds:,.0f}/s"
        yield CheckedFigure("size and speed of that", "", told, is_right=True)
        exported = self._folder / "whole.ndjson"
        yield from self._check_answers(url, exported)
        head = _find_head(url)
        yield _check_memory("the same import again", done := self._import_votes(url))
        yield _compare("revisions that it wrote", " 0 revisions written", done.said.split(",")[-2])
        yield _compare("newest changeset after it", head, _find_head(url))
        yield from self._check_copy(self._create_database(server), exported)
        yield from self._check_killed_import(self._create_database(server), head)

    def _create_database(self, server: str | None) -> str:
        """Create an empty database."""
        folder = tempfile.mkdtemp(dir=self._folder)
        url = new_postgres_database(server) if server else f"sqlite:///{folder}/sinequanon.db"
        run_command(url, "db", "upgrade")
        return url

    def _import_votes(self, url: str) -> Measured:
        return measure_command("import", "unga-votes", *self._options, url=url)

    def _check_answers(self, url: str, exported: Path) -> Iterator[CheckedFigure]:
        """Query the figures and export everything over HTTP."""
        with start_server(url, self._folder) as api:
            for figure in list_answer_figures(self._known, api):
                yield _compare(*figure)
            _download_export(api, exported)
        with exported.open("rb") as lines:
            for figure in list_export_figures(self._known, lines):
                yield _compare(*figure)
        self._first = self._first or _hash_file(exported)
        yield _compare("export, as on the first engine", self._first, _hash_file(exported))

    def _check_copy(self, url: str, exported: Path) -> Iterator[CheckedFigure]:
        yield _check_memory("import of the export into an empty registry",
                    measure_command("import", exported, url=url))  # fmt: skip
        yield from self._check_export("export of that", url)

    def _check_export(self, what: str, url: str) -> Iterator[CheckedFigure]:
        """Export by the command, and compare with the first export."""
        again = self._folder / "again.ndjson"
        yield _check_memory(what, measure_command("export", "--to", again, url=url))
        yield _compare("its bytes", self._first, _hash_file(again))

    def _check_killed_import(self, url: str, head: int) -> Iterator[CheckedFigure]:
        """Kill an import halfway, and run it again."""
        words = [COMMAND, "import", "unga-votes", *map(str, self._options)]
        process = subprocess.Popen(words, env=make_environment(url), stderr=subprocess.DEVNULL)
        while process.poll() is None and _find_head(url) < head // 2:
            time.sleep(0.1)
        process.kill()
        yield _compare("exit code of an import that was killed", -9, process.wait())
        left = _find_head(url)
        yield CheckedFigure("newest changeset then", f"before {head}", left, 0 < left < head)
        yield _check_memory("the second run", self._import_votes(url))
        yield _compare("newest changeset after it", head, _find_head(url))
        yield from self._check_export("export after it", url)


def _compare(what: str, expected: Any, found: Any) -> CheckedFigure:
    return CheckedFigure(what, expected, found, expected == found)


def _check_memory(what: str, done: Measured) -> CheckedFigure:
    told = f"{done.peak:.0f} MB, {done.seconds:.0f} s"
    return CheckedFigure(what, f"under {_MEMORY} MB", told, done.peak < _MEMORY)


def _find_head(url: str) -> int:
    with open_registry(url) as ledger, ledger.open_reader() as reader:
        return reader.moment.known_at


def _download_export(api: Server, to: Path) -> None:
    with closing(HTTPConnection("127.0.0.1", api.port)) as connection, to.open("wb") as file:
        connection.request("GET", "/v1/export.ndjson")
        shutil.copyfileobj(connection.getresponse(), file)


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
