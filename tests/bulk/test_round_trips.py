"""Export, import into an empty registry, export again: the same bytes, on and across engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.bulk.exporting import export_lines
from api.bulk.importing import ImportOptions, import_files
from api.ledger import Asked, Change, Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS
from tests.ledger.histories import histories, make_world, newest_tag, write_steps
from tests.worlds import Databases, read_records

ENGINES = ["sqlite", "postgresql"]
ACROSS = [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]


@contextmanager
def open_ledger(databases: Databases, engine: str, world: str = "empty") -> Iterator[Ledger]:
    with databases.fresh(engine, world) as url:
        ledger = Ledger(Database(url), NOUNS)
        try:
            yield ledger
        finally:
            ledger.database.close_connections()


def export_all(ledger: Ledger, known_at: int | None = None) -> bytes:
    with ledger.open_reader(Asked(number=known_at, valid_at="any")) as reader:
        return b"".join(export_lines(reader))


def find_head(ledger: Ledger) -> int:
    with ledger.open_reader() as reader:
        return reader.moment.known_at


def copy_lines(
    databases: Databases, engine: str, lines: bytes, folder: Path, lot: int | None
) -> bytes:
    """Import lines into an empty registry and export them again."""
    file = folder / "copy.ndjson"
    file.write_bytes(lines)
    with open_ledger(databases, engine) as ledger:
        if lines:
            import_files(ledger, [file], {}, ImportOptions(author="a", message="a copy", lot=lot))
        return export_all(ledger)


@pytest.mark.parametrize(("engine", "target"), ACROSS)
@settings(max_examples=max(settings.default.max_examples // 10, 3))
@given(history=histories, lot=st.sampled_from([20, None]), choice=st.integers(0, 99))
def test_a_random_history_comes_to_the_same_bytes(
    databases: Databases, tmp_path_factory: Any, engine: str, target: str, history: Any,
    lot: int | None, choice: int,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("copies")
    with open_ledger(databases, engine, "fixtures") as ledger:
        ledger.append_changes(make_world(), author="a")
        for steps in history:
            write_steps(ledger, steps)
        then = 1 + choice % find_head(ledger)
        for lines in (export_all(ledger), export_all(ledger, then)):
            assert copy_lines(databases, target, lines, folder, lot) == lines


@pytest.mark.parametrize("target", ENGINES)
@pytest.mark.parametrize("engine", ENGINES)
def test_amended_retracted_and_revived_records_come_as_they_are(
    databases: Databases, engine: str, target: str, tmp_path: Path
):
    with open_ledger(databases, engine, "fixtures") as ledger:
        norland, leaf = read_records("actors")[0], read_records("axioms")[0]
        back = {**norland, "id": "back"}
        ledger.append_changes(
            [Change("actors", "norland", {**norland, "note": "amended"})], author="a"
        )
        ledger.append_changes([Change("axioms", leaf["id"], None)], author="a")
        ledger.append_changes([Change("actors", "back", back)], author="a")
        ledger.append_changes([Change("actors", "back", None)], author="a")
        tag = frozenset({newest_tag(ledger, "actors", "back")})
        ledger.append_changes([Change("actors", "back", back, tag)], author="a")
        lines = export_all(ledger)
        assert b'"note":"amended"' in lines
        assert leaf["id"].encode() not in lines
        assert b'"id":"back"' in lines
        assert copy_lines(databases, target, lines, tmp_path, None) == lines
        assert copy_lines(databases, target, lines, tmp_path, 9) == lines


@pytest.mark.parametrize("lot", [None, 40])
def test_the_default_registry_comes_to_the_same_bytes(
    databases: Databases, tmp_path: Path, lot: int | None
):
    with open_ledger(databases, "sqlite", "seed") as ledger:
        lines = export_all(ledger)
    assert copy_lines(databases, "sqlite", lines, tmp_path, lot) == lines


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_export_the_same_whatever_was_written_first(
    databases: Databases, engine: str, tmp_path: Path
):
    with open_ledger(databases, "sqlite", "both") as ledger:
        expected = export_all(ledger)
    turned = tmp_path / "turned.ndjson"
    turned.write_bytes(b"".join(reversed(expected.splitlines(keepends=True))))
    with open_ledger(databases, engine) as ledger:
        import_files(
            ledger, [turned], {}, ImportOptions(author="a", message="turned round", lot=20)
        )
        assert export_all(ledger) == expected
