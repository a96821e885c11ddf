"""A write warns of what contradicts, repeats, outlives or moves what is on record already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from api.errors import WouldBreak
from api.ledger import Change, Ledger, rehearse_changes
from api.ledger.noun import Noun, Reference
from api.ledger.versions.lookup import PendingLookup
from api.nouns import NOUNS_BY_NAME

Draft = dict[str, Any]

WORLD: tuple[tuple[str, Draft], ...] = (
    ("conflicts", {"id": "strait", "name": "The strait", "kind": "dispute"}),
    ("conflicts", {"id": "elsewhere", "name": "Elsewhere", "kind": "dispute"}),
    *(("actors", {"id": id, "name": id.title(), "kind": "state"}) for id in ("ardo", "belm")),
    ("actors", {"id": "press", "name": "The press", "kind": "organisation"}),
    *(("propositions", {"id": id, "text": f"{id}.", "conflict": "strait"})
      for id in ("talks", "truce", "retreat", "apology")),
    ("propositions", {"id": "rain", "text": "It rains.", "conflict": "elsewhere"}),
    ("proposals", {"id": "plan", "title": "The plan", "conflict": "strait", "proposers": ["belm"],
                   "components": [{"id": "a", "propositions": ["truce"]}]}),
    *(("sources", {"id": id, "title": id, "kind": "news_report", "language": "en"})
      for id in ("paper", "radio")),
    ("sources", {"id": "roll", "title": "A roll call", "kind": "recorded_vote", "language": "en"}),
)  # fmt: skip

STATEMENTS: Mapping[str, tuple[str, str, str | None]] = {
    "monday": ("paper", "2024-03-04", "ardo"),
    "monday-radio": ("radio", "2024-03-04", "ardo"),
    "tuesday": ("radio", "2024-03-05", "ardo"),
    "by-press": ("radio", "2024-03-04", "press"),
    "by-nobody": ("radio", "2024-03-04", None),
}
"""Source, day and speaker."""


def make_statement(id: str) -> Draft:
    source, day, speaker = STATEMENTS[id]
    said = {"id": id, "source": source, "start": 0, "end": 9, "attestation": "indirect",
            "gist": "They say so.", "stated_on": day, "attested_on": day}  # fmt: skip
    return said if speaker is None else {**said, "speaker": speaker}


def make_change(noun: str, draft: Draft) -> Change:
    return Change(noun, draft["id"], NOUNS_BY_NAME[noun].load_draft(draft))


def position(id: str, force: str = "accept", evidence: str = "monday", **more: Any) -> Change:
    draft = {"id": id, "holder": "ardo", "force": force, "proposition": "truce",
             "evidence": [evidence], **more}  # fmt: skip
    draft["evidence"] = [evidence] if evidence else None
    return make_change("positions", {name: each for name, each in draft.items() if each})


def condition(id: str, antecedents: str = "retreat", evidence: str = "monday", **more: Any):
    draft = {"id": id, "holder": "ardo", "antecedents": [antecedents.split()],
             "consequents": ["talks"], "modality": "necessary", "evidence": [evidence],
             **more}  # fmt: skip
    if more.get("antecedents_kind"):
        del draft["antecedents"], draft["modality"]
    return make_change("preconditions", draft)


def measured(id: str, unit: str | None, **more: Any) -> Change:
    measure = {"scale": "export", "op": "le", "value": 5, **({"unit": unit} if unit else {})}
    return make_change(
        "propositions",
        {"id": id, "text": id, "conflict": "strait", "measure": measure, **more},
    )


@pytest.fixture
def quarrel(ledger: Ledger) -> Ledger:
    changes = [make_change(noun, draft) for noun, draft in WORLD]
    changes += [make_change("statements", make_statement(id)) for id in STATEMENTS]
    ledger.append_changes(changes, author="a")
    return ledger


def list_warnings(ledger: Ledger, *changes: Change) -> list[tuple[str, str]]:
    """Return (id, pointer) of the warnings of a write, which are those of a dry run of it."""
    dry = ledger.append_changes(changes, author="a", dry_run=True)
    real = ledger.append_changes(changes, author="a")
    assert dry.warnings == real.warnings
    return [(each.id, each.problem.pointer) for each in real.warnings]


def warn_after(ledger: Ledger, before: Change, after: Change) -> list[str]:
    """Return the pointers of the warnings of a write after another one."""
    assert list_warnings(ledger, before) == []
    return [pointer for _, pointer in list_warnings(ledger, after)]


@pytest.mark.parametrize(
    "after",
    [
        position("new", "reject"),
        position("new", "accept", negated=True),
        position("new", "reject", "monday-radio"),
        position("new", "reject", holder="belm", co_holders=["ardo"], speaker="belm",
                 attestation="indirect"),
    ],
)  # fmt: skip
def test_an_opposite_of_that_day_warns(quarrel: Ledger, after: Change):
    assert warn_after(quarrel, position("old", "demand"), after) == ["/force"]


def test_an_opposite_answer_to_a_whole_proposal_warns(quarrel: Ledger):
    whole = {"proposition": None, "responds_to": {"proposal": "plan"}}
    found = warn_after(quarrel, position("old", **whole), position("new", "reject", **whole))
    assert found == ["/force"]


@pytest.mark.parametrize(
    "after",
    [
        position("new", "reject", "tuesday"),
        position("new", "reject", "by-press"),
        position("new", "reject", "by-nobody"),
        position("new", "reject", rank="preferred"),
        position("new", "reject", rank="deprecated"),
        position("new", "reject", proposition="apology"),
        position("new", "reject", holder="belm", speaker="belm", attestation="indirect"),
        position("new", "reject", valid_to="2024-03-01", valid_from="2024-02-01"),
        position("new", "warn"),
        position("new", "accept", "tuesday"),
        position("new", "accept", under=["if"]),
        position("new", evidence="", sources=["roll"],
                 attestation="recorded_vote", attested_on="2024-03-04"),
    ],
)  # fmt: skip
def test_what_is_no_opposite_and_no_repeat_does_not_warn(quarrel: Ledger, after: Change):
    quarrel.append_changes([condition("if")], author="a")
    assert warn_after(quarrel, position("old", "demand"), after) == []


@pytest.mark.parametrize("evidence", ["monday", "monday-radio"])
def test_a_repeat_warns(quarrel: Ledger, evidence: str):
    assert warn_after(quarrel, position("old", "demand"), position("new", "accept", evidence)) == [
        ""
    ]


def test_a_change_of_mind_that_names_what_it_replaces_does_not_warn(quarrel: Ledger):
    quarrel.append_changes([position("old")], author="a")
    found = list_warnings(quarrel, position("new", "reject", replaces="old"))
    assert found == [("new", "/replaces")]  # because the old one has not ended


def test_records_of_one_changeset_warn_of_each_other(quarrel: Ledger):
    found = list_warnings(quarrel, position("one"), position("two", "reject"))
    assert found == [("one", "/force"), ("two", "/force")]


def test_a_record_that_is_amended_in_the_changeset_counts_as_it_is_then(quarrel: Ledger):
    quarrel.append_changes([position("old")], author="a")
    assert list_warnings(quarrel, position("old", "defer"), position("new", "reject")) == []
    quarrel.append_changes([position("old")], author="a")
    assert list_warnings(quarrel, Change("positions", "new", None)) == []
    assert list_warnings(quarrel, Change("positions", "old", None), position("other")) == []


@pytest.mark.parametrize(
    ("after", "pointers"),
    [
        (condition("new", "apology", "tuesday"), ["/replaces"]),
        (condition("new", "retreat apology"), ["/replaces"]),
        (condition("new", "apology", "monday-radio"), ["/replaces"]),
        (condition("new", antecedents_kind="none"), ["/replaces"]),
        (condition("new"), [""]),
        (condition("new", "apology"), []),
        (condition("new", "apology", "tuesday", consequents=["!talks"]), []),
        (condition("new", "apology", "by-press"), []),
        (condition("new", "apology", "tuesday", replaces="old"), ["/replaces"]),
        (condition("new", evidence="tuesday"), []),
        (condition("new", antecedents_kind="unspecified"), []),
    ],
)
def test_an_older_condition_for_the_same_warns(quarrel: Ledger, after: Change, pointers: list[str]):
    assert warn_after(quarrel, condition("old"), after) == pointers


def test_the_older_condition_is_not_warned_of_the_later_one(quarrel: Ledger):
    found = list_warnings(quarrel, condition("late", "apology", "tuesday"), condition("early"))
    assert found == [("late", "/replaces")]


def test_the_older_condition_of_a_common_holder_is_replaced_as_the_warning_says(quarrel: Ledger):
    old = {"holder": "belm", "speaker": "belm", "attestation": "indirect"}
    joint, ended = {**old, "co_holders": ["ardo"]}, {"valid_to": "2024-03-05"}
    new = ("new", "apology", "tuesday")
    assert warn_after(quarrel, condition("old", **joint), condition(*new)) == ["/replaces"]
    both = condition("old", **joint, **ended), condition(*new, replaces="old")
    assert list_warnings(quarrel, *both) == []
    with pytest.raises(WouldBreak) as error:
        quarrel.append_changes([condition("old", **old, **ended)], author="a")
    [broken] = error.value.problems
    assert (broken.id, broken.problem.pointer) == ("new", "/replaces")


@pytest.mark.parametrize(
    ("unit", "pointers"),
    [("kg", []), ("t", []), ("boxes", ["/measure/unit"]), (None, ["/measure/unit"])],
)
def test_a_measure_that_cannot_be_compared_warns(quarrel: Ledger, unit, pointers):
    assert warn_after(quarrel, measured("old", "t"), measured("new", unit)) == pointers
    away = measured("away", "boxes", conflict="elsewhere")
    assert list_warnings(quarrel, away) == []


def test_a_doubt_about_a_measure_is_no_measure(quarrel: Ledger):
    doubted = {"id": "old", "text": "old", "conflict": "strait",
               "doubts": [{"field": "measure", "kind": "inferred", "text": "unclear"}]}  # fmt: skip
    assert warn_after(quarrel, make_change("propositions", doubted), measured("new", "t")) == []


def test_what_is_stored_on_one_thing_is_read_once(quarrel: Ledger, monkeypatch):
    """It was read again for each of the holders, and for each record of the changeset."""
    read: list[tuple[str, str]] = []
    find = PendingLookup.find_referring

    def count(lookup: PendingLookup, noun: Noun, ref: Reference, id: str) -> Any:
        read.append((ref.path, id))
        return find(lookup, noun, ref, id)

    monkeypatch.setattr(PendingLookup, "find_referring", count)
    both = {"consequents": ["talks", "truce"], "co_holders": ["belm", "press"]}
    changes = [condition(f"if-{n}", **both) for n in range(3)]
    found = quarrel.append_changes(changes, author="a").warnings
    assert [each.id for each in found] == ["if-0", "if-1", "if-2"]
    assert sorted(read) == [("consequents[]", "talks"), ("consequents[]", "truce")]


def test_an_id_of_another_conflict_warns(quarrel: Ledger):
    quarrel.append_changes([position("old")], author="a")
    moved = [
        make_change("propositions", {"id": "apology", "text": "x", "conflict": "elsewhere"}),
        position("old", proposition="rain"),
    ]
    assert list_warnings(quarrel, *moved) == [("apology", "/id"), ("old", "/id")]


def test_a_rehearsal_in_lots_warns_as_the_write_does(quarrel: Ledger):
    """What was laid by the lots before counts as what is stored."""
    lots = ([position("one")], [position("two", "reject"), condition("if")],
            [position("one", "defer"), condition("then", "apology", "tuesday")],
            [position("three", "reject", "monday-radio")])  # fmt: skip
    with quarrel.open_overlay() as overlay:
        rehearsed = [rehearse_changes(overlay, lot, {}).warnings for lot in lots]
    assert rehearsed == [quarrel.append_changes(lot, author="a").warnings for lot in lots]
    named = [[(each.id, each.problem.pointer) for each in some] for some in rehearsed]
    assert named == [[], [("two", "/force")], [("then", "/replaces")], [("three", "")]]
