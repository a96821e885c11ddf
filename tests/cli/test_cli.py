"""The command, as its users type it: in process, and in processes of its own where that counts."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from tests.servers import COMMAND, environment, free_port, run, serving
from tests.worlds import FIXTURES, SEEDS, TEXTS, Databases, draft, records

COURIER, PLAN = TEXTS


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """Give the URL of an empty SQLite registry."""
    with databases.fresh("sqlite") as url:
        yield url


@pytest.fixture
def filled(databases: Databases) -> Iterator[str]:
    """Give the URL of the invented world on SQLite."""
    with databases.fresh("sqlite", "fixtures") as url:
        yield url


def typed(url: str, *arguments: str | Path) -> Result:
    """Run the command in this process."""
    env = {"SINEQUANON_DATABASE_URL": url}
    return CliRunner().invoke(main, [*map(str, arguments)], env=env)


def succeeded(result: Result) -> str:
    """Give the standard output of a command that must have gone well."""
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    """Give the sentence of a command that must have been refused, not crashed."""
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    return result.stderr


def raw(url: str) -> sqlite3.Connection:
    """Open a database behind the registry's back."""
    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)


def head(url: str) -> int:
    with closing(raw(url)) as connection:
        return connection.execute("SELECT count(*) FROM changeset").fetchone()[0]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write NDJSON files into a folder: `folder(actors=[{…}, "a line as it is"])`."""

    def write(**nouns: list[Any]) -> Path:
        for noun, lines in nouns.items():
            written = [each if isinstance(each, str) else json.dumps(each) for each in lines]
            (tmp_path / f"{noun}.ndjson").write_text("\n".join(written) + "\n", encoding="utf-8")
        return tmp_path

    return write


def test_the_world_is_imported_as_one_changeset(empty: str):
    total = sum(len(path.read_text().splitlines()) for path in FIXTURES.glob("*.ndjson"))
    told = succeeded(typed(empty, "import", FIXTURES, "--author", "ebb", "--message", "first"))
    assert told == f"{total} records read, {total} revisions written as changeset 1.\n"
    with closing(raw(empty)) as connection:
        [(number, author, message)] = connection.execute(
            "SELECT number, author, message FROM changeset"
        )
    assert (number, author, message) == (1, "ebb", "first")


def test_importing_twice_writes_nothing(filled: str):
    assert "all known already; nothing was written" in succeeded(typed(filled, "import", FIXTURES))
    assert head(filled) == 1


def test_importing_twice_writes_nothing_when_texts_are_attached(filled: str):
    texts = [f"--text={source}={path}" for source, path in TEXTS.items()]
    succeeded(typed(filled, "import", FIXTURES, *texts))
    for again in ([FIXTURES, *texts], [FIXTURES]):
        assert "nothing was written" in succeeded(typed(filled, "import", *again))
    assert head(filled) == 2


def test_an_import_amends_what_is_different_alone(filled: str, folder):
    norland, sudmark, *_ = records("actors")
    where = folder(actors=[{**norland, "note": "amended"}, sudmark, draft("actors")])
    told = succeeded(typed(filled, "import", where))
    assert told == "3 records read, 2 revisions written as changeset 2.\n"


def test_an_import_takes_single_files_and_skips_blank_lines(filled: str, folder):
    where = folder(actors=["", draft("actors"), "  "])
    assert "1 records read, 1 revisions" in succeeded(
        typed(filled, "import", where / "actors.ndjson")
    )


def test_records_of_one_import_may_name_each_other_in_any_order(filled: str, folder):
    part = draft("actors", id="part", part_of="whole")
    where = folder(actors=[part, draft("actors", id="whole")])
    assert "2 revisions written" in succeeded(typed(filled, "import", where))


def test_a_dry_run_checks_everything_and_writes_nothing(empty: str, folder):
    told = succeeded(typed(empty, "import", FIXTURES, "--dry-run"))
    assert "revisions would be written; nothing was" in told
    assert head(empty) == 0
    where = folder(actors=[draft("actors", part_of="nowhere")])
    assert "/part_of" in refused(typed(empty, "import", where, "--dry-run"))


def test_faults_of_form_are_all_told_with_file_line_and_pointer(filled: str, folder):
    where = folder(
        actors=[
            draft("actors", id="good"),
            draft("actors", id="b", kind="planet"),
            '{"id": "c", "name": "C", "kind": "state", "kind": "state"}',
            {**draft("actors", id="d"), "nmae": "D"},
            draft("actors", id="good"),
            "[]",
        ],
        issues=[draft("issues", conflict=5)],
    )
    told = refused(typed(filled, "import", where)).splitlines()
    file = where / "actors.ndjson"
    assert told[0].startswith(f"Error: {file}:2: /kind: must be one of ")
    assert told[1].startswith(f"{file}:3: ")
    assert "the key 'kind' stands twice" in told[1]
    assert told[2] == f"{file}:4: /nmae: unknown field; did you mean name?"
    assert told[3] == f"{file}:6: the line: must be an object"
    assert told[4] == f"{where / 'issues.ndjson'}:1: /conflict: must be text"
    assert told[5] == f"{file}:5: /id: stands at {file}:1 already"
    assert len(told) == 6
    assert head(filled) == 1


def test_faults_of_rules_are_all_told_with_file_line_and_pointer(filled: str, folder):
    where = folder(
        actors=[draft("actors", id="good"), draft("actors", id="b", part_of="nowhere")],
        positions=[draft("positions", evidence=["courier-plan-of-january"], holder="nobody")],
    )
    told = refused(typed(filled, "import", where))
    assert f"{where / 'actors.ndjson'}:2: /part_of: there is no 'nowhere' in actors" in told
    assert f"{where / 'positions.ndjson'}:1: /holder: " in told
    assert f"{where / 'positions.ndjson'}:1: /evidence: " in told
    assert head(filled) == 1


def test_what_an_import_would_break_is_named(filled: str, folder):
    plan = records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    told = refused(typed(filled, "import", folder(proposals=[plan])))
    assert "positions/sudmark-rejects-free-passage" in told
    assert "/responds_to/component" in told
    assert head(filled) == 1


def test_warnings_of_an_import_go_to_standard_error(filled: str, folder):
    written = draft("positions", holder="norland", force="commit", responds_to=None)
    result = typed(filled, "import", folder(positions=[written]))
    assert "1 revisions written" in succeeded(result)
    assert result.stderr.startswith("warning: positions/a-new-one#/force: norland cannot commit")


def test_a_retracted_record_is_not_revived_by_an_import(filled: str, folder, registry_of):
    registry = registry_of("fixtures")
    registry.post("/v1/actors", draft("actors"))
    registry.retract("/v1/actors/a-new-one")
    told = refused(typed(registry.url, "import", folder(actors=[draft("actors")])))
    assert "actors/a-new-one was retracted" in told
    assert registry.head == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("actor.ndjson", "did you mean actors.ndjson?"),
        ("actors.json", "a file is named after its noun, with .ndjson behind it"),
        ("nothing-like-it.ndjson", "one of sources, actors"),
        ("missing/actors.ndjson", "there is no file"),
        ("", "holds no .ndjson files"),
    ],
)
def test_what_is_no_file_of_records_is_refused(filled: str, tmp_path: Path, name: str, told: str):
    if name and "/" not in name:
        (tmp_path / name).write_text(json.dumps(draft("actors")))
    assert told in refused(typed(filled, "import", tmp_path / name))


def test_an_import_of_nothing_is_refused(filled: str):
    assert "give files or folders" in refused(typed(filled, "import"))


def test_if_empty_leaves_a_registry_in_use_alone(filled: str, empty: str):
    told = succeeded(typed(filled, "import", SEEDS, "--if-empty"))
    assert told == "The registry is not empty; nothing was done.\n"
    assert head(filled) == 1
    assert "written as changeset 1" in succeeded(typed(empty, "import", SEEDS, "--if-empty"))


def test_a_text_verifies_its_statements(filled: str):
    statements = sum(each["source"] == COURIER for each in records("statements"))
    told = succeeded(typed(filled, "import", "--text", f"{COURIER}={TEXTS[COURIER]}"))
    assert f"{statements} revisions written as changeset 2" in told
    assert succeeded(typed(filled, "db", "check")).startswith("Sound: 2 changesets")


def test_records_and_their_text_come_in_one_changeset(empty: str):
    succeeded(typed(empty, "import", FIXTURES, "--text", f"{COURIER}={TEXTS[COURIER]}"))
    assert head(empty) == 1
    assert succeeded(typed(empty, "db", "check")).startswith("Sound: 1 changesets")


def test_a_text_with_one_letter_changed_changes_nothing(filled: str, tmp_path: Path):
    forged = tmp_path / "forged.txt"
    forged.write_text(TEXTS[COURIER].read_text().replace("plan", "plot", 1))
    told = refused(typed(filled, "import", "--text", f"{COURIER}={forged}"))
    assert f"--text {COURIER}: " in told
    assert "SHA-256" in told
    assert head(filled) == 1
    with closing(raw(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM text").fetchone() == (0,)


def test_a_forged_quote_is_shown_the_nearest_passage(filled: str, folder):
    forged = records("statements")[9]
    assert forged["exact"] == "certain assurances"
    where = folder(statements=[{**forged, "exact": "certain insurances"}])
    told = refused(typed(filled, "import", where, "--text", f"{COURIER}={TEXTS[COURIER]}"))
    assert f"{where / 'statements.ndjson'}:1: /exact: the source says" in told
    assert "certain assurances" in told
    assert head(filled) == 1


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
    assert told in refused(typed(filled, "import", "--text", text))
    assert head(filled) == 1


def test_the_seed_is_verified_by_the_article(databases: Databases, shared: Path):
    article = shared / "seed" / "article.txt"
    with databases.fresh("sqlite", "seed") as url:
        told = succeeded(typed(url, "import", "--text", f"kremlin-rules-out-truce={article}"))
        assert "36 revisions written as changeset 2" in told
        assert succeeded(typed(url, "db", "check")).startswith("Sound: 2 changesets")


def test_a_key_is_printed_alone_and_kept_as_a_hash(filled: str):
    result = typed(filled, "keys", "create", "ana", "--scope", "write", "--scope", "texts")
    key = succeeded(result).removesuffix("\n")
    assert key.startswith("sqn_")
    assert len(key) > 40
    assert result.stderr == ""
    assert key.encode() not in Path(filled.removeprefix("sqlite:///")).read_bytes()


def test_keys_are_listed_without_their_secrets_and_revoked(filled: str):
    key = succeeded(typed(filled, "keys", "create", "ana", "--scope", "write")).strip()
    listed = succeeded(typed(filled, "keys", "list"))
    assert listed.startswith("ana\twrite\tmade 2")
    assert listed.endswith("\tgood\n")
    assert key not in listed

    assert "can no longer write" in succeeded(typed(filled, "keys", "revoke", "ana"))

    assert "\trevoked 2" in succeeded(typed(filled, "keys", "list"))
    assert "no good key named 'ana'" in refused(typed(filled, "keys", "revoke", "ana"))


def test_the_name_of_a_key_is_never_given_again(filled: str):
    succeeded(typed(filled, "keys", "create", "ana", "--scope", "write"))
    succeeded(typed(filled, "keys", "revoke", "ana"))
    told = refused(typed(filled, "keys", "create", "ana", "--scope", "write"))
    assert "names are never reused" in told


@pytest.mark.parametrize("arguments", [("a",), ("a", "--scope", "all"), (" ", "--scope", "write"),
                                       ("a\nb", "--scope", "write")])  # fmt: skip
def test_a_key_needs_a_name_and_a_scope(filled: str, arguments: tuple[str, ...]):
    assert refused(typed(filled, "keys", "create", *arguments))


def test_a_new_database_is_made_where_there_is_none(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'a.db'}"
    succeeded(typed(url, "db", "upgrade"))
    assert succeeded(typed(url, "db", "check")).startswith("Sound: 0 changesets")
    succeeded(typed(url, "db", "upgrade"))


@pytest.mark.parametrize("arguments", [("import", str(FIXTURES)), ("keys", "list"), ("db", "check"),
                                       ("keys", "create", "ana", "--scope", "write"),
                                       ("db", "reindex")])  # fmt: skip
def test_over_a_database_without_tables_the_command_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...]
):
    told = refused(typed(f"sqlite:///{tmp_path / 'bare.db'}", *arguments))
    assert "sinequanon db upgrade" in told


def test_over_a_database_out_of_reach_the_command_says_so():
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    told = refused(typed(url, "keys", "list"))
    assert told.count("\n") <= 3


def test_projections_are_made_anew(filled: str):
    with closing(raw(filled)) as connection:
        connection.execute("DELETE FROM facet")
        connection.execute("UPDATE actors SET superseded = 1 WHERE id = 'norland'")
    assert typed(filled, "db", "check").exit_code == 1
    assert succeeded(typed(filled, "db", "reindex")) == "Made anew from 1 changesets.\n"
    assert succeeded(typed(filled, "db", "check")).startswith("Sound: 1 changesets")


UNGUARDED = "DROP TRIGGER revision_refuses_update; DROP TRIGGER changeset_refuses_update;"
RENAMED = "replace(body, 'Norland', 'Nordland')"
NORLAND = "WHERE noun = 'actors' AND id = 'norland'"
CHANGED = "revision 1 of actors/norland: its bytes were changed"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (f"UPDATE revision SET body = {RENAMED} {NORLAND}", CHANGED),
        (f"UPDATE revision SET body = CAST({RENAMED} AS BLOB) {NORLAND}", CHANGED),
        (f"UPDATE revision SET body = CAST(body AS TEXT) {NORLAND}", CHANGED),
        (f"UPDATE revision SET hash = hex(hash) {NORLAND}", CHANGED),
        (f"UPDATE revision SET hash = zeroblob(32) {NORLAND}", CHANGED),
        (f"UPDATE revision SET tombstone = 1 {NORLAND}", CHANGED),
        (f"UPDATE revision SET number = 2 {NORLAND}", "revision 2 of actors/norland"),
        ("UPDATE changeset SET contents = 'x'", "changeset 1: its revisions are not the ones"),
        ("UPDATE changeset SET previous = 'x'", "changeset 1: does not follow"),
        ("UPDATE changeset SET hash = 'x'", "changeset 1: "),
        ("UPDATE changeset SET recorded_at = 'x'", "changeset 1: "),
        (
            "UPDATE changeset SET message = 'nothing to see'",
            "changeset 1: its number, time, author",
        ),
        ("UPDATE changeset SET author = 'nobody'", "changeset 1: "),
        ("UPDATE changeset SET recorded_at = recorded_at + 1", "changeset 1: "),
        ("UPDATE changeset SET number = 7", "changeset 7: expected number 1"),
        (
            "DROP TRIGGER revision_refuses_delete; DELETE FROM revision WHERE id = 'map-readers'",
            "changeset 1: its revisions are not the ones it wrote",
        ),
        (
            "DROP TRIGGER changeset_refuses_delete; DELETE FROM changeset",
            "changeset 1: missing, though there are revisions of it",
        ),
        ("UPDATE actors SET kind = 'person' WHERE id = 'norland'", "differs from its rebuild"),
        ("DELETE FROM actors WHERE id = 'map-readers'", "differs from its rebuild"),
        (
            "UPDATE actors SET body = replace(body, 'Norland', 'Nordland') WHERE id = 'norland'",
            "differs from its rebuild",
        ),
        ("INSERT INTO text VALUES (hex(zeroblob(32)), 'forged')", "its words were changed"),
    ],
)
def test_whatever_was_tampered_with_is_found(filled: str, tampering: str, told: str):
    with closing(raw(filled)) as connection:
        connection.executescript(f"{UNGUARDED}{tampering}")
    result = typed(filled, "db", "check")
    assert result.exit_code == 1
    assert told in result.stdout
    assert "Sound" not in result.stdout


def test_the_committed_contract_is_compared(tmp_path: Path):
    served = tmp_path / "deep" / "openapi.json"
    succeeded(typed("sqlite:///unused.db", "openapi", "write", "--to", served))
    assert json.loads(served.read_text())["openapi"] == "3.1.0"
    succeeded(typed("sqlite:///unused.db", "openapi", "write", "--check", "--to", served))
    served.write_text(served.read_text().replace("Sine Qua Non", "Conditio"))
    result = typed("sqlite:///unused.db", "openapi", "write", "--check", "--to", served)
    assert "run `make openapi` and commit it" in refused(result)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"SINEQUANON_DATABASE_ULR": "x"}, "unknown setting SINEQUANON_DATABASE_ULR"),
        ({"SINEQUANON_MAX_BODY_BYTES": "2MB"}, "must be a whole number above 0, not '2MB'"),
        ({"SINEQUANON_LOCK_TIMEOUT_SECONDS": "0"}, "must be a whole number above 0"),
        ({"SINEQUANON_DATABASE_URL": "mysql://x/y"}, "sqlite:///PATH or postgresql://"),
        ({"SINEQUANON_DATABASE_URL": "sqlite://"}, "SQLite needs a file"),
        ({"SINEQUANON_DATABASE_URL": "nonsense"}, "not a database address"),
    ],
)
def test_a_wrong_setting_is_refused_at_the_start(variables: dict[str, str], told: str):
    result = CliRunner().invoke(main, ["keys", "list"], env=variables)
    assert told in refused(result)


def test_serving_begins_with_the_seed_and_loads_nothing_twice(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'data' / 'sinequanon.db'}"
    with serving(url, tmp_path, "--prepare") as server:
        assert len(server.ask("/v1/statements?limit=1000").json()["data"]) == 36
        key = run("keys", "create", "ana", "--scope", "write", url=url).stdout.strip()
        bearer = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        gone = server.ask("/v1/axioms/" + first_axiom(), "DELETE", headers=bearer)
        assert gone.status == 204
    with serving(url, tmp_path, "--prepare") as server:
        assert len(server.ask("/v1/changesets").json()["data"]) == 2
        assert server.ask("/v1/axioms/" + first_axiom()).status == 410


def first_axiom() -> str:
    return records("axioms", SEEDS)[0]["id"]


def test_a_killed_server_loses_no_acknowledged_write(databases: Databases, tmp_path: Path):
    """`kill -9` in the middle of writes by four clients."""
    with databases.fresh("sqlite", "fixtures") as url:
        key = run("keys", "create", "ana", "--scope", "write", url=url).stdout.strip()
        acknowledged: set[str] = set()
        with serving(url, tmp_path) as server:

            def write(name: str) -> None:
                for number in range(10_000):
                    body = draft("actors", id=f"{name}-{number}")
                    try:
                        headers = {"Authorization": f"Bearer {key}"}
                        answer = server.ask("/v1/actors", "POST", body=body, headers=headers)
                    except OSError:
                        return
                    if answer.status == 201:
                        acknowledged.add(f"{name}-{number}")

            writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
            for each in writers:
                each.start()
            wait_until(lambda: len(acknowledged) > 40)
            server.kill()
            for each in writers:
                each.join()

        assert typed(url, "db", "check").stdout.startswith("Sound: ")
        with closing(raw(url)) as connection:
            kept = {id for (id,) in connection.execute("SELECT id FROM revision")}
        assert len(acknowledged) > 40
        assert acknowledged <= kept
        with serving(url, tmp_path) as server:
            assert server.ask("/v1/actors/a-0").status == 200


def wait_until(done: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(2_000):
        if done():
            return
        tick.wait(0.01)
    raise AssertionError("it took too long")


def test_two_importers_at_once_write_everything_once(databases: Databases, engine: str):
    with databases.fresh(engine) as url:
        running = [
            subprocess.Popen(
                [COMMAND, "import", str(folder)],
                env=environment(url),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for folder in (FIXTURES, FIXTURES, SEEDS)
        ]
        told = [each.communicate(timeout=60) for each in running]
        assert [each.returncode for each in running] == [0, 0, 0], told
        written = [out for out, _ in told if "written as changeset" in out]
        assert len(written) == 2
        assert succeeded(typed(url, "db", "check")).startswith("Sound: 2 changesets")


def test_a_port_that_is_taken_is_told(filled: str):
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = subprocess.run(
            [COMMAND, "serve", "--port", str(port)],
            env=environment(filled),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert result.returncode != 0
    assert str(port) in result.stdout + result.stderr
