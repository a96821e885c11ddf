"""The writes of the corpus: each kind, done well and badly, and what is read afterwards."""

from __future__ import annotations

import json
from typing import Any

from tests.corpus.asking import Session, parse_answer

NOUNS = (
    "actors", "conflicts", "issues", "propositions", "sources", "statements", "positions",
    "preconditions", "proposals", "axioms",
)  # fmt: skip
JSON = {"Content-Type": "application/json"}
KEY = {"Authorization": "Bearer $key"}
LINES = {**KEY, "Content-Type": "application/x-ndjson"}
TABLE = {**KEY, "Content-Type": "text/csv"}
TEXT = {**KEY, "Content-Type": "text/plain; charset=utf-8"}
_SERVED = {"revision", "links", "changeset", "recorded_at", "recorded_by", "derived", "warnings"}


def write_history(session: Session) -> None:
    """Give a registry a past: amendments, tombstones, a revival, and a change of mind."""
    drafts = {noun: draft_records(session, noun) for noun in NOUNS}
    notes = [
        {"noun": noun, "record": {**record, "note": f"looked at again in round {round_}"}}
        for round_ in range(2)
        for noun in NOUNS
        for record in drafts[noun][round_ : round_ + 1]
    ]
    for line in notes:
        write_lines(session, [line])
    for noun in NOUNS:
        first = drafts[noun][0]
        copies = [{**first, "id": f"kept-{noun}"}, {**first, "id": f"taken-back-{noun}"}]
        write_lines(session, [{"noun": noun, "record": each} for each in copies])
    write_lines(session, [{"noun": noun, "retract": f"taken-back-{noun}"} for noun in NOUNS])
    for noun in NOUNS:
        _revive(session, noun, {**drafts[noun][0], "id": f"kept-{noun}"})


def _revive(session: Session, noun: str, record: dict[str, Any]) -> None:
    """Retract a record, then write it over its tombstone."""
    path = f"/v1/{noun}/{record['id']}"
    retracted = session.ask(path, "DELETE", {**KEY, "If-Match": "*"})
    revived = {**KEY, **JSON, "If-Match": f"$etag({retracted['number']})"}
    session.ask(path, "PUT", revived, json.dumps(record))


def write_lines(session: Session, lines: list[dict[str, Any]], query: str = "") -> None:
    """Write records in bulk."""
    body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    session.ask(f"/v1/changesets{query}", "POST", LINES, body)


def draft_records(session: Session, noun: str) -> list[dict[str, Any]]:
    """Return a noun's records as an author would write them."""
    listed = session.peek(f"/v1/{noun}?limit=200&sort=id{any_day(noun)}")["data"]
    schema = session.peek("/openapi.json")["components"]["schemas"]
    authored = set(schema[f"{singular(noun)}Draft"]["properties"]) - {"derived"}
    return [
        {name: value for name, value in each.items()
         if name in authored and name not in each.get("derived", [])}
        for each in listed
    ]  # fmt: skip


def any_day(noun: str) -> str:
    """Return the parameter that asks for all records of a noun that holds for a time."""
    return "&valid_at=any" if noun in ("conflicts", "positions", "preconditions") else ""


def singular(noun: str) -> str:
    """Return the name of a noun's schemas."""
    return noun.removesuffix("s").title()


def ask_writes(session: Session) -> None:
    """Write in each way, well and badly."""
    for noun in NOUNS:
        drafts = draft_records(session, noun)
        if drafts:
            _write_noun(session, noun, {**drafts[0], "id": "a-new-one"})
            _break_noun(session, noun, drafts[0])
    _write_in_bulk(session)
    _write_texts(session)


def _write_noun(session: Session, noun: str, new: dict[str, Any]) -> None:
    path, one, body = f"/v1/{noun}", f"/v1/{noun}/a-new-one", json.dumps(new)
    both = {**KEY, **JSON}
    session.ask(path, "POST", JSON, body)
    session.ask(path, "POST", {**JSON, "Authorization": "Bearer nobody"}, body)
    session.ask(path, "POST", {**KEY, "Content-Type": "text/plain"}, body)
    session.ask(path, "POST", KEY, body)
    for odd in ("{", "[]", '{"id":"a","id":"b"}', '{"id":NaN}', '{"id":"\\u0000"}', "null", ""):
        session.ask(path, "POST", both, odd)
    session.ask(path, "POST", both, json.dumps({**new, "nonsense": 1}))
    session.ask(path, "POST", both, json.dumps({**new, "id": "No Slug"}))
    session.ask(path, "POST", both, json.dumps({"id": "a-new-one"}))
    session.ask(path, "POST", both, json.dumps(dict.fromkeys(new, 17)))
    session.ask(path, "POST", both, json.dumps(dict.fromkeys(new, "")))
    session.ask(f"{path}?expected_head=999", "POST", both, body)
    session.ask(f"{path}?nonsense=1", "POST", both, body)
    session.ask(f"{path}?message=a%20new%20one", "POST", {**JSON, "X-API-Key": "$key"}, body)
    session.ask(path, "POST", both, body)
    read = session.ask(one)
    etag = {"If-Match": f"$etag({read['number']})"}
    session.ask(one, headers={"If-None-Match": f"$etag({read['number']})"})
    amended = json.dumps({**new, "note": "looked at again"})
    session.ask(one, "PUT", both, amended)
    session.ask(one, "PUT", {**both, "If-Match": '"0000"'}, amended)
    session.ask(f"{one}?message=amended", "PUT", {**both, **etag}, amended)
    session.ask(one, "PUT", {**both, **etag}, body)
    session.ask(one, "PUT", {**both, "If-Match": "*"}, amended)
    session.ask(one, "PUT", {**both, "If-Match": "*"}, json.dumps({**new, "id": "another"}))
    session.ask(f"{path}/never-there", "PUT", {**both, "If-Match": "*"}, body)
    session.ask(one, "PATCH", {**both, "If-Match": "*"}, amended)
    session.ask(one, "DELETE", KEY)
    session.ask(one, "DELETE", {**KEY, **etag})
    session.ask(f"{path}/never-there", "DELETE", {**KEY, "If-Match": "*"})
    session.ask(one, "DELETE", {**KEY, "If-Match": "*"})
    session.ask(one, "DELETE", {**KEY, "If-Match": "*"})
    session.ask(one)
    session.ask(f"{one}/history")
    session.ask(one, "PUT", {**both, "If-Match": "*"}, body)
    session.ask(path, "POST", both, json.dumps({**new, "id": "another-one"}))
    _revive(session, noun, {**new, "id": "another-one"})
    newest = f"limit=5&sort=-recorded{any_day(noun)}"
    for again in (one, f"{one}/history", f"{path}?{newest}", f"{path}.csv?{newest}", "/changes"):
        session.ask(again)


def _break_noun(session: Session, noun: str, record: dict[str, Any]) -> None:
    """Spoil each field of a record in turn, and retract a record on which others may depend."""
    path, both = f"/v1/{noun}", {**KEY, **JSON, "If-Match": "*"}
    for name, value in record.items():
        for odd in (None, 17, ["never-there"]):
            if odd != value:
                spoilt = {**record, "id": "a-spoilt-one", name: odd}
                session.ask(path, "POST", {**KEY, **JSON}, json.dumps(spoilt))
    session.ask(f"{path}/{record['id']}", "DELETE", both)
    session.ask(f"{path}/a-spoilt-one", "DELETE", both)


def _write_in_bulk(session: Session) -> None:
    for query in ("?dry_run=1", "", "?expected_head=1", "?dry_run=2", "?message=in%20bulk"):
        lines = [{"noun": "actors", "record": {"id": f"bulk-{n}", "name": f"Bulk {n}{query}",
                                               "kind": "state"}} for n in range(3)]  # fmt: skip
        write_lines(session, lines, query)
    write_lines(session, [{"noun": "actors", "retract": "bulk-1"}, {"noun": "actors"}, {}])
    write_lines(session, [{"noun": "actors", "retract": "bulk-1"}])
    write_lines(session, [{"noun": "nonsense", "record": {}}])
    write_lines(session, [{"noun": "positions", "record": {"id": "x", "holder": "never-there"}}])
    write_lines(session, [{"noun": noun, "retract": draft["id"]} for noun in NOUNS
                          for draft in draft_records(session, noun)[:3]])  # fmt: skip
    session.ask("/v1/changesets", "POST", LINES, "{\n\n[1]\nx")
    session.ask("/v1/changesets", "POST", LINES, "")
    session.ask("/v1/changesets", "POST", TABLE, "name,kind\nNorway,state\n")
    table = "id,name,kind,aliases\r\nnorge,Norge,state,Noreg|Norga\r\nx,,nonsense,\r\n"
    for query in ("?noun=actors", "?noun=nonsense", "?noun=actors&dry_run=1"):
        session.ask(f"/v1/changesets{query}", "POST", TABLE, table)
        session.ask(f"/v1/changesets{query}", "POST", TABLE, table[:64])
        session.ask(f"/v1/changesets{query}", "POST", TABLE, "nonsense,name\n1,2\n")
    for path in ("/v1/changesets", "/v1/changesets?limit=2", "/v1/actors/bulk-1", "/changes",
                 "/v1/actors/norge", "/v1/actors?id=bulk-0,bulk-1,bulk-2", "/v1/changes.atom",
                 "/v1/export/actors.csv", "/v1/search?q=bulk"):  # fmt: skip
        session.ask(path)


def _write_texts(session: Session) -> None:
    listed = parse_answer(session.ask("/v1/sources?limit=200"))["data"]
    for source in [each["id"] for each in listed][:6]:
        path = f"/v1/sources/{source}/text"
        session.ask(path)
        for body in ("A text that no quote is from.", ""):
            session.ask(path, "PUT", TEXT, body)
        session.ask(path, "PUT", {"Content-Type": "text/plain"}, "x")
        session.ask(path, "PUT", {**KEY, **JSON}, "{}")
        session.ask(path)
        session.ask(path, "DELETE")
        session.ask(path, "DELETE", KEY)
        session.ask(path, "DELETE", KEY)
        session.ask(path)
        session.ask(f"/v1/sources/{source}")
    session.ask("/v1/sources/never-there/text", "PUT", TEXT, "x")
