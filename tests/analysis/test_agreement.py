"""Whose vote counts in a roll call: deprecated, preferred and joint ones, and absences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worlds import Registry, parse_answer

CONFLICT = "varn-strait-dispute"
BOTH = ("norland", "sudmark")


@pytest.fixture
def voting(registry: Registry) -> Registry:
    """Put a resolution to the vote, which Norland accepts and Kestria rejects."""
    registry.post("/v1/sources", {
        "id": "roll", "title": "Roll call", "kind": "recorded_vote", "language": "en",
        "published": "2024-05-01",
    })  # fmt: skip
    registry.post("/v1/propositions", {
        "id": "resolution", "text": "The resolution is adopted.", "conflict": CONFLICT,
    })  # fmt: skip
    registry.post("/v1/proposals", {
        "id": "resolution", "title": "The resolution", "conflict": CONFLICT,
        "proposers": ["kestria"], "made_on": "2024-05-01",
        "components": [{"id": "a", "propositions": ["resolution"], "phase": "session 1"}],
    })  # fmt: skip
    vote(registry, "norland", "accept")
    vote(registry, "kestria", "reject")
    return registry


def vote(registry: Registry, holder: str, force: str, **fields: Any) -> None:
    fields.setdefault("id", f"{holder}-{force}")
    registry.post("/v1/positions", {
        "holder": holder, "force": force, "proposition": "resolution", "sources": ["roll"],
        "attestation": "recorded_vote", "attested_on": "2024-05-01",
        "responds_to": {"proposal": "resolution", "component": "a"}, **fields,
    })  # fmt: skip


def agree(registry: Registry, *actors: str) -> dict[str, Any]:
    answer = registry.get("/v1/agreement", actors=",".join(actors), conflict=CONFLICT)
    [row] = [each for each in parse_answer(answer)["data"] if each["group"] == "1"]
    return row


@pytest.mark.parametrize("order", [("reject", "accept"), ("accept", "reject")])
def test_a_deprecated_vote_is_none(voting: Registry, order: tuple[str, ...]):
    for force in order:
        vote(voting, "sudmark", force, rank="deprecated" if force == "reject" else "normal")
    assert agree(voting, *BOTH)["same"] == 1


def test_who_only_has_a_deprecated_vote_was_absent(voting: Registry):
    vote(voting, "sudmark", "reject", rank="deprecated")
    assert agree(voting, *BOTH)["one_absent"] == 1


def test_a_preferred_vote_counts_before_another(voting: Registry):
    vote(voting, "sudmark", "accept", rank="preferred")
    vote(voting, "sudmark", "reject")
    assert agree(voting, *BOTH)["same"] == 1


def test_a_deprecated_dissent_is_none(voting: Registry):
    vote(voting, "sudmark", "accept")
    voting.amend("/v1/positions/kestria-reject", rank="deprecated")
    assert agree(voting, *BOTH)["unanimous_dropped"] == 1


def test_who_is_recorded_without_a_vote_was_absent(voting: Registry):
    vote(voting, "sudmark", "defer")
    row = agree(voting, *BOTH)
    assert (row["both_voted"], row["one_absent"]) == (0, 1)


def test_a_joint_vote_is_one_of_each_holder(voting: Registry):
    vote(voting, "strait-council", "reject", co_holders=["sudmark"])
    assert agree(voting, *BOTH)["opposite"] == 1
    vote(voting, "sudmark", "accept")
    assert agree(voting, *BOTH)["same"] == 1
