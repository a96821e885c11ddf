"""A text that is not public is shown to, and published by, keys with the scope `texts` alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api import keys
from api.ledger.rules import text_hash
from api.ledger.versions.texts import refuse_publishing
from tests.worlds import TEXTS, Registry, make_draft, measure_cpu, parse_answer

PUBLIC, WITHHELD = TEXTS
PUBLIC_TEXT, WITHHELD_TEXT = (path.read_text(encoding="utf-8") for path in TEXTS.values())
DIGEST = text_hash(WITHHELD_TEXT)
SECRETS = ("open talks by 1 May", "left unpatrolled", "Annex", "replies received")
"""Words of the withheld text that no statement quotes."""

TRUE_WORDS = "Norland and Sudmark open talks by 1 May."
START = WITHHELD_TEXT.index(TRUE_WORDS)
LINES = {"Content-Type": "application/x-ndjson"}


def make_quote(words: str, *, start: int = START, **changes: Any) -> dict[str, Any]:
    """Return a statement that quotes words of the withheld source."""
    spoken = {"source": WITHHELD, "start": start, "end": start + len(words), "exact": words,
              "exact_sha256": None, "gist": None, "attestation": "verbatim_fragment"}  # fmt: skip
    return make_draft("statements", **{**spoken, **changes})


FORGED = make_quote("Norland and Sudmark open talks by 9 Mai.")
POINTER = make_quote(
    TRUE_WORDS, exact=None, gist="They begin.", attestation="indirect",
    exact_sha256=text_hash(TRUE_WORDS), start=START - 5, end=START - 5 + len(TRUE_WORDS),
)  # fmt: skip


def post_lines(registry: Registry, *lines: Any, **query: Any) -> TestResponse:
    body = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    headers = {**LINES, "Authorization": f"Bearer {registry.key}"}
    return registry.client.post(
        "/v1/changesets", data=body, query_string=query or None, headers=headers
    )


def move_to_withheld_text(registry: Registry) -> TestResponse:
    """Make the public source declare the withheld text, into which its quotes do not fit."""
    declared = {"text_sha256": DIGEST, "text_length": None, "text_public": False}
    return registry.amend(f"/v1/sources/{PUBLIC}", **declared)


def post_to_another_source(registry: Registry) -> TestResponse:
    """Quote the withheld text by a source of one's own that declares it without its length."""
    source = make_draft("sources", text_sha256=DIGEST, text_length=None, text_public=False)
    return post_lines(
        registry,
        {"noun": "sources", "record": source},
        {"noun": "statements", "record": {**FORGED, "source": "a-new-one", "end": 5_000,
                                          "exact": None, "gist": "Much.", "attestation": "indirect",
                                          "exact_sha256": text_hash("much")}},
    )  # fmt: skip


REFUSED: dict[str, Callable[[Registry], TestResponse]] = {
    "post": lambda r: r.post("/v1/statements", FORGED),
    "hash": lambda r: r.post("/v1/statements", POINTER),
    "nothing like it": lambda r: r.post("/v1/statements", make_quote("zz qq xx jj")),
    "put": lambda r: r.amend("/v1/statements/revised-plan-fee", start=82, end=132),
    "lines": lambda r: post_lines(r, {"noun": "statements", "record": FORGED}),
    "dry run": lambda r: post_lines(r, {"noun": "statements", "record": FORGED}, dry_run=1),
    "source": move_to_withheld_text,
    "another source": post_to_another_source,
}


@pytest.fixture
def withheld(registry: Registry) -> Registry:
    """The invented world with both texts attached, one of them public; the key writes records."""
    parse_answer(registry.put_text(PUBLIC, PUBLIC_TEXT))
    parse_answer(registry.put_text(WITHHELD, WITHHELD_TEXT))
    registry.make_key("clerk", "write")
    return registry


def find_shown(answer: TestResponse) -> list[str]:
    """Return ten characters of the withheld text wherever an answer has them."""
    body = answer.get_data(as_text=True)
    pieces = {WITHHELD_TEXT[n : n + 10] for n in range(len(WITHHELD_TEXT) - 10)}
    return sorted(each for each in pieces if each in body)


@pytest.mark.parametrize("way", REFUSED)
def test_no_refusal_shows_a_withheld_text_to_who_lacks_the_scope(withheld: Registry, way: str):
    answer = REFUSED[way](withheld)
    assert answer.status_code in (409, 422)
    assert find_shown(answer) == []
    [fault] = parse_answer(answer, answer.status_code)["errors"]
    assert "not public" in fault["detail"]
    assert withheld.head == 3


def test_refusals_show_a_withheld_text_to_the_scope_texts(withheld: Registry):
    withheld.make_key("archivist", "write", "texts")
    shown = [way for way in REFUSED if find_shown(REFUSED[way](withheld))]
    assert len(shown) >= 5
    assert "open talks by 1 May" in REFUSED["post"](withheld).get_data(as_text=True)


def test_the_passage_of_a_public_text_is_shown_to_every_writer(withheld: Registry):
    public = make_quote("certain insurances", start=793, source=PUBLIC)
    fault = parse_answer(withheld.post("/v1/statements", public), 422)["errors"][0]
    assert "certain assurances" in fault["detail"]


def test_a_text_that_one_source_withholds_is_not_shown_by_another_that_does_not(
    withheld: Registry,
):
    withheld.make_key("archivist", "write", "texts")
    lax = make_draft("sources", text_sha256=DIGEST, text_length=None, text_public=True)
    parse_answer(withheld.post("/v1/sources", lax), 201)
    withheld.make_key("scribe", "write")
    answer = withheld.post("/v1/statements", {**FORGED, "id": "forged", "source": "a-new-one"})
    assert (answer.status_code, find_shown(answer)) == (422, [])
    assert withheld.get("/v1/sources/a-new-one/text").status_code == 401


def test_a_quote_is_still_verified_for_every_writer(withheld: Registry):
    made = parse_answer(withheld.post("/v1/statements", make_quote(TRUE_WORDS)), 201)
    assert made["verified"] is True


def test_many_guesses_in_one_request_get_one_answer(withheld: Registry):
    """Else each character of a text could be tried at once, at every place."""
    guesses = [
        {"noun": "statements", "record": {**make_quote(letter, start=place), "id": f"x-{n}"}}
        for n, (place, letter) in enumerate((p, c) for p in range(40) for c in "aeN")
    ]
    broken = {"noun": "actors", "record": {"id": "y", "name": "Y", "kind": "state", "part_of": "y"}}
    [*others, of_guess] = parse_answer(post_lines(withheld, broken, *guesses), 422)["errors"]
    assert {each["line"] for each in others} == {"1"}
    assert of_guess["line"] == "2"
    assert "only the first" in of_guess["detail"]


def test_guesses_about_a_source_get_one_answer(withheld: Registry):
    problem = parse_answer(move_to_withheld_text(withheld), 409)
    assert len(problem["errors"]) == 1


def publish_by_amending(registry: Registry) -> TestResponse:
    return registry.amend(f"/v1/sources/{WITHHELD}", text_public=True)


def publish_by_another_source(registry: Registry) -> TestResponse:
    mine = make_draft("sources", text_sha256=DIGEST, text_length=None, text_public=True)
    return registry.post("/v1/sources", mine)


def publish_by_lines(registry: Registry, **query: Any) -> TestResponse:
    source = parse_answer(registry.get(f"/v1/sources/{WITHHELD}"))
    return post_lines(
        registry, {"noun": "sources", "record": {**source, "text_public": True}}, **query
    )


def publish_by_a_table(registry: Registry) -> TestResponse:
    header = "id,title,kind,language,text_sha256,text_public"
    table = f"{header}\n{WITHHELD},T,transcript,en,{DIGEST},true\n"
    headers = {"Content-Type": "text/csv", "Authorization": f"Bearer {registry.key}"}
    return registry.client.post("/v1/changesets?noun=sources", data=table, headers=headers)


def publish_by_moving_the_text(registry: Registry) -> TestResponse:
    """The public source declares the text, and the one that withholds it does so no longer."""
    strict, lax = (parse_answer(registry.get(f"/v1/sources/{id}")) for id in (WITHHELD, PUBLIC))
    gone = {"text_sha256": None, "text_length": None}
    new = {"text_sha256": DIGEST, "text_length": None, "id": "lax", "text_public": False}
    parse_answer(registry.post("/v1/sources", {**lax, **new}), 201)
    return post_lines(
        registry,
        {"noun": "sources", "record": {**lax, **new, "text_public": True}},
        {"noun": "sources", "record": {**strict, **gone}},
    )


def publish_by_reviving(registry: Registry) -> TestResponse:
    """A source that was public was retracted, and its text is withheld by no other."""
    path = "/v1/sources/revived"
    etag = registry.get(path).headers["ETag"]
    return registry.put(path, make_draft("sources", id="revived", text_public=True), etag)


PUBLISHING: dict[str, Callable[[Registry], TestResponse]] = {
    "amend": publish_by_amending,
    "another source": publish_by_another_source,
    "lines": publish_by_lines,
    "dry run": lambda registry: publish_by_lines(registry, dry_run=1),
    "table": publish_by_a_table,
    "moving": publish_by_moving_the_text,
    "reviving": publish_by_reviving,
}


@pytest.mark.parametrize("way", PUBLISHING)
def test_to_publish_a_text_needs_the_scope_texts(withheld: Registry, way: str):
    withheld.make_key("archivist", "write", "texts")
    old = make_draft("sources", id="revived", text_public=True)
    parse_answer(withheld.post("/v1/sources", old), 201)
    assert withheld.retract("/v1/sources/revived").status_code == 204
    trusted, withheld.key = withheld.key, keys.create_key(withheld.ledger.database, "clerk", ())

    problem = parse_answer(PUBLISHING[way](withheld), 403)

    assert "scope texts" in problem["detail"]
    assert withheld.get(f"/v1/sources/{WITHHELD}/text").status_code == 401
    withheld.key = trusted
    assert PUBLISHING["amend" if way == "moving" else way](withheld).status_code in (200, 201)


@pytest.mark.parametrize("way", ["retract", "declare another"])
def test_a_text_is_not_published_by_taking_away_the_source_that_withholds_it(
    withheld: Registry, way: str
):
    withheld.make_key("archivist", "write", "texts")
    for public in (True, False):
        made = make_draft("sources", id=f"says-{public}".lower(), text_public=public,
                          text_sha256=text_hash("a text"), text_length=None)  # fmt: skip
        parse_answer(withheld.post("/v1/sources", made), 201)
    parse_answer(withheld.put_text("says-true", "a text"))
    withheld.key = keys.create_key(withheld.ledger.database, "clerk", ())
    if way == "retract":
        answer = withheld.retract("/v1/sources/says-false")
    else:
        answer = withheld.amend("/v1/sources/says-false", text_sha256="0" * 64)
    assert "scope texts" in parse_answer(answer, 403)["detail"]
    assert withheld.get("/v1/sources/says-true/text").status_code == 401


def test_who_lacks_the_scope_still_amends_sources_and_withholds_texts(withheld: Registry):
    parse_answer(withheld.amend(f"/v1/sources/{PUBLIC}", title="Another title"))
    parse_answer(withheld.amend(f"/v1/sources/{WITHHELD}", title="Another title"))
    parse_answer(withheld.amend(f"/v1/sources/{PUBLIC}", text_public=False))


def test_the_scope_texts_reads_a_withheld_text_and_no_cache_keeps_it(withheld: Registry):
    path = f"/v1/sources/{WITHHELD}/text"
    key = keys.create_key(withheld.ledger.database, "reader", ["texts"])
    for headers in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
        answer = withheld.get(path, headers=headers)
        assert answer.get_data(as_text=True) == WITHHELD_TEXT
        assert answer.headers["Cache-Control"] == "no-store"
    assert withheld.get(path).status_code == 401


def test_a_withheld_text_is_refused_to_every_other_key(withheld: Registry):
    path, clerk = f"/v1/sources/{WITHHELD}/text", {"Authorization": f"Bearer {withheld.key}"}
    assert "--scope texts" in parse_answer(withheld.get(path), 401)["detail"]
    assert "lacks the scope texts" in parse_answer(withheld.get(path, headers=clerk), 403)["detail"]
    for bad in ({"Authorization": "Bearer nonsense"}, {"X-API-Key": "x"}, {"Authorization": ""}):
        assert withheld.get(path, headers=bad).status_code == 401
        assert withheld.get(f"/v1/sources/{PUBLIC}/text", headers=bad).status_code == 200
    for part in ("bytes=0-99", "bytes=99999-"):  # a range past the end would tell the length
        assert withheld.get(path, headers={"Range": part}).status_code == 401
        assert withheld.get(path, headers={**clerk, "Range": part}).status_code == 403


def test_nothing_that_needs_no_key_shows_a_withheld_text(withheld: Registry):
    pages = ["/v1/export.ndjson", "/v1/export/statements.csv", "/v1/export/sources.csv", "/changes",
             "/v1/changes.atom", f"/v1/sources/{WITHHELD}", f"/v1/sources/{WITHHELD}/history",
             "/v1/statements?limit=1000", "/v1/sources?limit=1000", "/v1/statements.csv?limit=1000",
             "/v1/positions?limit=20&valid_at=any&expand=evidence", "/v1/changesets/3",
             "/statements/revised-plan-fee", "/statements/norland-talks-at-once",
             "/v1/statements/revised-plan-fee/history"]  # fmt: skip
    for path in pages:
        answer = withheld.get(path)
        assert answer.status_code == 200, path
        body = answer.get_data(as_text=True)
        assert not [each for each in SECRETS if each in body], path
    for words in SECRETS:
        hits = parse_answer(withheld.get("/v1/search", q=f'"{words}"'))["data"]
        assert hits == []


def test_what_a_changeset_publishes_is_found_in_linear_time():
    """All changed sources were read again for the hash of each."""

    def check(size: int) -> None:
        changed: dict[tuple[str, str], Any] = {
            ("sources", f"s-{n}"): (None, {"text_sha256": f"{n:064}"}) for n in range(size)
        }
        refuse_publishing(lambda _sha256: {}, changed)

    _, once = measure_cpu(lambda: check(500))
    _, twice = measure_cpu(lambda: check(1_000))
    assert twice < 3 * once
