"""Clients that ask for pictures without end, also of names at which the renderer aborts."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial
from http.client import HTTPConnection

from api.app import open_ledger
from api.ledger import Asked, Change
from api.ledger.truth.canonical import parse_bytes
from api.settings import Settings
from tests.chaos.attack import Attack, Target, repeat_in_threads

_CONFLICT = "/v1/conflicts/war-in-ukraine"


def draw_pictures(target: Target, count: int, form: str) -> AbstractContextManager[object]:
    """Ask for pictures that nobody asked for before."""
    return repeat_in_threads(count, partial(_ask_for_picture, target, form))


def _ask_for_picture(target: Target, form: str) -> None:
    day = date(2022, 1, 1) + timedelta(days=random.randrange(2_000))
    question = random.choice(["matrix", "timeline", "deadlock"])
    connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
    try:
        connection.request("GET", f"{_CONFLICT}/{question}.{form}?valid_at={day}")
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 503):
            raise AssertionError(answer.status)
    finally:
        connection.close()


def write_odd_names(target: Target) -> None:
    """Write names that HTTP refuses, as older versions did."""
    ledger = open_ledger(Settings(database_url=target.url))
    odd = "a\x1bb\ufffe" + "\U0001f1fa\U0001f1e6" * 40
    changes: list[Change] = []
    with ledger.open_reader(Asked()) as reader:
        for noun, id in (("conflicts", "war-in-ukraine"), ("actors", "russia")):
            served = parse_bytes(reader.read_record(ledger.nouns[noun], id).body)
            known = {"id", "name", "kind"}
            changes.append(Change(noun, id, {k: served[k] for k in known} | {"name": odd}))
    ledger.append_changes(changes, author="chaos", message=odd)
    ledger.database.close_connections()


ATTACKS = (
    Attack(
        "8 clients that draw pictures", partial(draw_pictures, count=8, form="svg"),
        in_short=True, ours_alone=True,
    ),
    Attack(
        "8 clients that draw PNGs", partial(draw_pictures, count=8, form="png"), ours_alone=True
    ),
    Attack(
        "8 clients that draw a name with U+001B", partial(draw_pictures, count=8, form="png"),
        before=write_odd_names, ours_alone=True,
    ),
)  # fmt: skip
