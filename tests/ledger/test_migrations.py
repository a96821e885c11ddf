"""A registry of the first release is upgraded with all that it shows."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, inspect, select, text

from api import keys
from api.errors import Invalid
from api.ledger import Ledger
from api.ledger.names import KEYS
from api.ledger.noun import Noun
from api.ledger.store.database import Database
from api.ledger.store.tables import changeset, facet, facet_kind, horizon, revision
from api.ledger.versions.rendering import facet_names
from api.ledger.versions.search_index import document, renew_index
from api.migrations import find_schema_faults, upgrade_database
from api.nouns import NOUNS
from tests.ledger.schemas import compare_schema
from tests.worlds import Databases, Registry, make_draft, parse_answer

VERSIONS = [noun.table for noun in NOUNS]
SCHEMAS = Path(__file__).parent / "release_0_1_0"

_COPIES = """
    INSERT INTO shelf
    SELECT facet.noun, facet.name, facet.value, facet.start, facet.ordinal, facet.recorded,
        superseded, valid_end, changeset, body
    FROM facet JOIN positions USING (ordinal, recorded)
    WHERE facet.noun = 'positions' AND facet.name = 'holder issues'
"""


OLD_FACET = Table(
    "facet",
    MetaData(),
    *(Column(name, Text, primary_key=True) for name in ("noun", "name", "value", "start")),
    *(Column(name, BigInteger, primary_key=True) for name in ("ordinal", "recorded")),
)


def read_old_rows(url: str) -> list[tuple[Table, list[Any]]]:
    """Read the projections of a registry in the form of 0.1.0."""
    database = Database(url)
    with database.read_snapshot() as snapshot:
        run = snapshot.connection.execute
        versions: list[tuple[Table, list[Any]]] = []
        facets: list[Any] = []
        for noun in NOUNS:
            version, old = noun.table, make_old_table(noun)
            columns = [
                revision.c.hash if each.name == "hash" else version.c[each.name] for each in old.c
            ]
            query = select(*columns).join(revision, revision.c.seq == version.c.seq)
            versions.append((old, list(run(query.order_by(version.c.ordinal, version.c.recorded)))))
            for name in facet_names(noun) - {KEYS}:  # which 0.1.0 did not have
                query = select(facet.c.value, facet.c.start, version.c.ordinal, version.c.recorded)
                query = query.join(version, version.c.place == facet.c.place)
                found = run(query.where(facet.c.kind == facet_kind(noun.name, name)))
                facets += [(noun.name, name, *row) for row in found]
    database.close_connections()
    return [*versions, (OLD_FACET, facets)]


OLD_CHANGESET = Table(
    "changeset", MetaData(), *(Column(c.name, c.type) for c in changeset.c if c.name != "reviewer")
)


def make_old_table(noun: Noun) -> Table:
    """Return the index table of a noun with the columns of 0.1.0."""
    columns = {column.name: Column(column.name, column.type) for column in noun.table.c}
    for later in ("place", *(("valid_start", "valid_end") if noun.name == "axioms" else ())):
        del columns[later]
    return Table(noun.name, MetaData(), *columns.values(), Column("hash", LargeBinary))


DATE_FACTS = text("UPDATE axioms SET valid_start = :start, valid_end = :end WHERE id = :id")


DATE_KEYS = text(
    f"UPDATE facet SET start = (SELECT valid_start FROM axioms WHERE axioms.place = facet.place) "
    f"WHERE kind = {facet_kind('axioms', KEYS)}"
)


def list_dated_facts(url: str) -> list[dict[str, str]]:
    """List the facts of a registry with the bounds of their periods."""
    axioms = next(noun.table for noun in NOUNS if noun.name == "axioms")
    [(_, rows)] = read_rows(url, [axioms])
    named = [dict(zip(axioms.c.keys(), row, strict=True)) for row in rows]
    return [{"id": each["id"], "start": each["valid_start"], "end": each["valid_end"]}
            for each in named if each["kind"] == "fact"]  # fmt: skip


def make_first_release(url: str, rows: Iterable[tuple[Table, list[Any]]]) -> Ledger:
    """Make a registry as 0.1.0 would have it: its schema, and its copies of whole versions."""
    made = Ledger(Database(url), NOUNS)
    with made.database.begin_write(any_schema=True) as write:
        schema = SCHEMAS / f"{write.connection.dialect.name}.sql"
        for statement in schema.read_text(encoding="utf-8").split(";\n"):
            if statement:
                write.connection.execute(text(statement.replace(":", r"\:")))
        for table, some in rows:
            write.insert_rows(table, some)
        write.connection.execute(text(_COPIES))
        write.connection.execute(text("DELETE FROM facet WHERE name = 'holder issues'"))
    return made


def is_comment(difference: Any) -> bool:
    """Whether it is a comment on a column; the schema of the first release is kept without."""
    return isinstance(difference, list) and difference[0][0] == "modify_comment"


def read_rows(url: str, tables: Iterable[Table]) -> list[tuple[Table, list[Any]]]:
    database = Database(url)
    with database.read_snapshot() as snapshot:
        found = [
            (table, [
                tuple(row)
                for row in snapshot.connection.execute(select(table).order_by(*table.primary_key))
            ])
            for table in tables
        ]  # fmt: skip
    database.close_connections()
    return found


def test_a_registry_of_the_first_release_is_upgraded(databases: Databases, engine: str):
    with databases.fresh(engine, "both") as new, databases.fresh(engine, "bare") as old:
        stored = read_rows(new, [OLD_CHANGESET, revision, horizon, document])
        stored += read_old_rows(new)
        assert all(rows for _, rows in stored)
        ledger = make_first_release(old, stored)
        upgrade_database(ledger.database)
        with ledger.database.begin_write() as write:  # 0.1.0 knew no facts
            write.connection.execute(DATE_FACTS, list_dated_facts(new))
            write.connection.execute(DATE_KEYS)
        assert ledger.find_faults() == []
        with ledger.database.begin_write(keep=False) as write:
            assert [*find_schema_faults(write)] == []
        versions = [[rows for _, rows in read_old_rows(url)[:-1]] for url in (old, new)]
        assert versions[0] == versions[1]
        with ledger.database.read_snapshot() as snapshot:
            differing = compare_schema(snapshot.connection)
            assert [each for each in differing if not is_comment(each)] == []
            found = {
                index["name"]
                for table in VERSIONS
                for index in inspect(snapshot.connection).get_indexes(table.name)
            }
        assert {index.name for table in VERSIONS for index in table.indexes} <= found
        ledger.database.close_connections()


def test_words_with_letters_that_do_not_decompose_are_folded_again(
    registry_of: Callable[..., Registry], engine: str
):
    registry = registry_of("fixtures", engine=engine)
    actor = {**make_draft("actors"), "id": "lech", "name": "Łech Walesa"}
    assert registry.post("/v1/actors", actor).status_code == 201
    with registry.ledger.database.begin_write() as write:  # as they were before
        for statement in _UNFOLD:
            write.connection.execute(text(statement))
        renew_index(write.connection)
    assert registry.ledger.find_faults()
    with registry.ledger.database.begin_write() as write:
        write.connection.execute(text("UPDATE alembic_version SET version_num = '0016'"))
    upgrade_database(registry.ledger.database)
    assert registry.ledger.find_faults() == []
    assert parse_answer(registry.get("/v1/search", q="łech"))["data"][0]["id"] == "lech"
    assert parse_answer(registry.get("/v1/actors", text="Lech"))["data"][0]["id"] == "lech"


_UNFOLD = (
    "UPDATE actors SET search = replace(search, 'lech walesa', 'łech walesa')",
    "UPDATE search_document SET words = replace(words, 'lech walesa', 'łech walesa')",
)


@pytest.mark.parametrize("number", ["0005", "0011"])
def test_a_schema_that_no_release_had_is_refused(stocked: Ledger, number: str):
    with stocked.database.begin_write() as write:
        write.connection.execute(
            text("UPDATE alembic_version SET version_num = :number"), {"number": number}
        )
    with pytest.raises(Invalid, match=f"migration {number}, which no release had"):
        upgrade_database(stocked.database)


def test_a_key_of_the_first_release_stays_good(databases: Databases, engine: str):
    secret = "sqn_" + "a-B_c" * 8 + "xyz"
    row = {"name": "ana", "sha256": keys.hash_secret(secret), "scopes": "write texts", "made": 1}
    with databases.fresh(engine, "bare") as url:
        ledger = make_first_release(url, [])
        insert = "INSERT INTO api_key VALUES (:name, :sha256, :scopes, :made, NULL)"
        with ledger.database.begin_write(any_schema=True) as write:
            write.connection.execute(text(insert), row)
        upgrade_database(ledger.database)
        with ledger.database.read_snapshot() as snapshot:
            found = keys.find_holder(snapshot, secret)
        [listed] = keys.list_keys(ledger.database)
        assert found == listed
        assert (listed.name, listed.scopes, listed.state) == ("ana", ("write", "texts"), "good")
        assert keys.is_well_formed(secret)
        assert keys.revoke_keys(ledger.database, listed.prefix) == [listed]
        ledger.database.close_connections()


def read_answer(path: str, answer: str) -> Any:
    """Return the records of a list, or the text of a source."""
    if not answer.startswith("{"):
        return answer
    records: list[dict[str, Any]] = json.loads(answer)["data"]
    # The order of axioms is a breaking change that the changelog lists.
    is_axioms = path.startswith("/v1/axioms?")
    return sorted(records, key=lambda each: each["id"]) if is_axioms else records


def test_every_answer_that_the_first_release_gave_at_a_moment_is_given_after_the_upgrade(
    tmp_path: Path,
):
    # 0.1.0 itself made the registry, by its own commands and over HTTP, and gave these answers.
    file = tmp_path / "registry.db"
    file.write_bytes(lzma.decompress((SCHEMAS / "registry.db.xz").read_bytes()))
    before: dict[str, str] = json.loads(lzma.decompress((SCHEMAS / "answers.json.xz").read_bytes()))
    registry = Registry(f"sqlite:///{file}")
    upgrade_database(registry.ledger.database)
    for path, answer in before.items():
        after = registry.get(path)
        assert after.status_code == 200, path
        assert read_answer(path, after.text) == read_answer(path, answer), path
    assert len(before) > 70
    assert registry.ledger.find_faults() == []
    registry.close()
