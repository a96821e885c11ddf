"""At any moment both engines find what a scan of all records finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import SineQuaNonError
from api.ledger import Asked, Change, Ledger
from api.ledger.noun import Noun
from api.ledger.reading import search
from api.ledger.store.database import Database
from api.ledger.versions.rendering import parse_body
from api.ledger.words import Phrase, WordQuery, join_words
from api.nouns import NOUNS
from api.search.parsing import parse_search_text, widen_to_names

VOCABULARY = ["Kyiv", "Kiev", "КИЇВ", "Kyiv City", "truce", "truces", "tru", "no-fly", "Éire", "½",
              "ﬁre", "中国", "O'Neil", "the", "a_b", "İ", "ß", "%", "'"]  # fmt: skip
CONFLICTS = ("one", "one-two")

texts = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=5).map(" ".join)
actors = st.fixed_dictionaries({
    "id": st.sampled_from(["ann", "bob"]),
    "name": texts,
    "kind": st.just("state"),
    "aliases": st.lists(texts, max_size=2, unique=True),
})  # fmt: skip
propositions = st.fixed_dictionaries({
    "id": st.sampled_from(["p", "q", "r"]),
    "text": texts,
    "conflict": st.sampled_from(CONFLICTS),
})  # fmt: skip
written = st.one_of(
    actors.map(lambda r: Change("actors", r["id"], r)),
    propositions.map(lambda r: Change("propositions", r["id"], r)),
    st.sampled_from(["p", "q"]).map(lambda id: Change("propositions", id, None)),
)
changesets = st.lists(written, min_size=1, max_size=4, unique_by=lambda c: (c.noun, c.id))
histories = st.lists(changesets, min_size=1, max_size=6)

cut = st.tuples(st.sampled_from(VOCABULARY), st.integers(1, 4)).map(lambda w: w[0][: w[1]])
bare = st.one_of(st.sampled_from(VOCABULARY), cut.map(lambda each: f"{each}*"))
quoted = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=3).map(
    lambda some: f'"{" ".join(some)}"'
)
parts = st.tuples(st.sampled_from(["", "", "", "-"]), st.one_of(bare, quoted)).map("".join)
questions = st.lists(st.one_of(parts, st.text(max_size=3)), min_size=1, max_size=4).map(" ".join)


def make_wanted(names: Mapping[str, Sequence[str]], question: str, **narrowed: Any) -> WordQuery:
    text = parse_search_text(question)
    excluded = [phrase for choice in widen_to_names(text.excluded, names) for phrase in choice]
    return WordQuery(tuple(widen_to_names(text.included, names)), tuple(excluded), **narrowed)


def read_records(ledger: Ledger, known_at: int) -> list[tuple[Noun, dict[str, Any]]]:
    with ledger.open_reader(Asked(number=known_at, valid_at="any")) as reader:
        return [
            (noun, parse_body(noun, body))
            for noun in NOUNS
            for body in reader.read_page(noun, {}, limit=1000).whole_bodies
        ]


def contains_phrase(phrase: Phrase, text: str) -> bool:
    length = len(phrase.words)
    words = text.split()
    runs = (tuple(words[i : i + length]) for i in range(len(words) - length + 1))
    if phrase.is_beginning:
        return any(r[:-1] == phrase.words[:-1] and r[-1].startswith(phrase.words[-1]) for r in runs)
    return phrase.words in runs


def scan_records(ledger: Ledger, known_at: int, question: str, **narrowed: Any) -> set[str]:
    """Return what fits by looking at each record, without an index."""
    known = read_records(ledger, known_at)
    names: dict[str, list[str]] = {}
    for noun, record in known:
        if noun.name == "actors":
            theirs = [join_words([each]) for each in (record["name"], *record["aliases"])]
            for each in theirs:
                names.setdefault(each, []).extend(filter(None, theirs))
    asked = make_wanted(names, question, **narrowed)
    return {
        f"{noun.name}/{record['id']}"
        for noun, record in known
        if noun.words is not None
        and all(
            any(contains_phrase(p, join_words(noun.words(record))) for p in c) for c in asked.all_of
        )
        and not any(contains_phrase(p, join_words(noun.words(record))) for p in asked.none_of)
        and (not asked.nouns or noun.name in asked.nouns)
        and (not asked.conflicts or record.get("conflict") in asked.conflicts)
    }


def search_ledger(ledger: Ledger, known_at: int, question: str, **narrowed: Any) -> list[str]:
    with ledger.open_reader(Asked(number=known_at, valid_at="any")) as reader:
        names = reader.other_names(parse_search_text(question).possible_names)
        hits = reader.find_hits(make_wanted(names, question, **narrowed), limit=1000)
        shown = reader.read_hits(hits)
        return [f"{h.noun}/{r['id']}" for h, r in zip(hits, shown, strict=True)]


@given(
    history=histories,
    question=questions.filter(lambda each: parse_search_text(each).included),
    narrowed=st.fixed_dictionaries({}, optional={
        "nouns": st.just(("propositions",)),
        "conflicts": st.sampled_from(CONFLICTS).map(lambda each: (each,)),
    }),
)  # fmt: skip
def test_both_engines_find_what_a_look_through_the_records_finds(
    databases, history, question, narrowed
):
    with databases.fresh("sqlite") as one, databases.fresh("postgresql") as other:
        ledgers = [Ledger(Database(url), NOUNS) for url in (one, other)]
        heads = [write_history(ledger, history) for ledger in ledgers]
        assert heads[0] == heads[1]
        for known_at in range(heads[0] + 1):
            lists = [search_ledger(ledger, known_at, question, **narrowed) for ledger in ledgers]
            assert lists[0] == lists[1]
            assert len(set(lists[0])) == len(lists[0])
            assert {*lists[0]} == scan_records(ledgers[0], known_at, question, **narrowed)
        for ledger in ledgers:
            ledger.database.close_connections()


@pytest.mark.parametrize("known_at", [2, 3])
def test_both_engines_count_what_they_find_by_noun_and_conflict(ledger: Ledger, known_at: int):
    write_history(ledger, [[
        Change("actors", "ann", {"id": "ann", "name": "Kyiv", "kind": "state", "aliases": []}),
        *(Change("propositions", id, {"id": id, "text": "On Kyiv", "conflict": conflict})
          for id, conflict in (("p", "one"), ("q", "one-two"), ("r", "one-two"))),
    ], [Change("propositions", "r", None)]])  # fmt: skip
    with ledger.open_reader(Asked(number=known_at, valid_at="any")) as reader:
        found = reader.count_hits(make_wanted({}, "kyiv"), most=100)
        assert len(reader.count_hits(make_wanted({}, "kyiv"), most=1)) == 1
    assert [(each.noun, each.conflict, each.count) for each in found] == [
        ("actors", None, 1), ("propositions", "one", 1),
        ("propositions", "one-two", 2 if known_at == 2 else 1),
    ]  # fmt: skip


def write_history(ledger: Ledger, history: Sequence[Sequence[Change]]) -> int:
    """Write two conflicts and a history; return the newest changeset."""
    opening = [Change("conflicts", c, {"id": c, "name": c, "kind": "dispute"}) for c in CONFLICTS]
    head = ledger.append_changes(opening, author="a").head
    for changes in history:
        try:
            head = ledger.append_changes(changes, author="a").head
        except SineQuaNonError:
            continue
    return head


@pytest.fixture
def ledger(database_url: str):
    opened = Ledger(Database(database_url), NOUNS)
    yield opened
    opened.database.close_connections()


def test_what_is_newest_comes_first_and_an_amended_record_keeps_its_place(ledger: Ledger):
    for id in ("old", "new", "old"):
        name = {"id": id, "name": f"Truce of {id} {ledger.read_schema()}", "kind": "state"}
        head = ledger.append_changes([Change("actors", id, {**name, "aliases": [f"{id} one"]})],
                             author="a").head  # fmt: skip
    amended = {"id": "old", "name": "Truce again", "kind": "state"}
    ledger.append_changes([Change("actors", "old", amended)], author="a")
    assert search_ledger(ledger, head, "truce") == ["actors/new", "actors/old"]
    assert search_ledger(ledger, head + 1, "truce") == ["actors/new", "actors/old"]
    assert search_ledger(ledger, head, "again") == []


def test_words_that_are_too_long_for_a_document_are_cut(ledger: Ledger):
    """PostgreSQL refused the record, and SQLite's archive could not be restored there."""
    aliases = [f"{chr(0x4E00 + n)}{'㌖' * 198}" for n in range(200)]
    record = {"id": "x", "name": "Truce", "kind": "state", "aliases": aliases}
    head = ledger.append_changes([Change("actors", "x", record)], author="a").head
    assert search_ledger(ledger, head, "truce") == ["actors/x"]
    assert ledger.find_faults() == []


def test_a_document_that_was_changed_is_a_fault_and_is_mended(ledger: Ledger):
    ledger.append_changes([Change("actors", "x", {"id": "x", "name": "Truce", "kind": "state"})],
                  author="a")  # fmt: skip
    assert ledger.find_faults() == []
    with ledger.database.begin_write() as write:
        write.connection.exec_driver_sql("UPDATE search_document SET words = 'peace'")
    assert any("search_document" in fault for fault in ledger.find_faults())
    ledger.rebuild_projections()
    assert ledger.find_faults() == []
    assert search_ledger(ledger, 1, "truce") == ["actors/x"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_index_that_lost_a_document_is_a_fault_and_is_mended(ledger: Ledger):
    ledger.append_changes([Change("actors", "x", {"id": "x", "name": "Truce", "kind": "state"})],
                  author="a")  # fmt: skip
    with ledger.database.begin_write() as write:
        write.connection.exec_driver_sql(
            "INSERT INTO search_index(search_index, rowid, words, marks) "
            "SELECT 'delete', place, words, marks FROM search_document"
        )
    assert search_ledger(ledger, 1, "truce") == []
    assert any("search_index" in fault for fault in ledger.find_faults())
    ledger.rebuild_projections()
    assert ledger.find_faults() == []
    assert search_ledger(ledger, 1, "truce") == ["actors/x"]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_postgresql_s_index_is_on_what_is_asked(ledger: Ledger):
    asked = f"SELECT place FROM search_document WHERE {search._VECTOR} @@ 'truce'::tsquery"
    with ledger.database.read_snapshot() as snapshot:
        connection = snapshot.connection
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {asked}").scalars().all()
    assert any("search_index" in line for line in plan)
