"""What others refer to is not retracted, and to find them takes linear time."""

from __future__ import annotations

import pytest

from api.errors import StillReferred
from api.ledger import Change, Ledger
from api.ledger.versions import referrers


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
