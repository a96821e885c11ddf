"""Whose word counts in matrix, timeline, responses and dossier, by cases worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.analysis.engine.scene import DEFAULT_VOICES
from api.analysis.engine.weighing import Weighing
from api.analysis.questions.cells import Cell
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.responses import ResponseRow, ResponsesQuery, find_responses
from api.analysis.questions.timeline import Event, order_events
from tests.analysis.quarrels import Quarrel, reasons

DAY = "2024-06-01"
UNNAMED = [{"speaker_as": "an official", "exact": None, "gist": "No.", "source": "wire"}]


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce", "talks", "arms")
    made.put("sources", "wire", title="War goes on", publisher="Allied Press")
    return made


def say_unnamed(quarrel: Quarrel, force: str, about: str = "truce", **fields: Any) -> str:
    return quarrel.position("ardo", force, about, voice="anonymous", quotes=UNNAMED, **fields)


def cell_of(quarrel: Quarrel, holder: str = "ardo", column: str = "truce", **given: Any) -> Cell:
    query = MatrixQuery(by_issue=False, voices=given.get("voices", DEFAULT_VOICES))
    matrix = lay_out_matrix(replace(quarrel.scene(), day=DAY), query, given.get("proposals", ()))
    cells = {(each.holder, each.column): each for row in matrix.rows for each in row.cells}
    return cells[holder, column]


def events_of(quarrel: Quarrel) -> dict[tuple[str, str], Event]:
    events = order_events(quarrel.scene(), (), ())
    return {(each.kind, each.id): each for each in events}


def response_of(quarrel: Quarrel, actor: str, **query: Any) -> ResponseRow:
    plan = quarrel.records["proposals", "plan"]
    found = find_responses(quarrel.scene(), plan, ResponsesQuery(**query)).responses
    return next(each for each in found if (each.component, each.actor) == ("c1", actor))


def states_of(quarrel: Quarrel, *voices: str) -> dict[str, str]:
    """Map the records, which a dossier lists, to how they count for their holder."""
    scene = quarrel.scene()
    weighing = Weighing([*scene.positions, *scene.preconditions], voices or DEFAULT_VOICES)
    held = (*scene.positions, *scene.preconditions)
    return {each["id"]: weighing.weigh(each, each["holder"])[0] for each in held}


def test_the_worked_example_of_the_guide_is_the_real_answer(registry_of):
    guide = Path("docs/deadlock.md").read_text(encoding="utf-8")
    call = re.search(r"8000(/v1/conflicts/varn-strait-dispute/matrix\.csv\S+)'\n([^`]+)```", guide)
    assert call is not None
    answer = registry_of("fixtures").get(call[1]).get_data(as_text=True)
    assert answer.replace("\r\n", "\n") == call[2]


# Law 1: voice before date


def test_a_later_report_does_not_replace_the_own_word_and_is_told_beside_it(quarrel: Quarrel):
    own = quarrel.position("ardo", "accept", "truce", on="2024-01-01")
    later = quarrel.position("ardo", "reject", "truce", on="2024-05-01", voice="narrated",
                             sources=["wire"])  # fmt: skip
    cell = cell_of(quarrel)
    assert [(each.id, each.state) for each in cell.positions] == [(own, "held")]
    assert [(each.id, each.state, each.account) for each in cell.others] == [
        (later, "outranked", "as Allied Press reports")
    ]
    assert states_of(quarrel) == {own: "held", later: "outranked"}
    assert events_of(quarrel)["position_opened", later].state == "outranked"


def test_the_answer_by_the_own_word_stands_against_what_others_say(quarrel: Quarrel):
    quarrel.proposal("plan", "truce")
    answered = {"proposal": "plan", "component": None}
    own = quarrel.position("ardo", "accept", "truce", responds_to=answered)
    said = say_unnamed(quarrel, "reject", on="2024-05-01", responds_to=answered)
    row = response_of(quarrel, "ardo")
    assert (row.response, row.state, row.others) == ("accept", "held", [said])
    assert row.positions == [own, said]


def test_among_equals_the_latest_counts_by_the_day_it_was_said(quarrel: Quarrel):
    old = quarrel.position("ardo", "accept", "truce", on="2024-05-02", stated_on="2024-01-02")
    new = quarrel.position("ardo", "reject", "truce", on="2024-05-01", stated_on="2024-04-30")
    [shown] = cell_of(quarrel).positions
    assert (shown.id, shown.stated_on, shown.last_attested_on) == (new, "2024-04-30", "2024-05-01")
    assert states_of(quarrel) == {old: "superseded", new: "held"}


def test_a_warning_takes_no_demand_back(quarrel: Quarrel):
    demand = quarrel.position("ardo", "demand", "truce")
    warning = quarrel.position("ardo", "warn", "truce", on="2024-05-01")
    assert [each.id for each in cell_of(quarrel).positions] == [demand]
    assert states_of(quarrel) == {demand: "held", warning: "held"}


def test_a_position_and_a_condition_of_one_id_are_two_records(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "talks", id="same")
    quarrel.condition("ardo", "talks", "truce", id="same")
    quarrel.condition("ardo", "talks", "arms", id="later", replaces="same", on="2024-05-01")
    held = quarrel.records["positions", "same"], quarrel.records["preconditions", "same"]
    scene = quarrel.scene()
    weighing = Weighing([*scene.positions, *scene.preconditions], DEFAULT_VOICES)
    assert [weighing.weigh(each, "ardo")[0] for each in held] == ["held", "superseded"]


def test_a_later_word_that_there_is_no_condition_ends_those_for_that_thing(quarrel: Quarrel):
    old = quarrel.condition("ardo", "truce talks", "arms", id="old")
    more = quarrel.condition("ardo", "truce", "arms", id="more", last_attested_on="2024-02-01")
    none = quarrel.condition("ardo", "truce", antecedents_kind="none", id="none",
                             last_attested_on="2024-05-01")  # fmt: skip
    new = quarrel.condition("ardo", "truce", "arms", id="new", last_attested_on="2024-05-02")
    said = quarrel.condition("ardo", "truce", "arms", id="said", voice="narrated")
    shown = {each.id: each.state for each in cell_of(quarrel).conditions}
    assert shown == {
        old: "superseded", more: "superseded", none: "superseded", new: "held", said: "outranked"
    }  # fmt: skip
    assert [(e.id, e.state) for e in cell_of(quarrel, column="talks").conditions] == [(old, "held")]
    assert states_of(quarrel)[old] == "held"  # for one of the things that it is for


# Law 2: disputed is not clear


def test_equal_records_of_one_day_are_disputed_by_name(quarrel: Quarrel):
    quarrel.proposal("plan", "truce")
    answered = {"proposal": "plan", "component": None}
    one = quarrel.position("ardo", "accept", "truce", responds_to=answered)
    two = quarrel.position("ardo", "reject", "truce", responds_to=answered)
    [shown] = cell_of(quarrel).positions
    assert (shown.disagreement, shown.disputed_with) == (True, [two])
    row = response_of(quarrel, "ardo")
    assert (row.disagreement, row.disputed_with) == (True, [two])
    events = events_of(quarrel)
    assert events["response", one].disputed_with == [two]
    assert events["response", two].disputed_with == [one]


def test_a_lower_voice_of_that_day_disputes_nothing(quarrel: Quarrel):
    quarrel.position("ardo", "accept", "truce")
    said = quarrel.position("ardo", "reject", "truce", voice="narrated")
    cell = cell_of(quarrel)
    assert not cell.positions[0].disagreement
    assert [each.id for each in cell.others] == [said]


def test_a_lower_voice_that_names_the_own_word_as_replaced_disputes_it(quarrel: Quarrel):
    own = quarrel.position("ardo", "accept", "truce")
    said = quarrel.position("ardo", "reject", "truce", on="2024-05-01", voice="narrated",
                            replaces=own)  # fmt: skip
    [shown] = cell_of(quarrel).positions
    assert (shown.id, shown.state, shown.disputed_with) == (own, "held", [said])


def test_a_condition_and_the_word_that_there_is_none_are_disputed(quarrel: Quarrel):
    one = quarrel.condition("ardo", "truce", "talks")
    two = quarrel.condition("ardo", "truce", antecedents_kind="none", id="free")
    conditions = {each.id: each.disputed_with for each in cell_of(quarrel).conditions}
    assert conditions == {one: [two], two: [one]}


# Law 3: the same voices everywhere


def test_what_only_others_say_is_reported_and_no_fact(quarrel: Quarrel):
    quarrel.proposal("plan", "truce")
    said = say_unnamed(quarrel, "reject", responds_to={"proposal": "plan", "component": None})
    cell = cell_of(quarrel)
    assert (cell.state, cell.positions[0].state) == ("reported", "reported")
    sentence = "Ardo rejects “It is truce”, by an unnamed official"
    row, event = response_of(quarrel, "ardo"), events_of(quarrel)["response", said]
    assert {cell.positions[0].sentence, row.sentence, event.sentence} == {sentence}
    assert (row.state, event.state, states_of(quarrel)[said]) == ("reported",) * 3


def test_the_caller_chooses_whose_word_is_a_fact(quarrel: Quarrel):
    own = quarrel.position("ardo", "accept", "truce")
    said = say_unnamed(quarrel, "reject")
    cell = cell_of(quarrel, voices=["anonymous"])
    assert [(each.id, each.state) for each in cell.positions] == [(said, "held")]
    assert states_of(quarrel, "anonymous") == {own: "reported", said: "held"}
    assert states_of(quarrel, "own", "anonymous") == {own: "held", said: "outranked"}


def test_a_denied_demand_is_shown_as_denied_everywhere(quarrel: Quarrel):
    quarrel.proposal("plan", "arms")
    demand = say_unnamed(quarrel, "demand", "arms", responds_to={"proposal": "plan"})
    denial = quarrel.position("ardo", "deny", "talks", on="2024-05-12",
                              responds_to={"position": demand})  # fmt: skip
    assert reasons(quarrel.deadlock())[demand] == "denied"
    cell, row = cell_of(quarrel, column="arms"), response_of(quarrel, "ardo")
    lines = [cell.positions[0], row, events_of(quarrel)["response", demand]]
    assert [each.denied_by for each in lines] == [denial] * 3
    assert [each.state for each in lines] == ["denied"] * 3
    assert cell.state == "denied"
    assert {each.sentence for each in lines} == {
        "Ardo demands “It is arms”, by an unnamed official, which Ardo denies (12 May 2024)"
    }
    assert states_of(quarrel)[demand] == "denied"


def test_a_denial_on_the_same_matter_stands_and_the_denied_demand_beside_it(quarrel: Quarrel):
    demand = say_unnamed(quarrel, "demand")
    denial = quarrel.position("ardo", "deny", "truce", responds_to={"position": demand})
    cell = cell_of(quarrel)
    assert [(each.id, each.sign) for each in cell.positions] == [(denial, 0)]
    assert [(each.id, each.state, each.denied_by) for each in cell.others] == [
        (demand, "denied", denial)
    ]


def test_nobody_denies_for_another_or_his_own_word(quarrel: Quarrel):
    said = say_unnamed(quarrel, "demand")
    quarrel.position("belm", "deny", "truce", responds_to={"position": said})
    own = quarrel.position("belm", "demand", "arms")
    quarrel.position("belm", "deny", "arms", id="back", responds_to={"position": own})
    states = states_of(quarrel)
    assert (states[said], states[own]) == ("reported", "held")


# Laws 7, 9, 19


def test_a_bloc_answers_for_its_members_and_a_dissent_is_told_beside_it(quarrel: Quarrel):
    member = [{"actor": "ardo"}, {"actor": "belm", "to": "2024-03-01"}, {"actor": "cors"}]
    quarrel.put("actors", "bloc", name="The Bloc", kind="collective", members=member)
    quarrel.proposal("plan", "truce")
    answered = {"proposal": "plan", "component": None}
    joint = quarrel.position("bloc", "accept", "truce", responds_to=answered)
    own = quarrel.position("cors", "reject", "truce", responds_to=answered)
    scene = replace(quarrel.scene(), day=DAY)
    found = find_responses(scene, quarrel.records["proposals", "plan"]).responses
    rows = {each.actor: each for each in found}
    assert (rows["ardo"].response, rows["ardo"].through, rows["ardo"].dissent) == (
        "accept", "bloc", []
    )  # fmt: skip
    assert rows["ardo"].account == "by its own word"
    assert (rows["belm"].response, rows["belm"].through) == ("none_recorded", None)
    assert (rows["cors"].response, rows["cors"].through, rows["cors"].dissent) == (
        "reject", None, [joint]
    )  # fmt: skip
    assert (rows["bloc"].response, rows["bloc"].dissent) == ("accept", [own])


def test_a_bloc_that_answers_jointly_with_others_answers_for_its_members(quarrel: Quarrel):
    quarrel.put("actors", "bloc", name="The Bloc", kind="collective", members=[{"actor": "ardo"}])
    quarrel.proposal("plan", "truce")
    answered = {"proposal": "plan", "component": None}
    quarrel.position("cors", "accept", "truce", co_holders=["bloc"], responds_to=answered)
    row = response_of(quarrel, "ardo")
    assert (row.response, row.through) == ("accept", "bloc")


def test_what_others_say_of_a_member_does_not_silence_its_bloc(quarrel: Quarrel):
    quarrel.put("actors", "bloc", name="The Bloc", kind="collective", members=[{"actor": "ardo"}])
    quarrel.proposal("plan", "truce")
    answered = {"proposal": "plan", "component": None}
    quarrel.position("bloc", "accept", "truce", responds_to=answered)
    said = say_unnamed(quarrel, "reject", responds_to=answered)
    row = response_of(quarrel, "ardo")
    assert (row.response, row.through, row.state, row.others) == ("accept", "bloc", "held", [said])


def test_a_deadline_that_has_passed_is_told(quarrel: Quarrel):
    id = quarrel.condition("ardo", "truce", "talks", deadline="2024-05-31")
    [shown] = cell_of(quarrel).conditions
    assert shown.deadline_passed
    assert shown.sentence is not None
    assert shown.sentence.endswith("; the deadline, 31 May 2024, has passed")
    quarrel.records["preconditions", id]["deadline"] = DAY
    assert not cell_of(quarrel).conditions[0].deadline_passed
    event = events_of(quarrel)["deadline", id]
    assert (event.earliest, event.dated_by) == (DAY, "deadline")


def test_doubts_of_a_record_and_of_its_source_travel(quarrel: Quarrel):
    quarrel.put("sources", "wire", title="War", publisher="Allied Press", doubts=[
        {"field": "published", "kind": "inferred", "text": "No day is printed."}
    ])  # fmt: skip
    id = say_unnamed(quarrel, "reject")
    doubts = ["source “War”, published (inferred): No day is printed."]
    assert cell_of(quarrel).positions[0].doubts == doubts
    assert events_of(quarrel)["position_opened", id].doubts == doubts


# What a cell holds


def test_a_cell_holds_conditions_and_proposals(quarrel: Quarrel):
    quarrel.proposal("plan", "truce")
    needed = quarrel.condition("ardo", "truce", "talks !arms")
    quarrel.condition("ardo", "!truce", "arms", modality="sufficient")
    cell = cell_of(quarrel)
    assert (cell.state, cell.positions) == ("held", [])
    assert [each.short for each in cell.conditions] == [
        "only if “It is talks” and the opposite of “It is arms”",
        "the opposite if “It is arms”",
    ]
    assert cell.conditions[0].id == needed
    proposals = [quarrel.records["proposals", "plan"]]
    assert cell_of(quarrel, "cors", proposals=proposals).proposed_in == ["plan"]
    assert cell_of(quarrel, "belm", proposals=proposals).proposed_in == []
