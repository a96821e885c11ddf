"""A record has a largest size, and no answer reads all of many large ones at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from api.analysis.engine import sentences
from api.analysis.questions import responses
from api.coding import composing
from api.errors import RulesBroken
from api.ledger import Change, rules
from api.ledger.reading import page_queries
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import canonical_bytes
from api.ledger.versions.lookup import AsOfLookup
from api.web.contract.limits import RECORD
from tests.web.test_limits import LINES_OF_JSON, send_body
from tests.worlds import Registry, make_draft, parse_answer

ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
SOURCE = {"title": "A report", "kind": "news_report", "language": "en", "published": "2024-03-05"}


def test_doubts_of_a_source_are_told_once_on_pages_whoever_quotes_it(registry: Registry):
    """One write of 230 KB made the home page and that of the conflict a 422 for everybody."""
    doubts = [{"field": "title", "kind": "inferred", "text": f"{n:01550}"} for n in range(120)]
    said = make_draft("statements", id="wide-said", source="wide")
    held = make_draft("positions", evidence=["wide-said"])
    records = [("sources", make_draft("sources", id="wide", doubts=doubts)), ("statements", said)]
    for n in range(70):
        records += [("actors", make_draft("actors", id=f"party-{n}", name=f"Party {n}")),
                    ("positions", {**held, "id": f"held-{n}", "holder": f"party-{n}"})]  # fmt: skip
    send_changes(registry, [{"noun": noun, "record": record} for noun, record in records])
    for page in ("/", "/conflicts/varn-strait-dispute"):
        assert registry.get(page).status_code == 200
    assert registry.get("/v1/conflicts/varn-strait-dispute/deadlock").status_code == 200


def test_pages_show_what_they_can_where_an_answer_would_be_too_long(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    record = parse_answer(registry.get("/v1/positions/sudmark-rejects-free-passage"))
    change = [{"noun": "positions", "record": {**record, "note": "Read again."}}]
    parse_answer(registry.post("/v1/submissions", {"changeset": change}), 201)
    monkeypatch.setattr(sentences, "MOST_WRITTEN", 300)
    monkeypatch.setattr(responses, "MOST_ROWS", 1)
    asked = {"valid_at": "2024-03-06"}  # a day that nobody asked for before
    assert registry.get("/", **asked).status_code == 200
    page = registry.get("/conflicts/varn-strait-dispute", **asked)
    assert (page.status_code, b"Too many records for one page" in page.data) == (200, True)
    page = registry.get("/proposals/kestrian-plan", **asked)
    assert (page.status_code, b"too many for one page" in page.data) == (200, True)
    assert registry.get("/v1/proposals/kestrian-plan/responses", **asked).status_code == 422
    tried = send_changes(registry, change, dry_run="1")
    assert tried["collisions"][0]["cut"] == ["records"]
    shown = registry.send("GET", "/v1/submissions/1")
    assert shown.status_code == 200


def send_changes(registry: Registry, changes: Sequence[Any], **query: str) -> Any:
    """Write a changeset, one change a line."""
    lines = "\n".join(map(json.dumps, changes))
    return parse_answer(send_body(registry, "/v1/changesets", LINES_OF_JSON, lines, **query))


def make_large(size: int) -> dict[str, Any]:
    """Return an actor of so many bytes, as they are stored."""
    doubts = [{"field": "name", "kind": "inferred", "text": f"{n}"} for n in range(120)]
    record = {"id": "large", "name": "Large", "kind": "state", "doubts": doubts}
    each, rest = divmod(size - len(canonical_bytes(record)), len(doubts))
    for n, doubt in enumerate(doubts):
        doubt["text"] += "x" * (each + (n < rest))
    assert len(canonical_bytes(record)) == size
    return record


def write_larger(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a record as releases did that had no limit."""
    with monkeypatch.context() as before:
        before.setattr(rules, "LARGEST_RECORD", 10**9)
        parse_answer(registry.post("/v1/actors", make_large(RECORD.most + 1)), 201)


WAYS: dict[str, Callable[[dict[str, Any]], tuple[str, Any]]] = {
    "alone": lambda record: ("/v1/actors", record),
    "in lines": lambda record: ("/v1/changesets", [{"noun": "actors", "record": record}]),
    "in a coded source": lambda record: (
        "/v1/coded-sources", {"source": SOURCE, "actors": [record]}
    ),
    "as a proposal": lambda record: (
        "/v1/submissions", {"changeset": [{"noun": "actors", "record": record}]}
    ),
}  # fmt: skip


@ENGINES
@pytest.mark.parametrize("way", WAYS)
def test_a_record_has_a_largest_size(registry_of: Callable[..., Registry], engine: str, way: str):
    registry = registry_of("fixtures", engine=engine)

    def send(size: int) -> Any:
        path, body = WAYS[way](make_large(size))
        if way != "in lines":
            return registry.post(path, body)
        headers = {"Authorization": f"Bearer {registry.key}"}
        lines = "\n".join(map(json.dumps, body))
        kind = "application/x-ndjson"
        return registry.client.post(path, data=lines, content_type=kind, headers=headers)

    problem = parse_answer(send(RECORD.most + 1), 422)
    assert str(RECORD) in problem["errors"][0]["detail"]
    assert send(RECORD.most).status_code in (200, 201)


def test_the_record_is_named_among_others_of_its_changeset(registry: Registry):
    large = Change("actors", "large", make_large(RECORD.most + 1))
    small = Change("actors", "small", make_draft("actors", id="small"))
    with pytest.raises(RulesBroken) as refused:
        registry.ledger.append_changes([small, large], author="a")
    assert [(each.noun, each.id) for each in refused.value.problems] == [("actors", "large")]
    assert registry.get("/v1/actors/small").status_code == 404


def test_a_larger_record_of_earlier_times_may_be_read_and_shortened(
    registry: Registry, monkeypatch
):
    write_larger(registry, monkeypatch)
    assert len(registry.get("/v1/actors/large").data) > RECORD.most
    problem = parse_answer(registry.amend("/v1/actors/large", name="Still large"), 422)
    assert str(RECORD) in problem["errors"][0]["detail"]
    parse_answer(registry.amend("/v1/actors/large", doubts=[]))


def test_a_larger_record_of_earlier_times_may_be_retracted(registry: Registry, monkeypatch):
    write_larger(registry, monkeypatch)
    registry.retract("/v1/actors/large")
    assert registry.get("/v1/actors/large").status_code == 410


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/v1/changes?limit=1000&after=0", "list_changes"),
        ("/v1/actors/norland/history?limit=1000", "read_history"),
        ("/changes/1?limit=1000", "list_changes"),
    ],
)
def test_many_revisions_are_read_in_parts(registry: Registry, monkeypatch, path: str, read: str):
    asked = list[int]()
    reading: Callable[..., Any] = getattr(Reader, read)

    def count(reader: Reader, *given: Any, **more: Any) -> Any:
        asked.append(next((e for e in given if isinstance(e, int)), more.get("limit", 0)))
        return reading(reader, *given, **more)

    monkeypatch.setattr(Reader, read, count)
    assert registry.get(path).status_code == 200
    assert 0 < max(asked) <= 201


@ENGINES
def test_what_shows_no_bodies_reads_none(registry_of: Callable[..., Registry], engine: str):
    registry = registry_of("fixtures", engine=engine)
    with registry.ledger.open_reader() as reader:
        listed, whole = reader.list_changes(9), reader.list_changes(9, whole=True)
    assert all(
        "body" not in each and "body" in other for each, other in zip(listed, whole, strict=True)
    )
    assert [each["hash"] for each in listed] == [each["hash"] for each in whole]


def test_a_page_of_a_changeset_ends_when_what_it_amended_is_long(registry: Registry, monkeypatch):
    ids = registry.ids("/v1/actors")[:3]
    changes = [
        Change("actors", id, {**make_draft("actors", id=id), "name": f"Renamed {id}"}) for id in ids
    ]
    head = registry.ledger.append_changes(changes, author="a").head
    monkeypatch.setattr(page_queries, "PAGE_BYTES", 1)
    address = f"/changes/{head}"
    for id in ids:
        text = registry.get(address).get_data(as_text=True)
        assert [each for each in ids if f"Renamed {each}" in text] == [id]
        with registry.ledger.open_reader() as reader:
            seq = next(e["seq"] for e in reader.list_changes(9, number=head) if e["id"] == id)
        address = f"/changes/{head}?after={seq}"
        assert (f"after={seq}" in text) == (id != ids[-1])


@ENGINES
@pytest.mark.parametrize("sort", ["newest", "relevance"])
def test_hits_are_read_in_parts(
    registry_of: Callable[..., Registry], monkeypatch, engine: str, sort: str
):
    registry = registry_of("empty", engine=engine)
    made = (make_draft("actors", id=f"hit-{n}", name=f"Sought {n}") for n in range(250))
    changes = [Change("actors", each["id"], each) for each in made]
    registry.ledger.append_changes(changes, author="a")
    asked, read = list[int](), Reader._read_bodies

    def count(reader: Reader, hits: Sequence[Any]) -> Any:
        asked.append(len(hits))
        return read(reader, hits)

    monkeypatch.setattr(Reader, "_read_bodies", count)
    hits = registry.data(f"/v1/search?q=sought&limit=1000&sort={sort}")
    assert [each["id"] for each in hits] == [f"hit-{n}" for n in reversed(range(250))]
    assert [piece["text"] for piece in hits[0]["snippet"]] == ["Sought", " 249"]
    assert asked == [100, 100, 50]


@ENGINES
def test_a_coded_source_of_large_records_is_refused_before_they_are_read(
    registry_of: Callable[..., Registry], monkeypatch, engine: str
):
    registry = registry_of("seed", engine=engine)
    path = f"/v1/sources/{registry.ids('/v1/sources')[0]}/coded"
    size = len(registry.get(path).data)
    monkeypatch.setattr(composing, "PAGE_BYTES", size // 4)
    nouns, load = set[str](), AsOfLookup._read_stored

    def count(lookup: AsOfLookup, ids: Mapping[str, list[str]]) -> Iterator[Any]:
        nouns.update(ids)
        return load(lookup, ids)

    monkeypatch.setattr(AsOfLookup, "_read_stored", count)
    registry.post("/v1/actors", make_draft("actors", id="another"))  # what is cached is old now
    problem = parse_answer(registry.get(path), 422)
    assert "bytes of records, too many for one document" in problem["detail"]
    assert nouns == {"sources"}


def count_coded(registry: Registry, source: str) -> int:
    """Count the ids in the coded source of a source: each record has one."""
    return registry.get(f"/v1/sources/{source}/coded").get_data(as_text=True).count('"id":')


def test_what_others_say_of_its_propositions_does_not_count(
    registry_of: Callable[..., Registry], monkeypatch
):
    registry = registry_of("seed")
    said = {"exact": "Stop", "speaker": "Alexander Lukashenko", "on_behalf_of": "Belarus"}
    position = {"holder": "Belarus", "force": "propose", "proposition": "truce"}

    def write(title: str, count: int) -> str:
        statements = [{**said, "exact": f"Stop {n}", "positions": [position]} for n in range(count)]
        document = {"source": {**SOURCE, "title": title}, "statements": statements}
        receipt = parse_answer(registry.post("/v1/coded-sources", document))
        return receipt["ids"]["/source"].removeprefix("sources/")

    ours = write("One", 1)
    count = count_coded(registry, ours)
    monkeypatch.setattr(composing, "_MOST", count + 5)
    write("Many", count + 10)
    assert count_coded(registry, ours) == count > 0
