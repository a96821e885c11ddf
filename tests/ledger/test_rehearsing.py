"""A rehearsal gives the same results as real writes, and stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from api.errors import RulesBroken, StillReferred, WouldBreak
from api.ledger import Change, Ledger, Receipt
from tests.worlds import make_draft, read_records

MANY = 1_300
"""More records than are checked before the first of them are inserted."""

Write = Callable[[Sequence[Change]], Receipt]


def make_actors(ids: Sequence[str], **more: Any) -> list[Change]:
    return [Change("actors", id, {**make_draft("actors", id=id), **more}) for id in ids]


def _refused_with_a_fault_at_its_end(write: Write) -> list[int]:
    good = [f"a-{n}" for n in range(MANY)]
    with pytest.raises(RulesBroken):
        write([*make_actors(good), *make_actors(["bad"], part_of="nowhere")])
    return [len(write(make_actors(good)).written), len(write(make_actors(good)).written)]


def _refused_for_a_referrer(write: Write) -> list[int]:
    write([*make_actors(["whole"]), *make_actors(["part"], part_of="whole")])
    with pytest.raises(StillReferred):
        write([*make_actors(["other"]), Change("actors", "whole", None)])
    return [len(write(make_actors(["other"])).written)]


def _refused_for_a_dependent(write: Write) -> list[int]:
    plan = read_records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    with pytest.raises(WouldBreak):
        write([*make_actors(["other"]), Change("proposals", plan["id"], plan)])
    return [len(write(make_actors(["other"])).written)]


@pytest.mark.parametrize(
    "story",
    [
        _refused_with_a_fault_at_its_end,
        _refused_for_a_referrer,
        _refused_for_a_dependent,
    ],
)
def test_a_refused_changeset_has_no_effect_on_the_next(
    stocked: Ledger, story: Callable[[Write], list[int]]
):
    before = _read_head(stocked)
    with stocked.open_rehearsal() as rehearsal:
        rehearsed = story(lambda changes: rehearsal.append(changes, {}))
    assert _read_head(stocked) == before
    assert rehearsed == story(lambda changes: stocked.append_changes(changes, author="a"))


def _read_head(ledger: Ledger) -> int:
    with ledger.open_reader() as reader:
        return reader.moment.known_at
