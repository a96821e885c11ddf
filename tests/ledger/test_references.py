"""What records refer to is there; to check that takes linear time."""

from __future__ import annotations

import pytest

from api.concurrency import current
from api.errors import Conflict, StillReferred
from api.ledger import Change, Ledger
from api.ledger.versions import lookup, referrers
from api.ledger.versions.lookup import PendingLookup
from api.ledger.versions.rendering import check_record
from api.proposals import PROPOSALS
from api.propositions import PROPOSITIONS
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


@pytest.fixture
def named(ledger: Ledger) -> Ledger:
    """Return a registry with a proposition that nine propositions read."""
    texts = [{"id": f"p-{n}", "text": f"p {n}", "conflict": "strait"} for n in range(10)]
    ledger.append_changes([
        Change("conflicts", "strait", {"id": "strait", "name": "A", "kind": "dispute"}),
        *(Change("issues", f"i-{n}", {"id": f"i-{n}", "name": f"I {n}", "conflict": "strait"})
          for n in range(2)),
        *(Change("propositions", each["id"], {**each, "issues": ["i-0"]}) for each in texts),
    ], author="a")  # fmt: skip
    return ledger


def test_what_refers_is_found_also_behind_the_first_that_are_read(named: Ledger, monkeypatch):
    monkeypatch.setattr(lookup, "FEW", 4)
    with named.database.begin_write(keep=False) as write:
        found = PendingLookup(write, named.nouns).find_referring(
            PROPOSITIONS, PROPOSITIONS.references[1], "i-0"
        )
        assert sorted(id for id, _ in found) == [f"p-{n}" for n in range(10)]


def test_a_request_is_told_the_first_of_many_that_still_refer(named: Ledger, monkeypatch):
    monkeypatch.setattr(referrers, "FEW", 4)
    retracted = [Change("issues", "i-0", None)]
    with monkeypatch.context() as request:
        request.setattr(current, "client", "192.0.2.1")
        with pytest.raises(StillReferred, match=r"^4 or more live records refer to it") as refused:
            named.append_changes(retracted, author="a")
        assert len(refused.value.referrers) == 4
    monkeypatch.setattr(current, "client", "")
    with pytest.raises(StillReferred, match=r"^live records refer to it") as refused:
        named.append_changes(retracted, author="a")  # an import rejects all of them in one pass
    assert len(refused.value.referrers) == 10


def test_a_request_reaches_a_bounded_number_of_dependents_and_a_command_all(
    named: Ledger, monkeypatch
):
    """A new name for an issue with 300,000 positions took three minutes and 1.3 GB."""
    monkeypatch.setattr(referrers, "MOST_DEPENDENTS", 9)
    renamed = [Change("issues", "i-0", {"id": "i-0", "name": "New", "conflict": "strait"})]
    with monkeypatch.context() as request:
        request.setattr(current, "client", "192.0.2.1")
        with pytest.raises(Conflict, match="more than 9 records depend on"):
            named.append_changes(renamed, author="a")
    monkeypatch.setattr(current, "client", "")
    assert named.append_changes(renamed, author="a").written == {("issues", "i-0"): 2}
    assert named.find_faults() == []


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
