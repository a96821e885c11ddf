"""Every record leads on, and each way leads somewhere."""

from __future__ import annotations

import pytest

from tests.worlds import RESOURCE, Registry, anytime

LEADS_TO = {
    "actors": {"positions", "preconditions", "dossier", "page"},
    "positions": {"proposition", "conflict", "evidence", "answers", "page"},
    "preconditions": {"antecedents", "consequents", "conflict", "evidence", "page"},
    "sources": {"statements", "positions"},
    "statements": {"source", "positions", "page"},
    "conflicts": {"positions", "deadlock", "matrix", "timeline", "page"},
    "issues": {"conflict", "positions"},
    "propositions": {"conflict", "positions", "as_antecedent", "as_consequent"},
    "proposals": {"conflict", "responses", "positions", "page"},
    "axioms": {"conflict", "propositions"},
}


def test_records_of_all_nouns_lead_on():
    assert set(LEADS_TO) == set(RESOURCE)


def test_a_record_leads_to_what_belongs_to_it(registry_of, noun: str):
    found = registry_of("seed").data(f"/v1/{noun}", limit=1000, **anytime(noun))
    assert LEADS_TO[noun] <= {name for each in found for name in each["links"]}


def test_each_link_leads_to_an_answer(reading: Registry, noun: str):
    for each in reading.data(f"/v1/{noun}", limit=1000, **anytime(noun)):
        for name, address in each["links"].items():
            # A text that is public may still have to be attached.
            if name != "text":
                assert reading.get(address).status_code == 200, (each["id"], name, address)


@pytest.mark.parametrize(("id", "missing"), [("russia", "part_of"), ("kremlin", None)])
def test_what_leads_nowhere_is_left_out(registry_of, id: str, missing: str | None):
    [actor] = [each for each in registry_of("seed").data("/v1/actors") if each["id"] == id]
    assert ("part_of" in actor["links"]) == (missing is None)
    assert None not in actor["links"].values()
