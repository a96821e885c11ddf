"""`sinequanon import`: records and sources' texts, as one changeset or not at all."""

from __future__ import annotations

import gc
import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import import_kinds
from api.ledger.rules import text_hash
from tests.cli.commands import (
    count_changesets,
    expect_refusal,
    expect_success,
    open_raw_database,
    run_command,
)
from tests.worlds import ARTICLE, FIXTURES, TEXTS, Databases, make_draft, read_records

COURIER, PLAN = TEXTS


def test_the_world_is_imported_as_one_changeset(empty: str):
    total = sum(len(path.read_text().splitlines()) for path in FIXTURES.glob("*.ndjson"))
    told = expect_success(
        run_command(empty, "import", FIXTURES, "--author", "ebb", "--message", "first")
    )
    written = f"{total} revisions written as changeset 1: {total} created, 0 amended."
    assert told == f"{total} records read, {written}\n"
    with closing(open_raw_database(empty)) as connection:
        [(number, author, message)] = connection.execute(
            "SELECT number, author, message FROM changeset"
        )
    assert (number, author, message) == (1, "ebb", "first")


def test_an_import_restores_the_garbage_collector(empty: str, tmp_path: Path):
    before = gc.get_threshold()
    expect_success(run_command(empty, "import", FIXTURES))
    expect_refusal(run_command(empty, "import", tmp_path / "gone.ndjson"))
    assert gc.get_threshold() == before


def test_after_a_large_import_it_tells_how_to_put_the_database_in_order(empty: str, monkeypatch):
    monkeypatch.setattr(import_kinds, "_WORTH_COMPACTING", len(read_records("actors")))
    for arguments, told in ((["--dry-run"], False), ([], True), ([], False)):
        result = run_command(empty, "import", FIXTURES, *arguments)
        assert expect_success(result)
        assert ("sinequanon db compact" in result.stderr) == told


def test_importing_twice_writes_nothing(filled: str):
    assert "all known already; nothing was written" in expect_success(
        run_command(filled, "import", FIXTURES)
    )
    assert count_changesets(filled) == 1


def test_importing_twice_writes_nothing_when_texts_are_attached(filled: str):
    texts = [f"--text={source}={path}" for source, path in TEXTS.items()]
    expect_success(run_command(filled, "import", FIXTURES, *texts))
    for again in ([FIXTURES, *texts], [FIXTURES]):
        assert "nothing was written" in expect_success(run_command(filled, "import", *again))
    assert count_changesets(filled) == 2


def test_an_import_amends_what_is_different_alone(filled: str, folder):
    norland, sudmark, *_ = read_records("actors")
    where = folder(actors=[{**norland, "note": "amended"}, sudmark, make_draft("actors")])
    told = expect_success(run_command(filled, "import", where))
    assert told == "3 records read, 2 revisions written as changeset 2: 1 created, 1 amended.\n"


def test_an_import_takes_single_files_and_skips_blank_lines(filled: str, folder):
    where = folder(actors=["", make_draft("actors"), "  "])
    assert "1 records read, 1 revisions" in expect_success(
        run_command(filled, "import", where / "actors.ndjson")
    )


def test_records_of_one_import_may_name_each_other_in_any_order(filled: str, folder):
    part = make_draft("actors", id="part", part_of="whole")
    where = folder(actors=[part, make_draft("actors", id="whole")])
    assert "2 revisions written" in expect_success(run_command(filled, "import", where))


def test_a_dry_run_checks_everything_and_writes_nothing(empty: str, folder):
    told = expect_success(run_command(empty, "import", FIXTURES, "--dry-run"))
    assert "revisions would be written (dry run)" in told
    assert count_changesets(empty) == 0
    where = folder(actors=[make_draft("actors", part_of="nowhere")])
    assert "/part_of" in expect_refusal(run_command(empty, "import", where, "--dry-run"))


def test_faults_of_form_are_all_told_with_file_line_and_pointer(filled: str, folder):
    where = folder(
        actors=[
            make_draft("actors", id="good"),
            make_draft("actors", id="b", kind="planet"),
            '{"id": "c", "name": "C", "kind": "state", "kind": "state"}',
            {**make_draft("actors", id="d"), "nmae": "D"},
            make_draft("actors", id="good"),
            "[]",
        ],
        issues=[make_draft("issues", conflict=5)],
    )
    told = expect_refusal(run_command(filled, "import", where)).splitlines()
    file = where / "actors.ndjson"
    assert told[0].startswith(f"Error: {file}:2: /kind: must be one of ")
    assert told[1].startswith(f"{file}:3: ")
    assert "the key 'kind' stands twice" in told[1]
    assert told[2] == f"{file}:4: /nmae: unknown field; did you mean name?"
    assert told[3] == f"{file}:5: /id: is already at {file}:1"
    assert told[4] == f"{file}:6: the line: must be an object"
    assert told[5] == f"{where / 'issues.ndjson'}:1: /conflict: must be text"
    assert len(told) == 6
    assert count_changesets(filled) == 1


def test_faults_of_rules_are_all_told_with_file_line_and_pointer(filled: str, folder):
    where = folder(
        actors=[make_draft("actors", id="good"), make_draft("actors", id="b", part_of="nowhere")],
        positions=[make_draft("positions", evidence=["courier-plan-of-january"], holder="nobody")],
    )
    told = expect_refusal(run_command(filled, "import", where))
    assert f"{where / 'actors.ndjson'}:2: /part_of: there is no 'nowhere' in actors" in told
    assert f"{where / 'positions.ndjson'}:1: /holder: " in told
    assert f"{where / 'positions.ndjson'}:1: /evidence: " in told
    assert count_changesets(filled) == 1


def test_what_an_import_would_break_is_named(filled: str, folder):
    plan = read_records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    told = expect_refusal(run_command(filled, "import", folder(proposals=[plan])))
    assert "positions/sudmark-rejects-free-passage" in told
    assert "/responds_to/component" in told
    assert count_changesets(filled) == 1


def test_warnings_of_an_import_go_to_standard_error(filled: str, folder):
    written = make_draft("positions", holder="norland", force="commit", responds_to=None)
    result = run_command(filled, "import", folder(positions=[written]))
    assert "1 revisions written" in expect_success(result)
    assert result.stderr.startswith("warning: positions/a-new-one#/force: norland cannot commit")


def test_a_retracted_record_is_not_revived_by_an_import(filled: str, folder, registry_of):
    registry = registry_of("fixtures")
    registry.post("/v1/actors", make_draft("actors"))
    registry.retract("/v1/actors/a-new-one")
    told = expect_refusal(
        run_command(registry.url, "import", folder(actors=[make_draft("actors")]))
    )
    assert "actors/a-new-one was retracted" in told
    assert registry.head == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("actor.ndjson", "did you mean actors.ndjson?"),
        ("actors.json", "name a file after its noun, ending in .ndjson, .csv or .tsv (.gz too)"),
        ("actor.csv", "did you mean actors.csv?"),
        ("nothing-like-it.ndjson", "one of sources, actors"),
        ("missing/actors.ndjson", "there is no file"),
        ("", "holds no .ndjson or .csv files"),
    ],
)
def test_what_is_no_file_of_records_is_refused(filled: str, tmp_path: Path, name: str, told: str):
    if name and "/" not in name:
        (tmp_path / name).write_text(json.dumps(make_draft("actors")))
    assert told in expect_refusal(run_command(filled, "import", tmp_path / name))


def test_an_unknown_noun_is_refused_with_the_nearest(filled: str, folder):
    for noun, told in (("actor", "did you mean actors?"), ("zz", "known here: sources, actors")):
        refused = expect_refusal(run_command(filled, "import", "--noun", noun, folder(actors=[])))
        assert f"--noun {noun} is no noun; {told}" in refused


@pytest.mark.parametrize("before", ["\n", "\ufeff \n\n", ""])
def test_lines_may_name_their_nouns_in_any_writing(empty: str, tmp_path: Path, before: str):
    path = tmp_path / "mine.ndjson"
    record = json.dumps(make_draft("actors"))
    path.write_text(f'{before}{{ "noun" : "actors", "record": {record}}}\n', encoding="utf-8")
    assert "1 revisions written" in expect_success(run_command(empty, "import", path))


@pytest.mark.parametrize("name", ["actors.ndjson.gz", "mine.ndjson.gz", "actors.csv.gz"])
def test_a_packed_file_that_ends_early_is_refused_by_name(empty: str, tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(gzip.compress(json.dumps(make_draft("actors")).encode())[:-12])
    assert f"{path}: " in expect_refusal(run_command(empty, "import", path))


def test_what_is_rejected_is_not_told_to_be_known(empty: str, folder):
    where = folder(actors=[make_draft("actors", part_of="nowhere")])
    told = expect_success(run_command(empty, "import", where, "--on-error=skip"))
    assert told == "1 records read; nothing was written. 1 rows were rejected.\n"


def test_an_import_of_nothing_is_refused(filled: str):
    assert "give files or folders" in expect_refusal(run_command(filled, "import"))


def test_if_empty_leaves_a_registry_in_use_alone(filled: str, empty: str):
    told = expect_success(run_command(filled, "import", ARTICLE, "--if-empty"))
    assert told == "The registry is not empty; nothing was done.\n"
    assert count_changesets(filled) == 1
    assert "written as changeset 1" in expect_success(
        run_command(empty, "import", ARTICLE, "--if-empty")
    )


def test_a_text_verifies_its_statements(filled: str):
    statements = sum(each["source"] == COURIER for each in read_records("statements"))
    told = expect_success(run_command(filled, "import", "--text", f"{COURIER}={TEXTS[COURIER]}"))
    assert f"{statements} revisions written as changeset 2" in told
    assert expect_success(run_command(filled, "db", "check")).startswith("Sound: 2 changesets")


def test_a_text_without_statements_is_told(empty: str, folder, tmp_path: Path):
    (tmp_path / "text.txt").write_text("Words")
    source = make_draft("sources", id="s", text_sha256=text_hash("Words"), text_length=5)
    expect_success(run_command(empty, "import", folder(sources=[source]) / "sources.ndjson"))
    text = f"--text=s={tmp_path / 'text.txt'}"
    for more in (["--dry-run"], []):
        told = expect_success(run_command(empty, "import", text, *more))
        assert told == "0 records read; no record changes, new texts: 1.\n"
    assert "nothing was written" in expect_success(run_command(empty, "import", text))


def test_records_and_their_text_come_in_one_changeset(empty: str):
    expect_success(run_command(empty, "import", FIXTURES, "--text", f"{COURIER}={TEXTS[COURIER]}"))
    assert count_changesets(empty) == 1
    assert expect_success(run_command(empty, "db", "check")).startswith("Sound: 1 changesets")


def test_a_text_with_one_letter_changed_changes_nothing(filled: str, tmp_path: Path):
    forged = tmp_path / "forged.txt"
    forged.write_text(TEXTS[COURIER].read_text().replace("plan", "plot", 1))
    told = expect_refusal(run_command(filled, "import", "--text", f"{COURIER}={forged}"))
    assert f"--text {COURIER}: " in told
    assert "SHA-256" in told
    assert count_changesets(filled) == 1
    with closing(open_raw_database(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM text").fetchone() == (0,)


def test_a_forged_quote_is_shown_the_nearest_passage(filled: str, folder):
    forged = read_records("statements")[9]
    assert forged["exact"] == "certain assurances"
    where = folder(statements=[{**forged, "exact": "certain insurances"}])
    told = expect_refusal(
        run_command(filled, "import", where, "--text", f"{COURIER}={TEXTS[COURIER]}")
    )
    assert f"{where / 'statements.ndjson'}:1: /exact: the source says" in told
    assert "certain assurances" in told
    assert count_changesets(filled) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no-equals-sign", "--text takes SOURCE_ID=FILE"),
        ("=file", "--text takes SOURCE_ID=FILE"),
        (f"nowhere={TEXTS[COURIER]}", "there is no such source"),
        (f"{COURIER}=/nowhere/text.txt", "No such file"),
        (f"strait-council-vote-2024-03-08={TEXTS[COURIER]}", "declares no text"),
    ],
)
def test_a_text_that_can_not_be_attached_is_refused(filled: str, text: str, told: str):
    assert told in expect_refusal(run_command(filled, "import", "--text", text))
    assert count_changesets(filled) == 1


def test_the_seed_is_verified_by_the_article(databases: Databases, shared: Path):
    article = shared / "seed" / "article.txt"
    with databases.fresh("sqlite", "seed") as url:
        told = expect_success(
            run_command(url, "import", "--text", f"kremlin-rules-out-truce={article}")
        )
        assert "36 revisions written as changeset 3" in told
        assert expect_success(run_command(url, "db", "check")).startswith("Sound: 3 changesets")


def test_what_is_exported_is_imported_and_exported_the_same(
    filled: str, databases: Databases, tmp_path: Path
):
    file = tmp_path / "copy.ndjson"
    expect_success(run_command(filled, "export", "--to", file))
    with databases.fresh("sqlite") as other:
        assert "revisions written as changeset 1" in expect_success(
            run_command(other, "import", file)
        )
        assert run_command(other, "export").stdout_bytes == file.read_bytes()
    assert run_command(filled, "export", "--known-at", "0").stdout_bytes == b""
    assert "newest changeset is 1" in expect_refusal(
        run_command(filled, "export", "--known-at", "9")
    )


def test_a_record_that_stands_in_two_files_is_told(filled: str, folder, tmp_path: Path):
    where = folder(actors=[make_draft("actors")])
    mixed = tmp_path / "mixed.ndjson"
    mixed.write_text(json.dumps({"noun": "actors", "record": make_draft("actors")}) + "\n")
    told = expect_refusal(run_command(filled, "import", where / "actors.ndjson", mixed))
    assert f"{mixed}:1: /id: is already at {where / 'actors.ndjson'}:1" in told
