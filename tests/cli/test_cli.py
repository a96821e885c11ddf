"""The command without its imports: keys, the database, the contract, settings."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from api import keys
from api.cli import main
from api.cli.importing import import_records
from api.cli.seeding import AUTHOR
from api.ledger.truth.audit import COMMAND
from tests.cli.commands import expect_refusal, expect_success, open_raw_database, run_command
from tests.worlds import FIXTURES


def test_a_key_is_printed_alone_and_kept_as_a_hash(filled: str):
    result = run_command(filled, "keys", "create", "ana", "--scope", "write", "--scope", "texts")
    key = expect_success(result).removesuffix("\n")
    assert key.startswith("sqn_")
    assert len(key) == 52
    assert result.stderr == ""
    assert key.encode() not in Path(filled.removeprefix("sqlite:///")).read_bytes()


def test_keys_are_listed_without_their_secrets_and_revoked(filled: str):
    key = expect_success(run_command(filled, "keys", "create", "ana", "--scope", "write")).strip()
    listed = expect_success(run_command(filled, "keys", "list"))
    assert listed.startswith(f"{key[:12]}\tana\twrite\tmade 2")
    assert listed.endswith("\texpires never\tlast used never\tgood\n")
    assert key not in listed

    assert "can no longer write" in expect_success(run_command(filled, "keys", "revoke", "ana"))

    assert "\twas revoked 2" in expect_success(run_command(filled, "keys", "list"))
    assert "no good key named 'ana'" in expect_refusal(run_command(filled, "keys", "revoke", "ana"))


def test_the_name_of_a_key_is_never_given_again(filled: str):
    expect_success(run_command(filled, "keys", "create", "ana", "--scope", "write"))
    expect_success(run_command(filled, "keys", "revoke", "ana"))
    told = expect_refusal(run_command(filled, "keys", "create", "ana", "--scope", "write"))
    assert "names are never reused" in told


def test_a_key_is_rotated_and_the_old_one_revoked_by_its_first_characters(filled: str):
    made = ("keys", "create", "ana", "--scope", "write", "--scope", "texts")
    old = expect_success(run_command(filled, *made)).strip()
    new = expect_success(run_command(filled, "keys", "rotate", "ana", "--expires", "90d")).strip()
    listed = expect_success(run_command(filled, "keys", "list")).splitlines()
    assert [each.split("\t")[:3] for each in listed] == [
        [old[:12], "ana", "write texts"], [new[:12], "ana", "write texts"]
    ]  # fmt: skip
    assert "\texpires 2" in listed[1]

    told = expect_success(run_command(filled, "keys", "revoke", old[:12]))

    assert told == f"{old[:12]} of ana can no longer write.\n"
    states = [each.split("\t")[-1][:11] for each in
              expect_success(run_command(filled, "keys", "list")).splitlines()]  # fmt: skip
    assert states == ["was revoked", "good"]


def test_only_a_name_with_a_good_key_is_rotated(filled: str):
    assert "no good key" in expect_refusal(run_command(filled, "keys", "rotate", "ana"))
    expect_success(run_command(filled, "keys", "create", "ana", "--scope", "write"))
    expect_success(run_command(filled, "keys", "revoke", "ana"))
    assert "no good key" in expect_refusal(run_command(filled, "keys", "rotate", "ana"))


@pytest.mark.parametrize(
    "end", ["0d", "-1d", "2001-01-01", "2027-13-01", "soon", "999999d", "", "٣d"]
)
def test_a_key_ends_in_the_future(filled: str, end: str):
    made = ("keys", "create", "ana", "--scope", "write", "--expires", end)
    assert "--expires" in expect_refusal(run_command(filled, *made))


@pytest.mark.parametrize("name", ["seed", "import", "Seed", "IMPORT", "\uff53\uff45ed", "séed"])
def test_no_key_bears_the_name_of_what_the_command_writes(filled: str, name: str):
    told = expect_refusal(run_command(filled, "keys", "create", name, "--scope", "write"))
    assert "reserved" in told


def test_the_names_under_which_the_command_writes_are_reserved():
    [author] = [each for each in import_records.params if each.name == "author"]
    assert {AUTHOR, author.default, COMMAND} == set(keys.RESERVED_NAMES)


@pytest.mark.parametrize("arguments", [("a",), ("a", "--scope", "all"), (" ", "--scope", "write"),
                                       ("a\nb", "--scope", "write"),
                                       (" ana", "--scope", "write"), ("ana ", "--scope", "write"),
                                       ("sqn_ana", "--scope", "write")])  # fmt: skip
def test_a_key_needs_a_name_and_a_scope(filled: str, arguments: tuple[str, ...]):
    assert expect_refusal(run_command(filled, "keys", "create", *arguments))


def test_a_new_database_is_made_where_there_is_none(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'a.db'}"
    expect_success(run_command(url, "db", "upgrade"))
    assert expect_success(run_command(url, "db", "check")).startswith("Sound: 0 changesets")
    expect_success(run_command(url, "db", "upgrade"))


NEEDING_TABLES = pytest.mark.parametrize(
    "arguments",
    [("import", str(FIXTURES)), ("keys", "list"), ("db", "check"), ("db", "reindex"),
     ("keys", "create", "ana", "--scope", "write"), ("db", "compact"), ("export",)],
)  # fmt: skip


@NEEDING_TABLES
def test_over_a_database_without_tables_the_command_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...]
):
    file = tmp_path / "bare.db"
    file.touch()
    assert "sinequanon db upgrade" in expect_refusal(run_command(f"sqlite:///{file}", *arguments))


@NEEDING_TABLES
def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path: Path, arguments: tuple[str, ...]):
    file = tmp_path / "mistyped.db"
    told = expect_refusal(run_command(f"sqlite:///{file}", *arguments))
    assert f"there is no file {file}" in told
    assert "sinequanon db upgrade" in told
    assert list(tmp_path.iterdir()) == []


def test_over_a_database_out_of_reach_the_command_says_so():
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2"
    told = expect_refusal(run_command(url, "keys", "list"))
    assert told.count("\n") <= 3


def test_projections_are_made_anew(filled: str):
    with closing(open_raw_database(filled)) as connection:
        connection.execute("DELETE FROM facet")
        connection.execute("UPDATE actors SET superseded = 1 WHERE id = 'norland'")
    assert run_command(filled, "db", "check").exit_code == 1
    told = expect_success(run_command(filled, "db", "reindex"))
    assert re.fullmatch(r"Rebuilt from 1 changesets in \d+ s\.\n", told)
    assert expect_success(run_command(filled, "db", "check")).startswith("Sound: 1 changesets")


def test_a_database_is_put_in_order(filled: str):
    told = expect_success(run_command(filled, "db", "compact"))
    assert re.fullmatch(r"Compacted from \d+ to \d+ MB in \d+ s\.\n", told)
    assert expect_success(run_command(filled, "db", "check")).startswith("Sound: 1 changesets")


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
        ("UPDATE changeset SET previous = 'x'", "changeset 1: its previous hash"),
        ("UPDATE changeset SET hash = 'x'", "changeset 1: "),
        ("UPDATE changeset SET recorded_at = 'x'", "changeset 1: "),
        (
            "UPDATE changeset SET message = 'nothing to see'",
            "changeset 1: its number, time, author",
        ),
        ("UPDATE changeset SET author = 'nobody'", "changeset 1: "),
        ("UPDATE changeset SET recorded_at = recorded_at + 1", "changeset 1: "),
        ("UPDATE changeset SET number = 7", "changeset 7: expected changeset 1"),
        (
            "DROP TRIGGER revision_refuses_delete; DELETE FROM revision WHERE id = 'map-readers'",
            "changeset 1: its revisions are not the ones that it wrote",
        ),
        (
            "DROP TRIGGER changeset_refuses_delete; DELETE FROM changeset",
            "changeset 1: missing, although it has revisions",
        ),
        ("UPDATE actors SET kind = 'person' WHERE id = 'norland'", "differs from its rebuild"),
        ("DELETE FROM actors WHERE id = 'map-readers'", "differs from its rebuild"),
        (
            "UPDATE actors SET body = replace(body, 'Norland', 'Nordland') WHERE id = 'norland'",
            "differs from its rebuild",
        ),
        ("INSERT INTO text VALUES (hex(zeroblob(32)), 'forged')", "its bytes were changed"),
    ],
)
def test_whatever_was_tampered_with_is_found(filled: str, tampering: str, told: str):
    with closing(open_raw_database(filled)) as connection:
        connection.executescript(f"{UNGUARDED}{tampering}")
    result = run_command(filled, "db", "check")
    assert result.exit_code == 1
    assert told in result.stdout
    assert "Sound" not in result.stdout


def test_the_committed_contract_is_compared(tmp_path: Path):
    served = tmp_path / "deep" / "openapi.json"
    expect_success(run_command("sqlite:///unused.db", "openapi", "write", "--to", served))
    assert json.loads(served.read_text())["openapi"] == "3.1.0"
    expect_success(
        run_command("sqlite:///unused.db", "openapi", "write", "--check", "--to", served)
    )
    served.write_text(served.read_text().replace("Sine Qua Non", "Conditio"))
    result = run_command("sqlite:///unused.db", "openapi", "write", "--check", "--to", served)
    assert "run `make openapi` and commit it" in expect_refusal(result)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"SINEQUANON_DATABASE_ULR": "x"}, "unknown setting SINEQUANON_DATABASE_ULR"),
        ({"SINEQUANON_MAX_BODY_BYTES": "2MB"}, "must be a whole number from 1, not '2MB'"),
        ({"SINEQUANON_LOCK_TIMEOUT_SECONDS": "0"}, "must be a whole number from 1"),
        ({"SINEQUANON_FRAME_ANCESTORS": "https://a.example; script-src *"}, "which sites may"),
        ({"SINEQUANON_FRAME_ANCESTORS": ""}, "which sites may"),
        ({"SINEQUANON_DATABASE_URL": "mysql://x/y"}, "sqlite:///PATH or postgresql://"),
        ({"SINEQUANON_DATABASE_URL": "sqlite://"}, "SQLite needs a file"),
        ({"SINEQUANON_DATABASE_URL": "nonsense"}, "not a database address"),
    ],
)
def test_a_wrong_setting_is_refused_at_the_start(variables: dict[str, str], told: str):
    result = CliRunner().invoke(main, ["keys", "list"], env=variables)
    assert told in expect_refusal(result)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "postgresql://sinequanon:S3cr3t/pw@localhost:x/registry"),
        ("DATABASE_URL", "mysql://sinequanon:S3cr3t@localhost/registry"),
        ("LIMIT_STORAGE", "//:S3cr3t@localhost"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(name: str, text: str):
    result = CliRunner().invoke(main, ["keys", "list"], env={f"SINEQUANON_{name}": text})
    assert "S3cr3t" not in expect_refusal(result)
