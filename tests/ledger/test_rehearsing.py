"""What is rehearsed comes out as what is written, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from api.errors import RulesBroken, StillReferred, WouldBreak
from api.ledger import Change, Ledger, Receipt
from tests.worlds import make_draft, read_records

MANY = 1_300
"""More records than are looked at before the first of them are inserted."""

Write = Callable[[Sequence[Change]], Receipt]


def actors(ids: Sequence[str], **more: Any) -> list[Change]:
    return [Change("actors", id, {**make_draft("actors", id=id), **more}) for id in ids]


def _refused_with_a_fault_at_its_end(write: Write) -> list[int]:
    good = [f"a-{n}" for n in range(MANY)]
    with pytest.raises(RulesBroken):
        write([*actors(good), *actors(["bad"], part_of="nowhere")])
    return [len(write(actors(good)).written), len(write(actors(good)).written)]


def _refused_for_who_refers_to_it(write: Write) -> list[int]:
    write([*actors(["whole"]), *actors(["part"], part_of="whole")])
    with pytest.raises(StillReferred):
        write([*actors(["other"]), Change("actors", "whole", None)])
    return [len(write(actors(["other"])).written)]


def _refused_for_what_would_break(write: Write) -> list[int]:
    plan = read_records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    with pytest.raises(WouldBreak):
        write([*actors(["other"]), Change("proposals", plan["id"], plan)])
    return [len(write(actors(["other"])).written)]


@pytest.mark.parametrize(
    "story",
    [
        _refused_with_a_fault_at_its_end,
        _refused_for_who_refers_to_it,
        _refused_for_what_would_break,
    ],
)
def test_what_was_refused_leaves_nothing_to_the_next(
    stocked: Ledger, story: Callable[[Write], list[int]]
):
    before = _head(stocked)
    with stocked.rehearsing() as rehearsal:
        rehearsed = story(lambda changes: rehearsal.append(changes, {}))
    assert _head(stocked) == before
    assert rehearsed == story(lambda changes: stocked.append(changes, author="a"))


def _head(ledger: Ledger) -> int:
    with ledger.reading() as reader:
        return reader.moment.known_at
