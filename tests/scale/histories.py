"""Checks what clients of several servers were told against what was written in the end.

Each record is a register: clients write versions to it, and read it under the header
`Sinequanon-Min-Changeset` with the newest changeset that their session has seen. `find_anomalies`
compares all they were told with the revisions that the primary has at the end. `python -m
tests.scale.histories` makes such histories over a primary and two standbys, with faults.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Write:
    """A version that was sent to a register; `changeset` is None if no answer came."""

    register: str
    version: int
    began: float
    ended: float
    changeset: int | None


@dataclass(frozen=True)
class Read:
    """What a session was told of a register: a version as of a changeset, and what it had named."""

    session: int
    register: str
    version: int | None
    least: int
    known_at: int
    began: float


Stored = Mapping[str, Sequence[tuple[int, int]]]
"""The revisions of each register at the end: changeset and version, in the order of writing."""


def find_anomalies(writes: Sequence[Write], reads: Sequence[Read], stored: Stored) -> list[str]:
    """Return a sentence for each anomaly."""
    return [
        *_find_lost(writes, stored),
        *_find_phantoms(writes, stored),
        *_find_reordered(writes),
        *_find_wrong_reads(reads, stored),
        *_find_steps_back(reads),
    ]


def _find_lost(writes: Sequence[Write], stored: Stored) -> Iterator[str]:
    for each in writes:
        if each.changeset is not None:
            kept = (each.changeset, each.version) in stored.get(each.register, ())
            if not kept:
                yield f"lost: {each} was acknowledged"


def _find_phantoms(writes: Sequence[Write], stored: Stored) -> Iterator[str]:
    sent = {(each.register, each.version) for each in writes}
    for register, revisions in stored.items():
        for changeset, version in revisions:
            if (register, version) not in sent:
                yield f"phantom: {register} has version {version} of changeset {changeset}"
        versions = [version for _, version in revisions]
        if len({*versions}) < len(versions):
            yield f"doubled: {register} has a version twice"


def _find_reordered(writes: Sequence[Write]) -> Iterator[str]:
    """Find acknowledged writes whose changesets contradict real time."""
    done = [each for each in writes if each.changeset is not None]
    by_end = sorted(done, key=lambda each: each.ended)
    ends, newest, so_far = [each.ended for each in by_end], list[int](), 0
    for each in by_end:
        so_far = max(so_far, each.changeset or 0)
        newest.append(so_far)
    for each in done:
        before = bisect_right(ends, each.began) - 1
        if before >= 0 and newest[before] >= (each.changeset or 0):
            yield f"reordered: {each} began after changeset {newest[before]} was acknowledged"


def _find_wrong_reads(reads: Sequence[Read], stored: Stored) -> Iterator[str]:
    """Find reads that show less than they named, or another version than that of their moment."""
    for each in reads:
        if each.known_at < each.least:
            yield f"stale: {each}"
        revisions = stored.get(each.register, ())
        place = bisect_right([changeset for changeset, _ in revisions], each.known_at)
        expected = revisions[place - 1][1] if place else None
        if each.version != expected:
            yield f"wrong: {each}, but version {expected} was the one then"


def _find_steps_back(reads: Sequence[Read]) -> Iterator[str]:
    """Find sessions that were shown an older changeset after a newer one."""
    for session in {each.session for each in reads}:
        own = sorted((e for e in reads if e.session == session), key=lambda each: each.began)
        for before, after in pairwise(own):
            if after.known_at < before.known_at:
                yield f"back: {after} after {before.known_at}"
