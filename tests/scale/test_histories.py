"""The checker of histories finds each anomaly, and none in a sound history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scale.histories import Read, Write, find_anomalies

WRITES = [
    Write("a", 1, 0.0, 1.0, 1), Write("b", 1, 0.5, 1.5, 2), Write("a", 2, 2.0, 3.0, 3),
    Write("a", 3, 3.5, 4.0, None),
]  # fmt: skip
STORED = {"a": [(1, 1), (3, 2)], "b": [(2, 1)]}
READS = [
    Read(1, "a", None, 0, 0, 0.1), Read(1, "a", 1, 1, 2, 1.2), Read(2, "a", 1, 0, 1, 2.5),
    Read(1, "a", 2, 3, 3, 3.2), Read(2, "b", 1, 2, 3, 3.3),
]  # fmt: skip


def test_a_sound_history_has_none_whether_the_write_without_an_answer_counts_or_not():
    assert find_anomalies(WRITES, READS, STORED) == []
    assert find_anomalies(WRITES, READS, {**STORED, "a": [*STORED["a"], (4, 3)]}) == []


@pytest.mark.parametrize(("place", "changed", "kind"), [
    (1, {"version": None}, "wrong"),  # a page that was cached before the write
    (3, {"version": 1}, "wrong"),  # a stale version that poses as a newer one
    (2, {"version": 2}, "wrong"),  # a version of the future
    (4, {"version": 9}, "wrong"),
    (3, {"version": 1, "known_at": 2}, "stale"),  # less than the session named
    (3, {"version": 1, "known_at": 1, "least": 1}, "back"),
])  # fmt: skip
def test_a_read_that_nothing_explains_is_found(place: int, changed: dict[str, int], kind: str):
    reads = [*READS]
    reads[place] = replace(reads[place], **changed)
    found = find_anomalies(WRITES, reads, STORED)
    assert found
    assert all(each.startswith(kind) for each in found)


@pytest.mark.parametrize(("stored", "kind"), [
    ({"a": [(1, 1)], "b": [(2, 1)]}, "lost"),  # a failover to what had not received it
    ({"a": [(1, 1), (3, 2), (4, 7)], "b": [(2, 1)]}, "phantom"),
    ({"a": [(1, 1), (3, 2), (4, 2)], "b": [(2, 1)]}, "doubled"),  # a write that was sent twice
])  # fmt: skip
def test_a_lost_an_unknown_and_a_doubled_write_are_found(
    stored: dict[str, list[tuple[int, int]]], kind: str
):
    assert any(each.startswith(kind) for each in find_anomalies(WRITES, [], stored))


def test_writes_against_real_time_are_found():
    writes = [Write("a", 1, 0.0, 1.0, 2), Write("b", 1, 1.5, 2.0, 1)]
    found = find_anomalies(writes, [], {"a": [(2, 1)], "b": [(1, 1)]})
    assert [each.partition(":")[0] for each in found] == ["reordered"]
