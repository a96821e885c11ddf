"""Every record leads on, and each way leads somewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from api.ledger.versions.rendering import have_same_content, links_by_id, parse_stored
from api.nouns import NOUNS_BY_NAME
from tests.worlds import RESOURCE, Registry, make_any_day_query, parse_answer

LEADS_TO = {
    "actors": {"positions", "preconditions", "dossier", "page"},
    "positions": {"proposition", "conflict", "evidence", "answers", "page"},
    "preconditions": {"antecedents", "consequents", "conflict", "evidence", "page"},
    "sources": {"statements", "positions"},
    "statements": {"source", "positions", "page"},
    "conflicts": {"positions", "deadlock", "matrix", "timeline", "page"},
    "issues": {"conflict", "positions"},
    "propositions": {"conflict", "positions", "as_antecedent", "as_consequent"},
    "proposals": {"conflict", "responses", "positions", "page"},
    "axioms": {"conflict", "propositions"},
}


def test_records_of_all_nouns_lead_on():
    assert set(LEADS_TO) == set(RESOURCE)


def test_a_record_leads_to_what_belongs_to_it(registry_of, noun: str):
    found = registry_of("seed").data(f"/v1/{noun}", limit=1000, **make_any_day_query(noun))
    assert LEADS_TO[noun] <= {name for each in found for name in each["links"]}


def test_each_link_leads_to_an_answer(reading: Registry, noun: str):
    for each in reading.data(f"/v1/{noun}", limit=1000, **make_any_day_query(noun)):
        for name, address in each["links"].items():
            # A text that is public may still have to be attached.
            if name != "text":
                assert reading.get(address).status_code == 200, (each["id"], name, address)


@pytest.mark.parametrize(("id", "missing"), [("russia", "part_of"), ("kremlin", None)])
def test_what_leads_nowhere_is_left_out(registry_of, id: str, missing: str | None):
    [actor] = [each for each in registry_of("seed").data("/v1/actors") if each["id"] == id]
    assert ("part_of" in actor["links"]) == (missing is None)
    assert None not in actor["links"].values()


@pytest.mark.parametrize("links", [("self", "history"), None])
def test_links_and_texts_that_were_added_later_change_no_answer_that_was_given(registry_of, links):
    seed = registry_of("seed")
    seen = _read_view(seed)
    with seed.ledger.database.begin_write() as write:
        for noun in ("positions", "preconditions"):
            for id, body in write.connection.execute(text(f"SELECT id, body FROM {noun}")).all():
                older = {"id": id, "body": _as_first_rendered(noun, body, links)}
                rewrite = text(f"UPDATE {noun} SET body = :body WHERE id = :id")
                write.connection.execute(rewrite, older)
    given = seed.get("/v1/positions", known_at=2, valid_at="any", limit=1000).get_data()
    assert b"proposition_text" not in given
    assert _read_view(seed) == seen

    assert seed.ledger.find_faults() == []
    seed.amend("/v1/actors/belarus", note="looked at again")
    seed.ledger.rebuild_projections()

    after = seed.get("/v1/positions", known_at=2, valid_at="any", limit=1000)
    assert after.get_data() == given
    amended = seed.amend("/v1/positions/russia-rejects-truce", note="looked at again")
    assert parse_answer(amended)["proposition_text"]


def _read_view(registry: Registry) -> list[dict[str, Any]]:
    """Return the rows of a view, without what bodies of 0.1.0 do not tell."""
    with registry.ledger.database.read_snapshot() as snapshot:
        rows = snapshot.connection.execute(text("SELECT * FROM v_positions ORDER BY id"))
        return [{**each, "derived": None} for each in rows.mappings()]


def test_links_that_follow_from_the_id_are_not_stored(registry_of):
    with registry_of("seed").ledger.database.read_snapshot() as snapshot:
        bodies = snapshot.connection.execute(text("SELECT body FROM positions")).scalars().all()
    assert bodies
    assert not [each for each in bodies if b'"/v1/positions/' in each or b'"history"' in each]


def test_the_links_by_id_stay_as_they_are(noun: str):
    """Stored bodies lack them: one that is added or taken away would change answers of the past.

    A new link by id is named in `Noun.later`, and so stored.
    """
    found = b"".join(links_by_id(NOUNS_BY_NAME[noun])).decode()
    names = " ".join(json.loads("{" + found[1:]))
    assert names == {
        "actors": "self history positions preconditions asked statements dossier page",
        "positions": "self history answers page",
        "preconditions": "self history positions page",
        "proposals": "self history responses positions page",
        "conflicts": "self history positions preconditions proposals issues propositions axioms "
                     "deadlock matrix timeline page",
        "issues": "self history propositions positions preconditions",
        "propositions": "self history positions as_antecedent as_consequent",
        "statements": "self history positions preconditions page",
        "sources": "self history statements positions preconditions",
        "axioms": "self history",
    }[noun]  # fmt: skip


def _as_first_rendered(noun: str, body: bytes, links: tuple[str, ...] | None) -> bytes:
    """Return a stored body as it once was: no field that came later, and these links or all."""
    record = parse_stored(NOUNS_BY_NAME[noun], body)
    for name in ("derived", "proposition_text", "antecedents_text", "consequents_text"):
        record.pop(name, None)
    record["links"] = {name: record["links"][name] for name in links or record["links"]}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()[:-1]


@pytest.mark.parametrize("lost", ["doubts", "proposition_text", "links", "a brace"])
def test_a_body_that_lost_what_it_had_is_a_fault(registry_of, lost: str):
    seed = registry_of("seed")
    with seed.ledger.database.begin_write() as write:
        find = text("SELECT body FROM positions WHERE id = 'russia-rejects-truce'")
        body = write.connection.execute(find).scalar_one()
        record = parse_stored(NOUNS_BY_NAME["positions"], body)
        if lost == "links":
            record["links"]["page"] = "/elsewhere"
        elif lost == "proposition_text":
            record[lost] = "Something else."
        elif lost in record:
            del record[lost]
        body = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
        body = body[:-1] if lost == "a brace" else body
        rewrite = text("UPDATE positions SET body = :body WHERE id = 'russia-rejects-truce'")
        write.connection.execute(rewrite, {"body": body})
    assert any("russia-rejects-truce" in fault for fault in seed.ledger.find_faults())


def test_a_later_link_or_field_is_no_difference_if_its_noun_says_so():
    older = b'{"id":"a","links":{"self":"/a","history":"/a/history","page":"/p"}'
    newer = (
        b'{"id":"a","aim":"x","links":{"self":"/a","history":"/a/history","page":"/p","feed":"/f"}'
    )
    actors = NOUNS_BY_NAME["actors"]
    told, half_told = (
        replace(actors, filters=(), later=later)
        for later in (("links.feed", "aim"), ("links.feed",))
    )
    assert have_same_content(told, older, newer)
    for noun in (actors, half_told):
        assert not have_same_content(noun, older, newer)
    assert not have_same_content(told, newer, older)
