"""Answers are compressed where the caller asks, and mean the same in every encoding."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from flask import Flask, Response
from flask_compress.compat import compression as standard

from api.web import responses
from api.web.cache.response_cache import is_cacheable
from api.web.responses import ENCODINGS, choose_encoding
from tests.worlds import TEXTS, Registry, make_draft, parse_answer

DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": standard.zstd.decompress,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
BROWSER = "gzip, deflate, br, zstd"
TEXTUAL = [
    "/",
    "/v1/positions",
    "/v1/positions.csv",
    "/v1/positions.json",
    "/v1/positions.ndjson",
    "/v1/changes.atom",
    "/v1/conflicts/war-in-ukraine/matrix.svg",
    "/v1/conflicts/war-in-ukraine/matrix.vl.json",
    "/openapi.json",
    "/docs",
    "/docs/assets/swagger-ui.css",
    "/docs/assets/swagger-ui-bundle.js",
    "/assets/any/style.css",
    "/assets/any/live.js",
]
EXPORTS = ["/v1/export.ndjson", "/v1/export/statements.csv"]
RECORD = "/v1/positions/sudmark-rejects-free-passage"


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    """Name an encoding: a test that takes this runs for each."""
    return request.param


@pytest.fixture(autouse=True)
def _gzip_clock(monkeypatch: pytest.MonkeyPatch):
    """Stop the clock that gzip writes into its header, before Python 3.14."""
    monkeypatch.setattr(gzip, "time", SimpleNamespace(time=lambda: 0.0))


def get_encoded(registry: Registry, path: str, accepted: str, **headers: str) -> Any:
    """Get a path with Accept-Encoding."""
    return registry.get(path, headers={"Accept-Encoding": accepted, **headers})


def suffix_tag(tag: str, encoding: str) -> str:
    """Return the tag of the same answer in an encoding."""
    return f'{tag[:-1]}:{encoding}"'


@pytest.mark.parametrize("path", [*TEXTUAL, *EXPORTS])
def test_text_is_compressed_for_callers_that_ask(reading: Registry, path: str, encoding: str):
    plain, answer = reading.get(path), get_encoded(reading, path, encoding)
    assert answer.headers["Content-Encoding"] == encoding
    assert DECOMPRESS[encoding](answer.get_data()) == plain.get_data()
    assert len(answer.get_data()) < len(plain.get_data())
    assert answer.headers["Content-Type"] == plain.headers["Content-Type"]
    assert answer.headers["ETag"] == suffix_tag(plain.headers["ETag"], encoding)
    assert "Content-Encoding" not in plain.headers


def test_a_text_of_a_source_is_compressed(registry: Registry, encoding: str):
    source = "kestrian-plan-2024-04-02"
    registry.amend(f"/v1/sources/{source}", text_public=True)
    registry.put_text(source, TEXTS[source].read_text(encoding="utf-8"))
    answer = get_encoded(registry, f"/v1/sources/{source}/text", encoding)
    assert answer.headers["Content-Encoding"] == encoding
    assert DECOMPRESS[encoding](answer.get_data()) == TEXTS[source].read_bytes()


@pytest.mark.parametrize(
    "path",
    ["/v1/conflicts/war-in-ukraine/matrix.png", "/v1/export/actors.parquet", "/livez",
     "/v1/actors?id=nobody", "/v1/nowhere", "/docs/assets/nowhere.js"],
)  # fmt: skip
def test_pictures_parquet_small_answers_and_errors_are_not(reading: Registry, path: str):
    assert "Content-Encoding" not in get_encoded(reading, path, BROWSER).headers


@pytest.mark.parametrize("path", ["/v1/positions", "/v1/export.ndjson", "/docs", "/v1/nowhere"])
@pytest.mark.parametrize("accepted", ["", *ENCODINGS])
def test_every_answer_names_accept_encoding_in_vary_once(
    reading: Registry, path: str, accepted: str
):
    answer = get_encoded(reading, path, accepted)
    assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
    tag = answer.headers.get("ETag", '""')
    again = get_encoded(reading, path, accepted, **{"If-None-Match": tag})
    assert again.headers.getlist("Vary") == ["Accept-Encoding"]


@pytest.mark.parametrize("path", ["/v1/positions", "/v1/positions.csv", "/v1/export.ndjson", "/"])
def test_either_tag_gets_304_that_names_it(
    reading: Registry, path: str, encoding: str, monkeypatch
):
    monkeypatch.setattr("api.explorer.routes.HOME_SECONDS", 60)  # in less time it may have no tag
    tag = reading.get(path).headers["ETag"]
    for held in (tag, suffix_tag(tag, encoding)):
        for sent in (held, f"W/{held}", f'"another", {held}'):
            again = get_encoded(reading, path, encoding, **{"If-None-Match": sent})
            assert (again.status_code, again.get_data()) == (304, b"")
            assert again.headers["ETag"] == held
            assert "Content-Encoding" not in again.headers


def test_a_304_is_answered_without_a_body_being_made(reading: Registry, encoding: str, monkeypatch):
    tag = get_encoded(reading, "/v1/positions", encoding).headers["ETag"]
    monkeypatch.setattr("api.web.reading.read_list", _raise_error)
    assert (
        get_encoded(reading, "/v1/positions", encoding, **{"If-None-Match": tag}).status_code == 304
    )


def _raise_error(*_: object, **__: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", *ENCODINGS])
def test_the_tag_of_another_encoding_gets_the_answer(reading: Registry, accepted: str):
    """A shared cache would give this caller a body that it cannot read."""
    tag = reading.get("/v1/positions").headers["ETag"]
    for other in {*ENCODINGS} - {accepted}:
        held = {"If-None-Match": suffix_tag(tag, other)}
        assert get_encoded(reading, "/v1/positions", accepted, **held).status_code == 200


def test_if_match_takes_the_tag_of_a_compressed_answer(registry: Registry, encoding: str):
    read = get_encoded(registry, RECORD, encoding)
    assert read.headers["ETag"].endswith(f':{encoding}"')
    body = {**parse_answer(registry.get(RECORD)), "note": "amended"}
    assert parse_answer(registry.put(RECORD, body, read.headers["ETag"]))["revision"] == 2


def test_the_answer_to_a_write_is_compressed_and_its_tag_is_good_for_the_next(
    registry: Registry, encoding: str
):
    headers = {"Accept-Encoding": encoding, "Authorization": f"Bearer {registry.key}"}
    new = make_draft("actors", note="A long note. " * 100)
    written = registry.client.post("/v1/actors", json=new, headers=headers)
    assert written.status_code == 201
    assert written.headers["Content-Encoding"] == encoding
    body = DECOMPRESS[encoding](written.get_data())
    assert body == registry.get("/v1/actors/a-new-one").get_data()
    tag = written.headers["ETag"]
    assert (
        parse_answer(registry.put("/v1/actors/a-new-one", make_draft("actors"), tag))["revision"]
        == 2
    )


@pytest.mark.parametrize("path", ["/v1/positions.csv", "/docs/assets/swagger-ui.css"])
def test_a_range_is_of_the_plain_body(reading: Registry, path: str):
    plain = reading.get(path)
    part = get_encoded(reading, path, BROWSER, Range="bytes=10-1999")
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers
    assert part.headers["ETag"] == plain.headers["ETag"]
    assert part.get_data() == plain.get_data()[10:2000]


def test_a_compressed_answer_offers_no_ranges(reading: Registry, encoding: str):
    assert "Accept-Ranges" not in get_encoded(reading, "/v1/positions.csv", encoding).headers


def test_a_range_of_a_compressed_answer_is_answered_whole(reading: Registry, encoding: str):
    path = "/v1/positions.csv"
    plain, packed = reading.get(path), get_encoded(reading, path, encoding)
    wanted = {"Range": "bytes=10-19", "If-Range": packed.headers["ETag"]}
    for accepted, whole in (("", plain), (encoding, packed)):
        again = get_encoded(reading, path, accepted, **wanted)
        assert again.status_code == 200
        assert again.get_data() == whole.get_data()
        assert again.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize("path", ["/v1/positions", "/v1/positions.csv", "/", *EXPORTS])
@pytest.mark.parametrize("accepted", ["", *ENCODINGS])
def test_head_answers_as_get_without_the_body(reading: Registry, path: str, accepted: str):
    headers = {"Accept-Encoding": accepted}
    got, headed = reading.get(path, headers=headers), reading.client.head(path, headers=headers)
    assert headed.get_data() == b""
    assert headed.headers.to_wsgi_list() == got.headers.to_wsgi_list()


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", ""),
        ("gzip", "gzip"),
        (BROWSER, "zstd"),
        ("gzip, deflate, br", "br"),
        ("deflate", ""),
        ("GZip", "gzip"),
        ("gzip;q=0", ""),
        ("gzip ; Q=0", ""),
        ("gzip;q=0, br", "br"),
        ("zstd;q=0.5, gzip;q=0.8", "gzip"),
        ("identity", ""),
        ("identity, gzip;q=0.5", ""),
        ("gzip;q=0.5, identity;q=0.1", "gzip"),
        ("identity;q=1, *;q=0", ""),
        ("*", "zstd"),
        ("*;q=0", ""),
        ("zstd;q=0, *", "br"),
        ("gzip;q=high", ""),
        ("gzip;q=7", ""),
        (";;=,,\x00é", ""),
        ("gzip," * 100, ""),
    ],
)
def test_the_encoding_is_the_one_that_the_caller_prefers(
    reading: Registry, accepted: str, chosen: str
):
    assert choose_encoding(accepted) == chosen
    answer = get_encoded(reading, "/v1/positions", accepted)
    assert answer.headers.get("Content-Encoding", "") == chosen
    plain = DECOMPRESS.get(chosen, bytes)(answer.get_data())
    assert plain == reading.get("/v1/positions").get_data()


def test_one_response_is_cached_for_each_encoding(registry: Registry):
    layer = registry.app.wsgi_app.cache
    spellings = {
        "zstd": [BROWSER, "zstd", "ZSTD ,gzip", "*"],
        "br": ["br", "gzip, br", "br;q=0.9, gzip;q=0.1"],
        "gzip": ["gzip", "gzip;q=0.3", "gzip, deflate"],
        "": ["", "identity", "deflate", "gzip;q=0", "nonsense"],
    }
    for number, (chosen, accepted) in enumerate(spellings.items(), 1):
        answers = [get_encoded(registry, "/v1/positions", each) for each in accepted * 2]
        assert {each.headers.get("Content-Encoding", "") for each in answers} == {chosen}
        assert len({each.get_data() for each in answers}) == 1
        assert len({tuple(each.headers.to_wsgi_list()) for each in answers}) == 1
        assert len(layer.store) == number


def test_a_cached_response_is_replayed_byte_for_byte(
    registry: Registry, encoding: str, monkeypatch
):
    first = [get_encoded(registry, "/v1/positions", encoding) for _ in range(2)][1]
    monkeypatch.setattr("flask_compress.flask_compress._compress_data", _raise_error)
    again = get_encoded(registry, "/v1/positions", encoding)
    assert again.get_data() == first.get_data()
    assert again.headers.to_wsgi_list() == first.headers.to_wsgi_list()


@pytest.mark.parametrize("vary", [["Cookie"], ["Accept-Encoding", "Cookie"], ["*"]])
def test_what_depends_on_another_header_is_not_cached(vary: list[str]):
    headers = [("ETag", '"x"'), ("Cache-Control", "no-cache"), ("Content-Length", "1")]
    assert is_cacheable("200 OK", [*headers, ("Vary", "Accept-Encoding")])
    assert not is_cacheable("200 OK", [*headers, *(("vary", each) for each in vary)])
    assert not is_cacheable("200 OK", [*(("Vary", each) for each in vary), *headers])


def test_a_stream_arrives_while_it_is_made(encoding: str):
    app, made = Flask("stream"), list[bytes]()
    responses.init_app(app)

    def chunks() -> Iterator[bytes]:
        for number in range(200):
            made.append(random.Random(number).randbytes(50_000))
            yield made[-1]

    app.get("/")(lambda: Response(chunks(), content_type="text/csv"))
    with app.test_client().get("/", headers={"Accept-Encoding": encoding}) as answer:
        assert answer.headers["Content-Encoding"] == encoding
        pieces: Iterator[bytes] = iter(answer.response)
        received = [next(pieces), next(pieces)]
        assert len(made) < 30
        received.extend(pieces)
    assert max(map(len, received)) < 1_000_000
    assert DECOMPRESS[encoding](b"".join(received)) == b"".join(made)
