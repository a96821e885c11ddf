"""A recorded corpus of requests: does a change of the code change any answer?

`python -m tests.corpus COMMAND`, with the tree to ask first in PYTHONPATH:

    build WORLD DATABASE            make a database: seed, fixtures, or votes with --votes FOLDER
    record DATABASE FILE            plan requests from the contract, ask them, keep the answers
    replay FILE DATABASE OTHER      ask the requests of a recording again
    compare FILE OTHER              print each answer that differs; --rebuilt for other databases

Nothing here knows the code that answers, but for `wsgi.app` and the command `sinequanon`; so two
trees with different modules can be compared. Databases are copied, never written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.test import Client

from tests.corpus.asking import Session, read_recording, write_recording
from tests.corpus.comparing import compare_recordings
from tests.corpus.plan import ask_everything
from tests.corpus.writes import write_history
from tests.servers import make_environment

COMMAND = str(Path(sys.executable).with_name("sinequanon"))


def build(world: str, database: Path, inputs: Path) -> None:
    """Make a database from the seed, the fixtures or the tables of votes in a folder."""
    _run(database, "db", "upgrade")
    if world == "votes":
        tables = {"--votes": "votes", "--roll-calls": "roll-calls", "--topics": "topics"}
        named = [word for each, file in tables.items() for word in (each, inputs / f"{file}.csv")]
        _run(database, "import", "unga-votes", *named)
    else:
        for folder in sorted(each for each in inputs.iterdir() if each.is_dir()):
            texts = sorted(folder.glob("texts/*.txt"))
            named = [word for each in texts for word in ("--text", f"{each.stem}={each}")]
            _run(database, "import", folder, *named)
    scopes = ("--scope", "write", "--scope", "texts")
    _key_file(database).write_text(_run(database, "keys", "create", "corpus", *scopes).strip())
    if world == "fixtures":
        with _application(database) as client:
            write_history(Session(client, _key_file(database).read_text()))


def record(database: Path, file: Path) -> None:
    """Plan requests for a database, ask them, and keep the answers."""
    with _session(database) as session:
        ask_everything(session)
        write_recording(file, _today(), session.exchanges)
    print(f"{len(session.exchanges)} requests kept in {file}")


def replay(recording: Path, database: Path, file: Path) -> None:
    """Ask the requests of a recording, and keep the answers."""
    with _session(database) as session:
        for each in read_recording(recording)[1]:
            session.ask(each["path"], each["method"], each["headers"], each["body"])
        write_recording(file, _today(), session.exchanges)


@contextmanager
def _session(database: Path) -> Iterator[Session]:
    """Yield a session with a copy of the database, brought to the newest schema."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sinequanon.db"
        shutil.copy(database, copy)
        _run(copy, "db", "upgrade")
        with _application(copy) as client:
            yield Session(client, _key_file(database).read_text())


@contextmanager
def _application(database: Path) -> Iterator[Client]:
    """Yield a client of the served application over a database."""
    os.environ |= make_environment(f"sqlite:///{database.resolve()}")
    from wsgi import app  # noqa: PLC0415 - it opens the database that the environment names

    yield Client(app)


def _run(database: Path, *arguments: str | Path) -> str:
    """Run `sinequanon` over a database."""
    environment = {**os.environ, "SINEQUANON_DATABASE_URL": f"sqlite:///{database.resolve()}"}
    done = subprocess.run(
        [COMMAND, *map(str, arguments)], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def _key_file(database: Path) -> Path:
    return database.with_suffix(".key")


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def main() -> None:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus")
    commands = parser.add_subparsers(dest="command", required=True)
    arguments = {
        "build": ["world", "database", "inputs"],
        "record": ["database", "file"],
        "replay": ["recording", "database", "file"],
        "compare": ["file", "other"],
    }
    for name, taken in arguments.items():
        command = commands.add_parser(name)
        for each in taken:
            command.add_argument(each, type=str if each == "world" else Path)
    commands.choices["compare"].add_argument("--rebuilt", action="store_true")
    commands.choices["compare"].add_argument("--words", type=Path)
    given = vars(parser.parse_args())
    command = given.pop("command")
    if command == "compare":
        sys.exit(compare_recordings(**given))
    {"build": build, "record": record, "replay": replay}[command](**given)


main()
