"""`sinequanon import` of more records than one changeset holds: lots, rejected rows, kill -9."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from api.bulk.lots import RegistryTarget
from api.errors import Busy
from tests.cli.commands import (
    count_changesets,
    expect_refusal,
    expect_success,
    open_raw_database,
    run_command,
)
from tests.servers import COMMAND, make_environment
from tests.worlds import FIXTURES, TEXTS, WORLDS, Databases, make_draft, read_records

Folder = Callable[..., Path]


def export_all(url: str) -> bytes:
    return run_command(url, "export").stdout_bytes


def check_soundness(url: str) -> None:
    assert expect_success(run_command(url, "db", "check")).startswith("Sound: ")


@pytest.mark.parametrize("lot", ["4", "40"])
@pytest.mark.parametrize("world", ["fixtures", "seed"])
def test_lots_of_any_size_come_to_the_same_records(
    databases: Databases, engine: str, world: str, lot: str
):
    with databases.fresh(engine, world) as whole:
        expected = export_all(whole)
    folders = [folder for step, _ in WORLDS[world] for folder in step]
    with databases.fresh(engine) as url:
        told = expect_success(run_command(url, "import", *folders, "--lot", lot))
        total = len(expected.splitlines())
        assert f"{total} records read, {total} revisions written as changesets 1 to " in told
        assert export_all(url) == expected
        check_soundness(url)
        assert "nothing was written" in expect_success(
            run_command(url, "import", *folders, "--lot", lot)
        )
        assert "nothing was written" in expect_success(run_command(url, "import", *folders))


def test_every_changeset_of_an_import_says_which_part_it_is(empty: str, folder: Folder):
    where = folder(actors=[make_draft("actors", id=f"a-{n}") for n in range(5)])
    expect_success(run_command(empty, "import", where, "--lot", "2", "--message", "five"))
    with closing(open_raw_database(empty)) as connection:
        said = connection.execute("SELECT message FROM changeset ORDER BY number").fetchall()
    assert said == [("five, part 1",), ("five, part 2",), ("five, part 3",)]


def test_records_that_name_each_other_in_a_circle_come_in_one_changeset(empty: str, folder: Folder):
    ring = [
        {**make_draft("actors", id=f"a-{n}"), "members": [{"actor": f"a-{(n + 1) % 6}"}]}
        for n in range(6)
    ]
    where = folder(actors=[*ring, make_draft("actors", id="alone")])
    expect_success(run_command(empty, "import", where, "--lot", "2"))
    with closing(open_raw_database(empty)) as connection:
        found = connection.execute("SELECT changeset, count(*) FROM revision GROUP BY 1 ORDER BY 1")
        assert found.fetchall() == [(1, 1), (2, 6)]


def test_a_fault_in_the_last_lot_stops_all_before_anything_is_written(empty: str, folder: Folder):
    good = [make_draft("actors", id=f"a-{n}") for n in range(9)]
    where = folder(actors=[*good, make_draft("actors", id="bad", part_of="nowhere")])
    told = expect_refusal(run_command(empty, "import", where, "--lot", "3"))
    assert f"{where / 'actors.ndjson'}:10: /part_of: there is no 'nowhere'" in told
    assert count_changesets(empty) == 0


def test_a_dry_run_of_many_lots_checks_all_and_writes_nothing(empty: str):
    told = expect_success(run_command(empty, "import", FIXTURES, "--lot", "9", "--dry-run"))
    assert "revisions would be written (dry run)" in told
    assert count_changesets(empty) == 0


def read_report(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("lot", ["2", "1000"])
def test_rows_that_do_not_fit_are_reported_and_the_rest_is_written(
    empty: str, folder: Folder, tmp_path: Path, lot: str
):
    lines = [
        make_draft("actors", id="good"),
        make_draft("actors", id="planet", kind="planet"),
        make_draft("actors", id="of-planet", part_of="planet"),
        make_draft("actors", id="of-that", part_of="of-planet"),
        "{",
        make_draft("actors", id="good", note="again"),
        make_draft("actors", id="last", part_of="good"),
    ]
    where, report = folder(actors=lines), tmp_path / "report"
    result = run_command(
        empty, "import", where, "--on-error", "skip", "--report", report, "--lot", lot
    )
    told = expect_success(result)
    assert "4 records read, 2 revisions written as changeset" in told
    assert told.endswith(f" 5 rows were rejected; {report} says why.\n")
    file = str(where / "actors.ndjson")
    found = read_report(report)
    assert {each["path"] for each in found} == {file}
    assert {each["column"] for each in found} == {None}
    assert [(each["line"], each["pointer"]) for each in found] == [
        (2, "/kind"), (5, ""), (6, "/id"), (3, "/part_of"), (4, "/part_of"),
    ]  # fmt: skip
    reasons = {each["line"]: each["reason"] for each in found}
    assert f"{file}:2, which has it, was rejected" in reasons[3]
    assert f"{file}:3, which has it, was rejected" in reasons[4]
    assert json.loads(next(each["raw"] for each in found if each["line"] == 3)) == lines[2]
    assert result.stderr.count("rejected: ") == 5
    kept = [json.loads(line)["record"]["id"] for line in export_all(empty).splitlines()]
    assert kept == ["good", "last"]
    check_soundness(empty)


def test_a_report_of_a_table_names_columns(empty: str, tmp_path: Path):
    table, report = tmp_path / "actors.csv", tmp_path / "report"
    table.write_text("id,name,kind,part_of\na,A,state,\nb,B,planet,\nc,C,state,nowhere\n")
    expect_success(run_command(empty, "import", table, "--on-error", "skip", "--report", report))
    assert [(each["line"], each["column"], each["raw"]) for each in read_report(report)] == [
        (3, "kind", "b,B,planet,"), (4, "part_of", "c,C,state,nowhere"),
    ]  # fmt: skip


def test_what_was_retracted_and_what_others_need_is_skipped(
    registry_of: Callable[..., Any], folder: Folder, tmp_path: Path
):
    registry = registry_of("fixtures")
    registry.post("/v1/actors", make_draft("actors", id="gone"))
    registry.retract("/v1/actors/gone")
    where = folder(actors=[make_draft("actors", id="gone"), make_draft("actors", id="new")])
    (where / "mixed.ndjson").write_text(
        '{"noun":"actors","retract":"norland"}\n{"noun":"actors","retract":"nobody"}\n'
    )
    report = tmp_path / "report"
    told = expect_success(
        run_command(registry.url, "import", where, "--on-error=skip", "--report", report)
    )
    assert "1 revisions written as changeset 4: 1 created, 0 amended. 3 rows were rejected" in told
    reasons = sorted(each["reason"] for each in read_report(report))
    assert reasons[0] == "actors/gone was retracted, and an import does not revive records"
    assert any("names it in " in each for each in reasons)
    assert "cannot be retracted, because there is no such record" in reasons


def test_an_amendment_that_would_break_another_record_is_skipped(
    filled: str, folder: Folder, tmp_path: Path
):
    plan = read_records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    where, report = folder(proposals=[plan]), tmp_path / "report"
    expect_success(run_command(filled, "import", where, "--on-error=skip", "--report", report))
    assert all("would break positions/" in each["reason"] for each in read_report(report))
    assert read_report(report)
    assert count_changesets(filled) == 1


@pytest.mark.parametrize("lot", ["1", "2", "1000"])
def test_amendments_that_need_each_other_find_each_other(filled: str, folder: Folder, lot: str):
    plan = read_records("proposals")[0]
    for each in plan["components"]:
        each["id"] = {"b": "new-b"}.get(each["id"], each["id"])
    answers = [
        each for each in read_records("positions") if each.get("responds_to", {}).get("component")
    ]
    for each in answers:
        component = each["responds_to"]["component"]
        each["responds_to"]["component"] = {"b": "new-b"}.get(component, component)
    other = [make_draft("actors", id=f"a-{n}") for n in range(3)]
    where = folder(actors=other, proposals=[plan], positions=answers)
    expect_success(run_command(filled, "import", where, "--lot", lot))
    check_soundness(filled)
    assert b'"component":"new-b"' in export_all(filled)
    assert b'"component":"b"' not in export_all(filled)


def test_an_import_that_ends_early_tells_what_it_has_written(
    empty: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    def end_early(self: RegistryTarget, changes: Any) -> Any:
        if self._parts == 2:
            raise Busy("other writes are in progress")
        return append(self, changes)

    where = folder(actors=[make_draft("actors", id=f"a-{n}") for n in range(5)])
    append = RegistryTarget.append
    with monkeypatch.context() as patch:
        patch.setattr(RegistryTarget, "append", end_early)
        told = expect_refusal(run_command(empty, "import", where, "--lot", "2"))
    assert "Changesets 1 to 2 are written; the same import, run again, goes on" in told
    assert "1 revisions written" in expect_success(run_command(empty, "import", where))


def test_what_is_retracted_goes_after_what_named_it(empty: str, folder: Folder, tmp_path: Path):
    expect_success(run_command(empty, "import", FIXTURES))
    gone = tmp_path / "gone.ndjson"
    lines = map(json.loads, export_all(empty).splitlines())
    named = [(each["noun"], each["record"]["id"]) for each in lines]
    gone.write_text("".join(
        json.dumps({"noun": noun, "retract": id}) + "\n"
        for noun, id in named
        if noun in ("positions", "preconditions", "axioms")
    ))  # fmt: skip
    expect_success(run_command(empty, "import", gone))
    check_soundness(empty)
    assert b'"noun":"positions"' not in export_all(empty)


def test_texts_come_with_the_last_of_many_lots(empty: str):
    texts = [f"--text={source}={path}" for source, path in TEXTS.items()]
    expect_success(run_command(empty, "import", FIXTURES, *texts, "--lot", "20"))
    check_soundness(empty)
    assert "nothing was written" in expect_success(run_command(empty, "import", FIXTURES, *texts))


def write_actors(folder: Path, count: int, note: str = "") -> Path:
    """Write a file of many actors, each a part of the one before it."""
    made = (
        {
            "id": f"a-{n:06}", "name": f"A {n}", "kind": "institution", "note": note or f"note {n}",
            **({"part_of": f"a-{n - 1:06}"} if n % 10 else {}),
        }
        for n in range(count)
    )  # fmt: skip
    path = folder / "actors.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in made))
    return path


def test_a_killed_import_is_ended_by_a_second_one(
    databases: Databases, engine: str, tmp_path: Path
):
    """`kill -9` in the middle of the lots."""
    file = write_actors(tmp_path, 1_500)
    with databases.fresh(engine) as clean, databases.fresh(engine) as url:
        expect_success(run_command(clean, "import", file, "--lot", "50", "--on-error", "skip"))
        process = subprocess.Popen(
            [COMMAND, "import", str(file), "--lot", "50", "--on-error", "skip"],
            env=make_environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with create_engine(url, poolclass=NullPool).connect() as connection:
            while process.poll() is None and _count_lots(connection) < 4:
                time.sleep(0.02)
        process.kill()
        process.communicate()
        kept = len(export_all(url).splitlines())
        assert 200 <= kept < 1_500
        assert kept % 50 == 0
        check_soundness(url)
        told = expect_success(run_command(url, "import", file, "--lot", "50"))
        assert f"1500 records read, {1_500 - kept} revisions written" in told
        assert export_all(url) == export_all(clean)
        check_soundness(url)


def _count_lots(connection: Connection) -> int:
    with connection.begin():
        return connection.execute(text("SELECT count(*) FROM changeset")).scalar_one()


PEAK = """
import pathlib, re, sys, threading
from api.cli import main

# Not rusage: it counts the process that this one was forked from, and the mapped pages of the
# database's file, which the system can reclaim.
most, done = 0, threading.Event()

def watch():
    global most
    while not done.wait(0.005):
        status = pathlib.Path("/proc/self/status").read_text()
        most = max(most, int(re.search(r"RssAnon:\\s*([0-9]+) kB", status)[1]))

watching = threading.Thread(target=watch)
watching.start()
try:
    main(sys.argv[1:], standalone_mode=False)
finally:
    done.set()
    watching.join()
    print(most * 1024)
"""


def measure_peak(url: str, *arguments: str | Path) -> int:
    """Run the command in a process of its own, and return its peak memory in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, arguments)],
        env=make_environment(url), capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return int(done.stdout.splitlines()[-1])


def test_memory_does_not_grow_with_the_file(databases: Databases, tmp_path: Path):
    (tmp_path / "small").mkdir()
    small = write_actors(tmp_path / "small", 2_000, "x" * 4_000)
    large = write_actors(tmp_path, 8_000, "x" * 4_000)
    with databases.fresh("sqlite") as one, databases.fresh("sqlite") as other:
        base = measure_peak(one, "import", small, "--lot", "100", "--on-error", "skip")
        used = measure_peak(other, "import", large, "--lot", "100", "--on-error", "skip")
        assert used < 500_000_000
        # The whole file is 32 MB, and what is made of it is many times as large.
        assert used - base < large.stat().st_size
        exporting = measure_peak(other, "export", "--to", tmp_path / "copy.ndjson")
        assert exporting - base < large.stat().st_size


def test_a_text_is_attached_though_all_rows_beside_it_are_rejected(filled: str, folder: Folder):
    where = folder(actors=[make_draft("actors", part_of="nowhere")])
    source, path = next(iter(TEXTS.items()))
    told = expect_success(
        run_command(filled, "import", where, "--on-error=skip", "--text", f"{source}={path}")
    )
    assert "1 rows were rejected" in told
    with closing(open_raw_database(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM text").fetchone() == (1,)


def test_a_report_never_takes_the_place_of_what_is_imported(empty: str, folder: Folder):
    where = folder(actors=[make_draft("actors")])
    file, report = where / "actors.ndjson", where / "rejected.ndjson"
    before = file.read_bytes()
    told = expect_refusal(run_command(empty, "import", file, "--report", file))
    assert "would overwrite" in told
    assert file.read_bytes() == before
    for _ in range(2):
        expect_success(run_command(empty, "import", where, "--report", report))
    report.write_text("of yesterday")
    assert "there is no file" in expect_refusal(
        run_command(empty, "import", "none", "--report", report)
    )
    assert report.read_text() == "of yesterday"
