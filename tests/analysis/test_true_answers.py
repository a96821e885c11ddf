"""The laws of a true answer, each on a small conflict that was worked out by hand.

The numbers are those of the laws in docs/deadlock.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.analysis.quarrels import Quarrel, ids, reasons


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce", "talks", "peace")
    made.propositions("withdrawal", by=["ardo"])
    made.propositions("cession", by=["belm"])
    return made


def asked(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(each["literal"], each["of"]) for each in answer["open_asks"]]


# 1. Voice before date

ALL = ("own", "authorised", "narrated", "relayed", "anonymous")


@pytest.mark.parametrize("voice", ["narrated", "relayed", "anonymous"])
def test_a_later_word_in_a_lower_voice_does_not_supersede(quarrel: Quarrel, voice: str):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce", on="2023-01-01")
    later = quarrel.position("belm", "accept", "truce", on="2024-06-01", voice=voice)
    found = quarrel.deadlock(voices=ALL)
    assert ids(found["collisions"]) == [["ardo-demand-truce", "belm-reject-truce"]]
    assert reasons(found) == {later: "outranked"}


def test_an_authorised_word_is_as_good_as_the_holder_s_own(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    old = quarrel.position("belm", "reject", "truce", on="2023-01-01")
    quarrel.position("belm", "accept", "truce", on="2024-06-01", voice="authorised")
    found = quarrel.deadlock()
    assert (found["collisions"], reasons(found)) == ([], {old: "superseded"})


def test_a_lower_voice_replaces_nothing_and_makes_it_disputed(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    own = quarrel.position("belm", "reject", "truce", on="2023-01-01")
    said = quarrel.position("belm", "accept", "truce", on="2024-06-01", voice="relayed",
                            replaces=own)  # fmt: skip
    for voices in (ALL, ("own", "authorised", "narrated")):
        found = quarrel.deadlock(voices=voices)
        cases = {tuple(each["records"]): each["verdict"] for each in found["cases"]}
        assert found["verdict"] == "disputed"
        assert cases == {(own,): "blocked", (said,): "no_recorded_obstacle"}


def test_a_lower_voice_that_repeats_what_it_replaces_disputes_nothing(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    own = quarrel.position("belm", "reject", "truce", on="2023-01-01")
    quarrel.position("belm", "reject", "truce", id="again", voice="relayed", replaces=own)
    found = quarrel.deadlock(voices=ALL)
    assert (found["verdict"], found["cases"]) == ("blocked", [])


def test_among_equals_the_day_counts_on_which_it_was_said(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce", on="2024-05-01")
    # Reported in June, but said in April: before the refusal.
    old = quarrel.position("belm", "accept", "truce", on="2024-06-01", stated_on="2024-04")
    found = quarrel.deadlock()
    assert ids(found["collisions"]) == [["ardo-demand-truce", "belm-reject-truce"]]
    assert reasons(found) == {old: "superseded"}


# 2. Disputed is not clear


def test_a_careless_record_of_the_same_day_makes_no_all_clear(quarrel: Quarrel):
    quarrel.position("belm", "reject", "peace", id="refusal")
    assert quarrel.deadlock("peace")["verdict"] == "blocked"
    quarrel.position("belm", "accept", "peace", id="careless")
    found = quarrel.deadlock("peace")
    assert found["verdict"] == "disputed"
    assert {id for each in found["cases"] for id in each["records"]} == {"refusal", "careless"}
    assert "Belm accepts" in found["sentence"]
    assert "Belm rejects" in found["sentence"]


def test_a_dispute_on_which_the_verdict_does_not_hang_leaves_it(quarrel: Quarrel):
    quarrel.position("ardo", "reject", "peace")
    quarrel.position("belm", "reject", "peace", id="refusal")
    quarrel.position("belm", "accept", "peace", id="careless")
    found = quarrel.deadlock("peace")
    assert (found["verdict"], len(found["cases"])) == ("blocked", 2)


def test_a_condition_and_its_denial_of_one_day_are_disputed(quarrel: Quarrel):
    quarrel.condition("ardo", "talks", "cession", id="stated")
    quarrel.condition("ardo", "talks", id="none", antecedents_kind="none", modality="unknown")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("talks")
    assert found["verdict"] == "disputed"
    assert {tuple(each["records"]): each["verdict"] for each in found["cases"]} == {
        ("stated",): "blocked", ("none",): "no_recorded_obstacle",
    }  # fmt: skip


def test_that_there_is_no_condition_any_more_ends_the_older_condition(quarrel: Quarrel):
    quarrel.condition("ardo", "talks", "cession", id="stated")
    quarrel.condition("ardo", "talks", id="none", antecedents_kind="none", modality="unknown",
                      last_attested_on="2024-06-01")  # fmt: skip
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("talks")
    assert (found["verdict"], reasons(found)["stated"]) == ("no_recorded_obstacle", "superseded")


def test_what_ambiguous_words_mean_is_open_in_each_case_of_a_dispute(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["truce", "peace"])
    quarrel.position("ardo", "reject", "respect", id="no")
    quarrel.position("ardo", "accept", "respect", id="yes")
    quarrel.position("belm", "demand", "truce")
    found = quarrel.deadlock()
    cases = {(*each["records"], *each["readings"]): each["verdict"] for each in found["cases"]}
    assert found["verdict"] == "disputed"
    assert cases == {
        ("no", "respect means truce"): "blocked",
        ("no", "respect means peace"): "no_recorded_obstacle",
        ("yes",): "no_recorded_obstacle",
    }


def test_more_cases_than_can_be_told_are_cut_and_never_clear(quarrel: Quarrel):
    for n in range(5):
        quarrel.propositions(f"p{n}")
        quarrel.position("belm", "reject", f"p{n}", id=f"no-{n}")
        quarrel.position("belm", "accept", f"p{n}", id=f"yes-{n}")
    found = quarrel.deadlock()
    assert (found["verdict"], found["cut"], len(found["cases"])) == ("incomplete", ["cases"], 16)


# 4. A denial is an answer


def test_a_relayed_demand_that_was_denied_is_no_demand(quarrel: Quarrel):
    said = quarrel.position("belm", "demand", "withdrawal", voice="relayed")
    quarrel.position("ardo", "reject", "withdrawal")
    assert quarrel.deadlock(voices=ALL)["verdict"] == "blocked"
    quarrel.position("belm", "deny", "withdrawal", responds_to={"position": said})
    found = quarrel.deadlock(voices=ALL)
    assert (found["verdict"], reasons(found)[said]) == ("no_recorded_obstacle", "denied")


def test_a_denial_answers_what_was_asked(quarrel: Quarrel):
    quarrel.propositions("support", by=["belm"])
    quarrel.condition("ardo", "peace", "!support")
    demand = quarrel.position("ardo", "demand", "support", negated=True)
    assert asked(quarrel.deadlock("peace")) == [("!support", "belm")]
    quarrel.position("belm", "deny", "support", responds_to={"position": demand})
    assert asked(quarrel.deadlock("peace")) == []


def test_what_is_not_ruled_out_answers_and_constrains_nothing(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession")
    old = quarrel.position("belm", "reject", "cession", on="2023-01-01")
    assert quarrel.deadlock("peace")["verdict"] == "blocked"
    new = quarrel.position("belm", "leave_open", "cession", on="2024-01-01")
    found = quarrel.deadlock("peace")
    assert (found["verdict"], asked(found)) == ("no_recorded_obstacle", [])
    assert reasons(found) == {old: "superseded", new: "constrains_nothing"}


# 5. What follows from a package


def make_plan(quarrel: Quarrel, *components: dict[str, Any]) -> None:
    quarrel.proposal("plan", *(" ".join(each["propositions"]) for each in components))
    parts = quarrel.records["proposals", "plan"]["components"]
    parts[:] = [{**part, **given} for part, given in zip(parts, components, strict=True)]


def answer_plan(quarrel: Quarrel, holder: str, force: str) -> str:
    return quarrel.position(holder, force, None, id=f"{holder}-{force}-plan",
                            responds_to={"proposal": "plan"})  # fmt: skip


OPTIONS = (
    {"propositions": ["talks"]},
    {"propositions": ["withdrawal"], "option": "a"},
    {"propositions": ["cession"], "option": "b"},
)


def test_whoever_accepts_a_package_accepts_one_of_its_options(quarrel: Quarrel):
    make_plan(quarrel, *OPTIONS)
    answer_plan(quarrel, "ardo", "accept")
    quarrel.position("belm", "reject", "withdrawal")
    assert quarrel.deadlock()["collisions"] == []
    quarrel.position("belm", "reject", "cession")
    assert ids(quarrel.deadlock()["collisions"]) == [
        ["ardo-accept-plan", "belm-reject-cession", "belm-reject-withdrawal"]
    ]
    quarrel.position("cors", "reject", "talks")
    assert ["ardo-accept-plan", "cors-reject-talks"] in ids(quarrel.deadlock()["collisions"])


def test_whoever_rejects_a_package_rejects_it_with_each_option(quarrel: Quarrel):
    make_plan(quarrel, *OPTIONS)
    answer_plan(quarrel, "ardo", "reject")
    quarrel.position("belm", "demand", "withdrawal")
    assert quarrel.deadlock()["collisions"] == []
    quarrel.position("cors", "demand", "talks")
    assert ids(quarrel.deadlock()["collisions"]) == [
        ["ardo-reject-plan", "belm-demand-withdrawal", "cors-demand-talks"]
    ]


def test_a_condition_that_is_ambiguous_is_worked_out_for_each_reading(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.condition("ardo", "peace", "respect")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("peace")
    assert {each["readings"][0]: each["verdict"] for each in found["cases"]} == {
        "respect means cession": "blocked", "respect means withdrawal": "no_recorded_obstacle",
    }  # fmt: skip
    [collision] = found["collisions"]
    assert collision["readings"] == ["respect means cession"]


def test_a_demand_and_a_refusal_of_the_same_ambiguous_words_collide(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.position("ardo", "demand", "respect")
    quarrel.position("belm", "reject", "respect")
    found = quarrel.deadlock()
    assert (found["verdict"], len(found["cases"])) == ("blocked", 2)


def test_a_necessary_condition_that_names_all_conditions_is_enough(quarrel: Quarrel):
    quarrel.condition("cors", "peace", "talks", id="all", exhaustive=True)
    quarrel.position("cors", "reject", "peace")
    found = quarrel.deadlock("talks")
    [collision] = found["collisions"]
    assert {each["id"]: each["inferred"] for each in collision["members"]} == {
        "all": True, "cors-reject-peace": False
    }  # fmt: skip
    assert "if and only if, as we read it," in collision["sentence"]
    quarrel.condition("cors", "peace", "talks", id="all", exhaustive=None)
    assert quarrel.deadlock("talks")["verdict"] == "no_recorded_obstacle"


def test_a_component_is_due_if_and_only_if_its_condition_holds(quarrel: Quarrel):
    make_plan(quarrel, {"propositions": ["talks"]}, {"propositions": ["peace"], "if": ["cession"]})
    answer_plan(quarrel, "ardo", "accept")
    quarrel.position("belm", "reject", "cession")
    assert quarrel.deadlock("talks")["verdict"] == "no_recorded_obstacle"
    assert quarrel.deadlock("peace")["verdict"] == "blocked"


def test_excludes_is_pairwise_and_not_all_is_not(quarrel: Quarrel):
    for holder, proposition in (("ardo", "truce"), ("belm", "talks")):
        quarrel.position(holder, "demand", proposition)
    quarrel.axiom("rule", "not_all", "truce talks peace")
    assert quarrel.deadlock()["verdict"] == "no_recorded_obstacle"
    quarrel.axiom("rule", "excludes", "truce talks peace")
    assert ids(quarrel.deadlock()["collisions"]) == [["ardo-demand-truce", "belm-demand-talks"]]
    quarrel.axiom("rule", "at_least_one", "!truce !talks")
    assert ids(quarrel.deadlock()["collisions"]) == [["ardo-demand-truce", "belm-demand-talks"]]


# 6. Facts


def test_a_fact_closes_what_was_asked_and_can_be_switched_off(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession")
    assert asked(quarrel.deadlock("peace")) == [("cession", "belm")]
    quarrel.axiom("ceded", "fact", "cession")
    found = quarrel.deadlock("peace")
    assert (asked(found), [each["id"] for each in found["rules"]]) == ([], ["ceded"])
    assert asked(quarrel.deadlock("peace", axioms=())) == [("cession", "belm")]


def test_a_fact_collides_with_what_denies_it(quarrel: Quarrel):
    quarrel.axiom("ceded", "fact", "cession")
    quarrel.position("ardo", "reject", "cession")
    [collision] = quarrel.deadlock()["collisions"]
    assert collision["axioms"] == ["ceded"]


def test_what_ended_as_met_is_asked_of_nobody(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession")
    quarrel.met = [quarrel.make_position("ardo", "demand", "cession", end_reason="met")]
    assert asked(quarrel.deadlock("peace")) == []


# 7. Answers through others


def test_a_bloc_answers_for_its_members_and_a_member_may_refuse_for_it(quarrel: Quarrel):
    quarrel.put("actors", "league", name="League", kind="collective",
                members=[{"actor": "belm"}])  # fmt: skip
    quarrel.condition("ardo", "peace", "cession")
    quarrel.position("league", "accept", "cession")
    assert asked(quarrel.deadlock("peace")) == []
    quarrel.propositions("guarantee", by=["league"])
    quarrel.condition("ardo", "peace", "guarantee")
    quarrel.position("belm", "accept", "guarantee")
    assert asked(quarrel.deadlock("peace")) == [("guarantee", "league")]
    quarrel.position("belm", "reject", "guarantee")
    assert asked(quarrel.deadlock("peace")) == []


def test_a_member_may_refuse_for_its_bloc_what_only_a_rule_asks_for(quarrel: Quarrel):
    quarrel.put("actors", "league", name="League", kind="collective",
                members=[{"actor": "belm"}])  # fmt: skip
    quarrel.propositions("guarantee", by=["league"])
    quarrel.axiom("safe", "implies", "peace guarantee")
    assert asked(quarrel.deadlock("peace")) == [("guarantee", "league")]
    quarrel.proposal("plan", "guarantee")
    quarrel.position("belm", "reject", None, responds_to={"proposal": "plan"})
    assert asked(quarrel.deadlock("peace")) == []


def test_what_a_holder_wants_answers_what_it_excludes(quarrel: Quarrel):
    quarrel.axiom("either", "excludes", "withdrawal cession")
    quarrel.condition("belm", "peace", "withdrawal")
    for soft in (False, True):
        found = quarrel.deadlock("peace", soft_goals=soft)
        assert asked(found) == [("withdrawal", "ardo")]
    quarrel.condition("ardo", "peace", "cession", id="its-own")
    for soft in (False, True):
        assert asked(quarrel.deadlock("peace", soft_goals=soft)) == []


def test_the_goal_itself_is_asked_of_nobody(quarrel: Quarrel):
    quarrel.position("ardo", "warn", "cession")
    assert asked(quarrel.deadlock("cession")) == []


# 9 and 10. Deadlines and older conditions


def test_a_deadline_that_has_passed_ends_nothing_and_is_told(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", deadline="2023-12")
    quarrel.position("belm", "reject", "cession")
    quarrel.day = "2023-12-31"
    assert quarrel.deadlock("peace")["notes"] == []
    quarrel.day = "2024-01-01"
    found = quarrel.deadlock("peace")
    assert found["verdict"] == "blocked"
    assert [(each["kind"], each["id"]) for each in found["notes"]] == [
        ("deadline_passed", "ardo-peace")
    ]


def test_a_joint_deadline_that_has_passed_is_told_of_each_holder(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", co_holders=["belm"], deadline="2023-12-01")
    quarrel.day = "2024-01-01"
    assert [each["sentence"] for each in quarrel.deadlock("peace")["notes"]] == [
        f"The deadline that {holder} set, 1 December 2023, has passed; its condition still counts."
        for holder in ("Ardo", "Belm")
    ]


def test_an_older_condition_counts_beside_the_later_one(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", id="old", last_attested_on="2023-01-01",
                      attested_on="2023-01-01")  # fmt: skip
    quarrel.condition("ardo", "peace", "talks", id="new")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("peace")
    assert found["verdict"] == "blocked"
    assert [(each["kind"], each["id"]) for each in found["notes"]] == [("older_condition", "old")]


def test_a_later_word_ends_older_conditions_for_what_it_is_about_alone(quarrel: Quarrel):
    quarrel.condition("ardo", "truce peace", "cession", id="old", last_attested_on="2023-01-01",
                      attested_on="2023-01-01")  # fmt: skip
    quarrel.position("belm", "reject", "cession")
    assert quarrel.deadlock("truce")["verdict"] == "blocked"
    quarrel.condition("ardo", "truce", id="none", antecedents_kind="none", modality="unknown")
    assert quarrel.deadlock("truce")["verdict"] == "no_recorded_obstacle"
    found = quarrel.deadlock("peace")
    assert found["verdict"] == "blocked"
    [member] = [each for each in found["members"] if each["id"] == "old"]
    assert member["claim"]["consequents"] == ("peace",)
    assert reasons(found)["old"] == "superseded"
    left = {each["id"]: each["literal"] for each in found["left_out"]}
    assert left == {"old": "truce", "none": None}


def test_conditions_that_are_wholly_left_out_are_named_once(quarrel: Quarrel):
    quarrel.condition("ardo", "truce peace", "cession", id="old", last_attested_on="2023-01-01",
                      attested_on="2023-01-01")  # fmt: skip
    quarrel.condition("ardo", "peace truce", id="none", antecedents_kind="none",
                      modality="unknown")  # fmt: skip
    left = [(each["id"], each["literal"]) for each in quarrel.deadlock("truce")["left_out"]]
    assert left == [("old", None), ("none", None)]


# 11. Joint conditions and threats


def test_a_joint_condition_is_a_member_of_each_holder(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", co_holders=["cors"])
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("peace")
    assert sorted({m["holder"] for each in found["collisions"] for m in each["members"]}) == [
        "ardo", "belm", "cors"
    ]  # fmt: skip


# 15 and 16. Clusters, goal first


def test_independent_quarrels_are_told_apart_the_goal_s_first(quarrel: Quarrel):
    for proposition in ("truce", "talks"):
        quarrel.position("ardo", "demand", proposition)
        quarrel.position("belm", "reject", proposition)
    quarrel.condition("ardo", "peace", "cession")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("peace")
    assert [(each["collisions"], each["goals"]) for each in found["clusters"]] == [
        ([1], True), ([2], False), ([3], False)
    ]  # fmt: skip
    assert [len(each["ways_out"]) for each in found["clusters"]] == [2, 2, 2]
    assert len(found["concessions"]) == 8


def test_collisions_that_share_a_member_are_one_quarrel(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    for holder in ("belm", "cors"):
        quarrel.position(holder, "reject", "truce")
    [cluster] = quarrel.deadlock()["clusters"]
    assert cluster["collisions"] == [1, 2]
    assert ids(cluster["ways_out"]) == [["ardo-demand-truce"],
                                        ["belm-reject-truce", "cors-reject-truce"]]  # fmt: skip


def test_a_chain_of_collisions_is_one_quarrel(quarrel: Quarrel):
    quarrel.axiom("first", "excludes", "truce talks")
    quarrel.axiom("second", "excludes", "talks peace")
    for holder, wants in (("ardo", "truce"), ("belm", "talks"), ("cors", "peace")):
        quarrel.position(holder, "demand", wants)
    assert [each["collisions"] for each in quarrel.deadlock()["clusters"]] == [[1, 2]]


# 17 to 19. Never an all-clear from silence, age and doubts


def test_no_obstacle_says_what_it_rests_on(quarrel: Quarrel):
    quarrel.put("sources", "paper", title="The Paper", kind="news_report")
    quotes = [{"source": "paper"}]
    quarrel.position("ardo", "demand", "cession", on="2021-05-03", quotes=quotes)
    old = quarrel.position("belm", "reject", "peace", on="2021-01-01", quotes=quotes)
    new = quarrel.position("belm", "accept", "peace", on="2024-02-01", quotes=quotes)
    found = quarrel.deadlock("peace")
    basis = found["basis"]
    assert (found["verdict"], reasons(found)) == ("no_recorded_obstacle", {old: "superseded"})
    assert basis["decided_by"] == [new]
    assert (basis["records"], basis["sources"], basis["unanswered"]) == (2, ["paper"], 1)
    assert (basis["first_attested_on"], basis["last_attested_on"]) == ("2021-05-03", "2024-02-01")
    assert (
        "one source, the latest of 1 February 2024, the oldest of 3 May 2021" in found["sentence"]
    )


def test_a_collision_tells_since_when_each_word_is_on_record(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce", on="2021-05-03", last_attested_on="2023-01-01")
    quarrel.position("belm", "reject", "truce")
    [collision] = quarrel.deadlock()["collisions"]
    assert collision["sentence"] == (
        "These cannot all hold: Ardo demands “It is truce” (by its own word, 1 January 2023, first "
        "on 3 May 2021); Belm rejects “It is truce” (by its own word, 1 January 2024)."
    )


def test_what_was_said_first_may_be_attested_last(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce", on="2024-05-01", stated_on="2020-01-01", id="old")
    quarrel.position("ardo", "demand", "truce", on="2023-05-01", id="new")
    [member] = quarrel.deadlock()["members"]
    assert (member["since"], member["last_attested_on"]) == ("2023-05-01", "2024-05-01")


def test_no_obstacle_says_that_the_caller_left_records_out(quarrel: Quarrel):
    quarrel.position("belm", "reject", "truce", on="2021-05-03")
    quarrel.position("cors", "reject", "truce", voice="relayed")
    found = quarrel.deadlock("truce", attested_since="2022-01-01")
    assert found["verdict"] == "no_recorded_obstacle"
    assert "One record was left out on request." in found["sentence"]


def test_what_ends_one_quarrel_is_not_said_to_end_all(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce")
    quarrel.condition("cors", "talks", "cession")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("talks")
    assert [way["sentence"] for each in found["clusters"] for way in each["ways_out"]] == [
        "This quarrel ends if Belm no longer rejects “It is cession”.",
        "This quarrel ends if Cors asks in vain: “It is talks” only if “It is cession”.",
        "This quarrel ends if Ardo no longer demands “It is truce”.",
        "This quarrel ends if Belm no longer rejects “It is truce”.",
    ]
    assert found["concessions"][0]["sentence"].startswith("All the rest fits if ")


def test_a_doubt_travels_with_the_record_that_decides(quarrel: Quarrel):
    doubt = {"field": "force", "kind": "translation", "text": "may be a shrug"}
    quarrel.position("ardo", "demand", "truce", doubts=[doubt])
    found = quarrel.deadlock()
    assert [(each["kind"], each["id"]) for each in found["notes"]] == [
        ("doubt", "ardo-demand-truce")
    ]
    assert "may be a shrug" in found["notes"][0]["sentence"]


# What an oracle of the laws found


def test_rules_that_leave_no_world_are_no_all_clear(quarrel: Quarrel):
    quarrel.axiom("one", "fact", "truce")
    quarrel.axiom("other", "fact", "!truce")
    assert quarrel.deadlock("peace")["verdict"] == "blocked"


def test_a_later_denial_in_the_same_voice_counts_and_an_earlier_one_does_not(quarrel: Quarrel):
    quarrel.position("ardo", "reject", "truce")
    said = quarrel.position("belm", "demand", "truce", voice="narrated", on="2023-01-01")
    quarrel.position("belm", "deny", "truce", voice="narrated", on="2023-06-01", id="denial",
                     responds_to={"position": said})  # fmt: skip
    assert reasons(quarrel.deadlock())[said] == "denied"
    quarrel.position("belm", "deny", "truce", voice="narrated", on="2022-06-01", id="denial",
                     responds_to={"position": said})  # fmt: skip
    assert said not in reasons(quarrel.deadlock())


def test_what_a_lower_voice_says_instead_counts_in_its_case_though_not_heard(quarrel: Quarrel):
    own = quarrel.position("belm", "accept", "peace", on="2023-01-01")
    said = quarrel.position("belm", "reject", "peace", voice="relayed", replaces=own)
    found = quarrel.deadlock("peace")
    cases = {tuple(each["records"]): each["verdict"] for each in found["cases"]}
    assert cases == {(own,): "no_recorded_obstacle", (said,): "blocked"}


def test_what_is_left_open_does_not_revive_an_older_demand(quarrel: Quarrel):
    old = quarrel.position("belm", "demand", "truce", on="2023-01-01")
    then = quarrel.position("belm", "reject", "truce", on="2023-06-01")
    new = quarrel.position("belm", "leave_open", "truce", on="2024-06-01")
    assert reasons(quarrel.deadlock()) == {
        old: "superseded", then: "superseded", new: "constrains_nothing"
    }  # fmt: skip


def test_a_goal_that_is_a_fact_waits_for_nothing(quarrel: Quarrel):
    quarrel.axiom("there-is", "fact", "peace")
    quarrel.condition("belm", "peace", "talks")
    quarrel.condition("belm", "talks", "truce", id="first", timing="before")
    quarrel.condition("ardo", "talks", "truce", id="at-once", timing="simultaneous")
    assert quarrel.deadlock("peace")["verdict"] == "no_recorded_obstacle"


def test_a_condition_that_a_fact_meets_asks_nobody(quarrel: Quarrel):
    quarrel.propositions("pledge", by=["ardo"])
    quarrel.condition("belm", "peace", "pledge", "talks")
    quarrel.axiom("talked", "fact", "talks")
    assert asked(quarrel.deadlock("peace")) == []
    quarrel.condition("belm", "peace", "pledge")
    assert asked(quarrel.deadlock("peace")) == [("pledge", "ardo")]
    quarrel.axiom("so-is", "implies", "talks pledge")
    assert asked(quarrel.deadlock("peace")) == []


def test_what_rules_alone_force_has_not_come_about(quarrel: Quarrel):
    quarrel.axiom("one", "at_least_one", "cession peace")
    quarrel.axiom("same", "equivalent", "cession peace")
    quarrel.condition("cors", "truce", "cession", timing="before")
    quarrel.condition("ardo", "cession", "truce", timing="simultaneous")
    assert quarrel.deadlock("cession")["verdict"] == "blocked"
    quarrel.axiom("ceded", "fact", "peace")
    assert quarrel.deadlock("cession")["verdict"] == "no_recorded_obstacle"


def test_a_lower_voice_on_the_whole_outweighs_no_word_on_its_parts(quarrel: Quarrel):
    quarrel.proposal("plan", "cession", "truce")
    quarrel.position("cors", "demand", "cession")
    quarrel.position("cors", "accept", "truce")
    quarrel.position("cors", "reject", None, id="told", voice="narrated", on="2024-06-01",
                     responds_to={"proposal": "plan"})  # fmt: skip
    found = quarrel.deadlock()
    assert (found["collisions"], reasons(found)) == ([], {"told": "superseded"})


def test_an_option_that_was_refused_since_is_accepted_no_more(quarrel: Quarrel):
    make_plan(quarrel, *OPTIONS)
    quarrel.position("ardo", "accept", None, id="yes", on="2023-01-01",
                     responds_to={"proposal": "plan"})  # fmt: skip
    quarrel.position("ardo", "reject", "withdrawal")
    quarrel.position("belm", "reject", "cession")
    assert ids(quarrel.deadlock()["collisions"]) == [["belm-reject-cession", "yes"]]
    quarrel.position("ardo", "reject", "cession")
    assert quarrel.deadlock()["collisions"] == []


def test_a_goal_that_is_the_opposite_of_ambiguous_words_is_followed_back(quarrel: Quarrel):
    quarrel.propositions("guarantee", readings=["truce", "talks"])
    quarrel.condition("ardo", "!guarantee", "peace")
    assert asked(quarrel.deadlock("!guarantee")) == [("peace", None)]


def test_a_word_that_is_left_to_conditions_outweighs_no_option(quarrel: Quarrel):
    make_plan(quarrel, *OPTIONS)
    quarrel.position("ardo", "accept", None, id="yes", on="2023-01-01",
                     responds_to={"proposal": "plan"})  # fmt: skip
    quarrel.position("ardo", "accept_conditionally", "withdrawal", negated=True)
    quarrel.position("belm", "reject", "cession")
    assert quarrel.deadlock()["collisions"] == []


def test_a_member_dissents_from_what_is_asked_of_its_bloc_in_either_direction(quarrel: Quarrel):
    quarrel.put("actors", "league", name="League", kind="collective",
                members=[{"actor": "belm"}])  # fmt: skip
    quarrel.propositions("guarantee", by=["league"])
    quarrel.condition("ardo", "peace", "!guarantee")
    quarrel.position("belm", "reject", "guarantee")
    assert asked(quarrel.deadlock("peace")) == [("!guarantee", "league")]
    quarrel.position("belm", "reject", "guarantee", negated=True, on="2024-06-01")
    assert asked(quarrel.deadlock("peace")) == []


def test_which_alternative_of_a_condition_was_met_is_not_known(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession")
    ended = quarrel.condition("ardo", "talks", "cession", "withdrawal", id="ended")
    quarrel.met = [quarrel.records.pop(("preconditions", ended))]
    assert asked(quarrel.deadlock("peace")) == [("cession", "belm")]
    quarrel.met[0]["antecedents"] = [["cession"]]
    assert asked(quarrel.deadlock("peace")) == []
    quarrel.met[0]["rank"] = "deprecated"
    assert asked(quarrel.deadlock("peace")) == [("cession", "belm")]


def test_who_refuses_a_whole_proposal_dissents_from_what_it_asks_of_the_bloc(quarrel: Quarrel):
    quarrel.put("actors", "league", name="League", kind="collective",
                members=[{"actor": "belm"}])  # fmt: skip
    quarrel.propositions("guarantee", by=["league"])
    quarrel.proposal("plan", "!guarantee")
    quarrel.condition("ardo", "peace", "!guarantee")
    assert asked(quarrel.deadlock("peace")) == [("!guarantee", "league")]
    answer_plan(quarrel, "belm", "reject")
    assert asked(quarrel.deadlock("peace")) == []


def test_an_order_that_takes_giving_up_a_condition_is_no_all_clear(quarrel: Quarrel):
    """Talks wait for themselves or for arms, which Ardo's condition rules out beside peace."""
    quarrel.propositions("peace", "arms")
    quarrel.axiom("same", "equivalent", "truce talks")
    quarrel.axiom("apart", "excludes", "peace arms")
    quarrel.condition("cors", "talks", "truce", "arms", timing="before")
    quarrel.condition("ardo", "arms", "peace truce", id="ties")
    quarrel.position("ardo", "demand", "arms")
    answer = quarrel.deadlock("talks")
    assert (answer["verdict"], answer["stuck"]) == ("blocked", ["talks", "truce"])
    assert [each["goals"] for each in answer["collisions"]] == [[]]
    [circle] = answer["cycles"]
    ways = [[(c["id"], c["change"]) for c in way["changes"]] for way in circle["ways_out"]]
    assert ways == [[("cors-talks", "simultaneous")], [("ties", "dropped")]]


def test_rules_that_contradict_each_other_stand_before_any_goal_they_exclude(quarrel: Quarrel):
    quarrel.axiom("came", "fact", "truce")
    quarrel.axiom("failed", "fact", "!truce")
    quarrel.axiom("over", "fact", "!talks")
    answer = quarrel.deadlock("talks")
    assert answer["verdict"] == "blocked"
    assert [(c["axioms"], c["goals"]) for c in answer["collisions"]] == [(["came", "failed"], [])]
