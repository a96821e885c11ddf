"""Bodies and addresses that took minutes to parse or refuse, some within the write lock."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial

from tests.chaos.attack import Attack, Target, repeat_in_threads

_THREADS, _MANY = 3, 60
_LINES = "application/x-ndjson"


def post_body(target: Target, path: str, kind: str, body: bytes, method: str = "POST") -> bytes:
    """Send a body with the key, and return the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    headers = {"Content-Type": kind, "Authorization": f"Bearer {target.key}"}
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().read()
    finally:
        connection.close()


def repeat_body(
    target: Target, path: str, kind: str, make: Callable[[], bytes], threads: int = _THREADS
) -> AbstractContextManager[None]:
    """Post the same body again and again."""
    body = make()
    return repeat_in_threads(threads, lambda: post_body(target, path, kind, body))


@cache
def write_keys() -> bytes:
    """Write an object of 650 KB whose last key stands twice."""
    members = b",".join(b'"key-%d":1' % n for n in range(44_000))
    return b"{%b,%b}" % (members, b'"key-43999":1')


@cache
def write_columns() -> bytes:
    """Write a table of 250,000 columns."""
    return b",".join(b"c%d" % n for n in range(250_000)) + b"\n"


@cache
def write_rows() -> bytes:
    """Write a table of 30,000 rows, each looked up on record, whose last one repeats the first."""
    rows = b"".join(b"row-%d,Row,state\n" % n for n in range(30_000))
    return b"id,name,kind\n%brow-0,Row,state\n" % rows


@cache
def write_chain() -> bytes:
    """Write 5,000 records of which each is a part of the next."""
    lines = (
        {"noun": "actors",
         "record": {"id": f"link-{n}", "name": "N", "kind": "state",
                    **({"part_of": f"link-{n + 1}"} if n < 4_999 else {})}}
        for n in range(5_000)
    )  # fmt: skip
    return "\n".join(map(json.dumps, lines)).encode()


@cache
def write_marks() -> bytes:
    """Write actors whose names are long runs of marks in the order that takes longest to sort."""
    marks = "a" + "\u0300" * 1_000 + "\u0323" * 999
    note = "a" + "\u0300" * 2_000 + "\u0323" * 1_999
    line = {"noun": "actors", "record": {"kind": "state", "name": marks, "note": note}}
    lines = (
        {**line, "record": {**line["record"], "id": f"marks-{n}"}}  # type: ignore[dict-item]
        for n in range(150)
    )
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in lines).encode()


_TEXT = "aab" * 33_333


def attach_text(target: Target) -> None:
    """Attach a text to which nearly every passage of the forged quotes is a little similar."""
    digest = hashlib.sha256(_TEXT.encode()).hexdigest()
    source = {
        "id": "forged-against", "title": "A text", "kind": "news_report", "language": "en",
        "text_public": True, "text_sha256": digest, "text_length": len(_TEXT),
    }  # fmt: skip
    post_body(target, "/v1/sources", "application/json", json.dumps(source).encode())
    post_body(target, "/v1/sources/forged-against/text", "text/plain", _TEXT.encode(), "PUT")


@cache
def write_quotes() -> bytes:
    """Write 57 KB of forged quotes."""
    quote = {
        "source": "forged-against", "attestation": "verbatim_sentence",
        "attested_on": "2024-03-05", "exact": "ab" * 80,
    }  # fmt: skip
    lines = (
        {"noun": "statements", "record": {**quote, "start": n, "end": n + 160}} for n in range(180)
    )
    return "\n".join(map(json.dumps, lines)).encode()


def ask_with_parameters(target: Target, path: str) -> AbstractContextManager[None]:
    """Ask with as many parameters as the server lets through, without a key."""
    asked = f"{path}?" + "&".join(["actors=a"] * 7_000)

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=20)
        try:
            connection.request("GET", asked)
            connection.getresponse().read()
        finally:
            connection.close()

    return repeat_in_threads(_THREADS, ask)


def _attack(
    name: str, path: str, kind: str, make: Callable[[], bytes], *, in_short: bool = False
) -> Attack:
    run = partial(repeat_body, path=path, kind=kind, make=make)
    return Attack(name, run, in_short=in_short, ours_alone=True)


_BULK = "/v1/changesets?dry_run=1"

ATTACKS = (
    _attack("650 KB of keys", "/v1/actors", "application/json", write_keys, in_short=True),
    _attack("250,000 columns", f"{_BULK}&noun=actors", "text/csv", write_columns),
    _attack("600,000 faulty lines", _BULK, _LINES, lambda: b"{}\n" * 600_000),
    Attack(
        f"{_MANY} clients: 30,000 rows",
        partial(
            repeat_body,
            path=f"{_BULK}&noun=actors",
            kind="text/csv",
            make=write_rows,
            threads=_MANY,
        ),
        ours_alone=True,
    ),
    _attack("a chain of 5,000 records", _BULK, _LINES, write_chain),
    _attack("marks in odd order", _BULK, _LINES, write_marks),
    Attack(
        "57 KB of forged quotes",
        partial(repeat_body, path="/v1/changesets", kind=_LINES, make=write_quotes),
        before=attach_text,
        in_short=True,
        ours_alone=True,
    ),
    Attack("7,000 parameters of a page", partial(ask_with_parameters, path="/agreement")),
)
