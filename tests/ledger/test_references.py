"""What records refer to is there; to check that takes linear time."""

from __future__ import annotations

import pytest

from api.errors import StillReferred
from api.ledger import Change, Ledger
from api.ledger.versions import referrers
from api.ledger.versions.rendering import check_record
from api.proposals import PROPOSALS
from tests.rules.worlds import World
from tests.worlds import measure_cpu


def test_a_record_that_names_much_that_is_retracted_is_parsed_once(ledger: Ledger, monkeypatch):
    """It was parsed for each; 200 propositions of 300 conditions held the write lock for 3 s."""
    ids = [f"p-{n}" for n in range(9)]
    conflict = {"id": "strait", "name": "The strait", "kind": "dispute"}
    rule = {"id": "rule", "conflict": "strait", "author": "a", "kind": "excludes"}
    changes = [
        Change("conflicts", "strait", conflict),
        *(Change("propositions", id, {"id": id, "text": id, "conflict": "strait"}) for id in ids),
        Change("axioms", "rule", {**rule, "propositions": [f"!{id}" for id in ids]}),
    ]
    ledger.append_changes(changes, author="a")
    parsed: list[bytes] = []
    parse = referrers.parse_bytes
    monkeypatch.setattr(
        referrers, "parse_bytes", lambda body: (parsed.append(body), parse(body))[1]
    )
    gone = [Change("propositions", id, None) for id in ids]
    with pytest.raises(StillReferred) as refused:
        ledger.append_changes(gone, author="a")
    assert refused.value.referrers == (("axioms", "rule", "propositions[]"),) * len(ids)
    assert len(parsed) == 1
    receipt = ledger.append_changes([*gone, Change("axioms", "rule", None)], author="a")
    assert len(receipt.written) == len(ids) + 1


@pytest.mark.parametrize("every", [1, 9], ids=["once each", "again and again"])
def test_each_place_that_names_a_missing_record_is_told_once(every: int):
    """All places were read for each; 4,000 of one proposal held the write lock for 8 s."""
    world = World()
    world.put_record("actors", "kestria")
    world.put_record("conflicts", "strait")

    def check(size: int) -> list[str]:
        components = [
            {"id": f"c-{n}", "propositions": [f"p-{n // every}-{k}" for k in range(9)]}
            for n in range(size)
        ]
        proposal = world.put_record("proposals", "plan", components=components)
        return [each.pointer for each in check_record(PROPOSALS, proposal, world)]

    assert check(9) == [f"/components/{n}/propositions/{k}" for n in range(9) for k in range(9)]
    _, once = measure_cpu(lambda: check(100))
    _, twice = measure_cpu(lambda: check(200))
    assert twice < 3 * once
