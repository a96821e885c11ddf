"""Rules of positions."""

import marshmallow as ma
import pytest

from api.positions import POSITIONS
from api.positions.rows import make_row
from api.positions.rules import check_record, derive_fields, find_batch_key
from api.positions.schemas import PositionDraftSchema
from tests.rules.worlds import DEFAULTS, list_problems, list_warnings

ROW = """
id conflict conflict_label holder holder_label force negated proposition proposition_text issue
issue_label issues under for_text responds_to_proposal responds_to_component quote gist speaker
speaker_label voice attestation stated_on attested_on last_attested_on valid_from
valid_from_date valid_to valid_to_date end_reason rank coder source source_title source_url
verified revision changeset recorded_at url derived co_holders end_evidence
"""


def put_position(world, id="held", **fields):
    return world.put_record("positions", id, **fields)


def test_a_position_with_evidence_is_accepted(world):
    assert list(check_record(put_position(world), world)) == []


def test_a_position_needs_evidence(world):
    assert list_problems(check_record(put_position(world, evidence=None), world)) == ["/evidence"]


def test_narration_is_no_evidence(world):
    world.put_record("statements", "said", attestation="narration")
    assert list_problems(check_record(put_position(world), world)) == ["/evidence"]


@pytest.mark.parametrize("field", ["holder", "co_holders"])
def test_those_addressed_hold_nothing(world, field):
    world.put_record("actors", "press", kind="audience")
    held = put_position(world, **{field: "press" if field == "holder" else ["kestria", "press"]})
    pointer = "/holder" if field == "holder" else "/co_holders/1"
    assert list_problems(check_record(held, world)) == [pointer]


def test_nobody_holds_it_jointly_with_themselves(world):
    held = put_position(world, co_holders=["kestria", "norland"])
    assert list_problems(check_record(held, world)) == ["/co_holders/1"]


def test_a_position_is_attested_by_more_than_narration(world):
    assert list_problems(check_record(put_position(world, attestation="narration"), world)) == [
        "/attestation"
    ]


def test_narration_beside_a_statement_is_fine(world):
    world.put_record("statements", "told", attestation="narration")
    assert list_problems(check_record(put_position(world, evidence=["told", "said"]), world)) == []


def test_a_recorded_vote_is_evidence(world):
    world.put_record("sources", "vote", kind="recorded_vote")
    assert (
        list_problems(check_record(put_position(world, evidence=None, sources=["vote"]), world))
        == []
    )


def test_another_source_is_no_evidence(world):
    found = check_record(put_position(world, evidence=None, sources=["report"]), world)
    assert list_problems(found) == ["/evidence"]


@pytest.mark.parametrize("field", ["evidence", "sources"])
def test_evidence_that_is_not_on_record_says_nothing(world, field):
    held = put_position(world, **{"evidence": None, field: ["nowhere"]})
    assert list_problems(check_record(held, world)) == []


def test_an_answer_names_a_component_that_there_is(world):
    world.put_record("proposals", "plan")
    held = put_position(world, responds_to={"proposal": "plan", "component": "z"})
    (problem,) = check_record(held, world)
    assert problem.pointer == "/responds_to/component"
    assert problem.detail == "plan has no component z, only a"


def test_an_answer_to_a_component_is_accepted(world):
    world.put_record("proposals", "plan")
    held = put_position(world, responds_to={"proposal": "plan", "component": "a"})
    assert list_problems(check_record(held, world)) == []


def test_an_answer_to_a_whole_proposal_is_found_by_its_title(world):
    world.put_record("proposals", "plan", title="Le Plan")
    held = put_position(world, proposition=None, responds_to={"proposal": "plan"})
    assert derive_fields(held, world)["search"] == "le plan they refuse."


@pytest.mark.parametrize(("literal", "found"), [
    ("passage", []), ("!passage", []), ("withdrawal", ["/responds_to/component"])
])  # fmt: skip
def test_an_answer_to_a_component_is_about_one_of_its_propositions(world, literal, found):
    world.put_record("proposals", "plan", components=[{"id": "a", "propositions": [literal]}])
    held = put_position(world, responds_to={"proposal": "plan", "component": "a"})
    assert list_problems(check_record(held, world)) == found


def test_an_answer_to_a_proposal_stays_within_the_conflict(world):
    world.put_record("proposals", "plan", conflict="elsewhere")
    held = put_position(world, responds_to={"proposal": "plan"})
    assert list_problems(check_record(held, world)) == ["/responds_to/proposal"]


def test_an_answer_to_a_position_stays_within_the_conflict(world):
    put_position(world, "theirs", proposition="far-away")
    held = put_position(world, responds_to={"position": "theirs"})
    assert list_problems(check_record(held, world)) == ["/responds_to/position"]


def test_an_answer_to_a_position_that_answers_a_whole_proposal_knows_its_conflict(world):
    world.put_record("proposals", "plan", conflict="elsewhere")
    put_position(world, "theirs", proposition=None, responds_to={"proposal": "plan"})
    held = put_position(world, responds_to={"position": "theirs"})
    assert list_problems(check_record(held, world)) == ["/responds_to/position"]


def test_no_position_answers_itself(world):
    put_position(world, "theirs", responds_to={"position": "held"})
    held = put_position(world, responds_to={"position": "theirs"})
    assert list_problems(check_record(held, world)) == ["/responds_to/position"]


@pytest.mark.parametrize("answered", [{"proposal": "nowhere"}, {"position": "nowhere"}])
def test_an_answer_to_what_is_not_on_record_says_nothing(world, answered):
    assert list_problems(check_record(put_position(world, responds_to=answered), world)) == []


def test_a_conditional_acceptance_without_condition_is_told(world):
    found = list(check_record(put_position(world, force="accept_conditionally"), world))
    assert (list_problems(found), list_warnings(found)) == ([], ["/under"])


def test_a_conditional_acceptance_under_a_condition_is_accepted(world):
    world.put_record("preconditions", "if")
    held = put_position(world, force="accept_conditionally", under=["if"])
    assert list(check_record(held, world)) == []


@pytest.mark.parametrize(
    "force",
    ["assert", "accuse", "allege", "deny", "warn", "concern", "reject", "defer", "abstain"],
)  # fmt: skip
def test_what_cannot_wait_holds_under_no_condition(world, force):
    world.put_record("preconditions", "if")
    assert list_problems(check_record(put_position(world, force=force, under=["if"]), world)) == [
        "/under"
    ]


@pytest.mark.parametrize("force", ["propose", "demand", "intend", "accept", "threaten"])
def test_what_can_wait_holds_under_a_condition(world, force):
    world.put_record("preconditions", "if")
    assert list(check_record(put_position(world, force=force, under=["if"]), world)) == []


def test_a_condition_is_of_the_same_holder(world):
    world.put_record("preconditions", "if", holder="sudmark")
    assert list_problems(check_record(put_position(world, under=["if"]), world)) == ["/under/0"]


def test_a_condition_may_be_of_a_co_holder(world):
    world.put_record("preconditions", "if", holder="sudmark")
    held = put_position(world, co_holders=["sudmark"], under=["if"])
    assert list_problems(check_record(held, world)) == []


def test_a_joint_condition_is_of_each_of_its_holders(world):
    world.put_record("preconditions", "if", holder="sudmark", co_holders=["norland"])
    assert list_problems(check_record(put_position(world, under=["if"]), world)) == []


def test_a_condition_is_of_the_same_conflict(world):
    world.put_record("preconditions", "if")
    world.put_record("preconditions", "far", antecedents_kind="none", consequents=["far-away"])
    assert list_problems(check_record(put_position(world, under=["if", "far"]), world)) == [
        "/under/1"
    ]


def test_a_condition_that_is_not_on_record_says_nothing(world):
    assert list_problems(check_record(put_position(world, under=["nowhere"]), world)) == []


@pytest.mark.parametrize("force", ["commit", "concede"])
def test_a_commitment_to_somebody_else_s_act_is_told(world, force):
    found = list(check_record(put_position(world, force=force, proposition="withdrawal"), world))
    assert (list_problems(found), list_warnings(found)) == ([], ["/force"])


def test_a_commitment_to_one_s_own_act_is_fine(world):
    held = put_position(world, force="commit", proposition="withdrawal", holder="sudmark")
    assert list(check_record(held, world)) == []


def test_a_commitment_with_the_one_who_acts_is_fine(world):
    held = put_position(world, force="commit", proposition="withdrawal", co_holders=["sudmark"])
    assert list(check_record(held, world)) == []


def test_a_commitment_to_what_is_in_no_one_s_hands_is_fine(world):
    assert list(check_record(put_position(world, force="commit"), world)) == []


def test_what_is_replaced_is_of_the_same_holder(world):
    put_position(world, "old", holder="sudmark", valid_to="2024")
    assert list_problems(check_record(put_position(world, replaces="old"), world)) == ["/replaces"]


def test_what_is_replaced_has_a_holder_in_common(world):
    put_position(world, "old", holder="sudmark", co_holders=["norland"], valid_to="2024")
    assert list_problems(check_record(put_position(world, replaces="old"), world)) == []
    held = put_position(world, holder="kestria", co_holders=["sudmark"], replaces="old")
    assert list_problems(check_record(held, world)) == []


def test_what_is_replaced_should_have_ended(world):
    put_position(world, "old")
    found = list(check_record(put_position(world, replaces="old"), world))
    assert (list_problems(found), list_warnings(found)) == ([], ["/replaces"])


def test_what_is_replaced_and_has_ended_is_fine(world):
    put_position(world, "old", valid_to="2024")
    assert list(check_record(put_position(world, replaces="old"), world)) == []


def test_no_position_replaces_itself(world):
    put_position(world, "old", replaces="held", valid_to="2024")
    assert list_problems(check_record(put_position(world, replaces="old"), world)) == ["/replaces"]


def test_a_position_ends_after_it_begins(world):
    held = put_position(world, valid_from="2024-03-05", valid_to="2024-03-05")
    assert list_problems(check_record(held, world)) == ["/valid_to"]


def test_conflict_and_issues_are_those_of_the_proposition(world):
    facts = derive_fields(put_position(world), world)
    assert (facts["conflict"], facts["issues"]) == ("strait", ["transit"])


def test_an_answer_to_a_whole_proposal_is_about_all_of_it(world):
    components = [
        {"id": "a", "propositions": ["passage"]},
        {"id": "b", "propositions": ["!withdrawal", "passage"]},
    ]
    world.put_record("proposals", "plan", components=components)
    facts = derive_fields(
        put_position(world, proposition=None, responds_to={"proposal": "plan"}), world
    )
    assert (facts["conflict"], facts["issues"]) == ("strait", ["transit", "patrols"])


@pytest.mark.parametrize(
    ("answered", "names"),
    [
        ({"proposal": "plan"}, ["plan"]),
        ({"proposal": "plan", "component": "a"}, ["plan", "plan/a"]),
        ({"position": "theirs"}, []),
        (None, []),
    ],
)
def test_an_answer_is_found_by_whole_and_by_part(world, answered, names):
    assert derive_fields(put_position(world, responds_to=answered), world)["answers"] == names


def test_voice_is_seen_from_the_holder_on_the_day_of_attestation(world):
    office = {"title": "minister", "of": "norland", "speaks_for": "norland", "to": "2024-03-04"}
    world.put_record("actors", "aarvik", offices=[office])
    assert derive_fields(put_position(world, speaker="aarvik"), world)["voice"] == "relayed"
    earlier = put_position(world, speaker="aarvik", attested_on="2024-03-04")
    assert derive_fields(earlier, world)["voice"] == "authorised"


def test_the_evidence_describes_an_anonymous_speaker(world):
    world.put_record("statements", "leaked", speaker_as="three officials")
    held = put_position(world, evidence=["said", "leaked"])
    assert derive_fields(held, world)["voice"] == "anonymous"


def test_the_last_attestation_may_be_that_of_the_evidence(world):
    world.put_record("statements", "said", attested_on="2024-04-01")
    assert derive_fields(put_position(world), world)["last_attested_on"] == "2024-04-01"
    own = put_position(world, attested_on="2024-05-01")
    assert derive_fields(own, world)["last_attested_on"] == "2024-05-01"


def test_a_position_was_stated_when_the_first_statement_that_tells_says(world):
    world.put_record("statements", "dated", stated_on="2024-03~")
    world.put_record("statements", "later", stated_on="2025")
    facts = derive_fields(put_position(world, evidence=["said", "dated", "later"]), world)
    assert facts["stated_on"] == "2024-03~"
    assert (facts["stated_from"], facts["stated_to"]) == ("2024-03-01", "2024-03-31")


def test_a_position_without_dated_statement_was_stated_on_no_day(world):
    facts = derive_fields(put_position(world), world)
    assert (facts["stated_on"], facts["stated_from"], facts["stated_to"]) == (None, "", "")


def test_quotes_follow_the_evidence(world):
    sha256 = world.attach_text("No way.")
    world.put_record("sources", "report", text_sha256=sha256)
    world.put_record(
        "statements", "refused", exact="No way", end=6, gist=None, speaker="norland",
        attestation="verbatim_sentence", verified_sha256=sha256,
    )  # fmt: skip
    assert derive_fields(put_position(world, evidence=["refused", "said"]), world)["quotes"] == [
        {
            "statement": "refused", "exact": "No way",
            "gist": None, "attestation": "verbatim_sentence",
            "speaker": "norland",
            "speaker_as": None, "source": "report", "start": 0, "end": 6, "verified": True,
        },
        {
            "statement": "said", "exact": None, "gist": "They refuse.",
            "attestation": "indirect", "speaker": None, "speaker_as": None, "source": "report",
            "start": 0, "end": 5, "verified": False,
        },
    ]  # fmt: skip


def test_documents_are_those_of_the_evidence_and_its_own(world):
    held = put_position(world, sources=["vote", "report"])
    assert derive_fields(held, world)["documents"] == ["report", "vote"]


def test_the_words_of_a_position_are_those_of_its_evidence(world):
    assert derive_fields(put_position(world), world)["search"] == "they refuse."


def serve_position(world, **fields):
    record = put_position(world, **fields)
    trailing = {"revision": 2, "changeset": 7, "recorded_at": "2024-03-06T00:00:00.000000Z"}
    return {**POSITIONS.fields, **derive_fields(record, world), **record, **trailing}


def test_a_row_has_its_columns_in_order(world):
    assert list(make_row(serve_position(world), world)) == ROW.split()


def test_a_row_is_usable_as_it_stands(world):
    world.put_record("preconditions", "if", consequents=["withdrawal", "!passage"])
    world.put_record("proposals", "plan")
    flat = make_row(
        serve_position(
            world, under=["if"], responds_to={"proposal": "plan", "component": "a"},
            speaker="kestria",
        ),
        world,
    )  # fmt: skip
    expected = {
        "conflict_label": "The strait", "holder_label": "Norland", "negated": False,
        "proposition_text": "Ships pass freely.", "issue": "transit", "issue_label": "Transit",
        "issues": "transit", "under": "if", "for_text": "Patrols withdraw|not: Ships pass freely",
        "responds_to_proposal": "plan", "responds_to_component": "a", "quote": None,
        "gist": "They refuse.", "speaker_label": "Kestria", "voice": "relayed",
        "source": "report", "source_title": "A report", "source_url": None, "verified": False,
        "revision": 2, "changeset": 7, "url": "/v1/positions/held",
    }  # fmt: skip
    assert {name: flat[name] for name in expected} == expected


def test_a_row_gives_bounds_beside_uncertain_days(world):
    flat = make_row(serve_position(world, valid_from="2023-03~", valid_to="2024"), world)
    assert (flat["valid_from"], flat["valid_from_date"]) == ("2023-03~", "2023-03-01")
    assert (flat["valid_to"], flat["valid_to_date"]) == ("2024", "2024-12-31")


def test_a_row_leaves_unknown_bounds_empty(world):
    flat = make_row(serve_position(world), world)
    assert (flat["valid_from_date"], flat["valid_to_date"]) == (None, None)


def test_a_row_of_a_vote_names_its_own_source(world):
    world.put_record(
        "sources", "vote", kind="recorded_vote", title="Roll call", url="https://example.org"
    )
    flat = make_row(serve_position(world, evidence=[], sources=["vote"]), world)
    assert (flat["source"], flat["source_title"]) == ("vote", "Roll call")
    assert (flat["source_url"], flat["verified"], flat["quote"]) == (
        "https://example.org",
        None,
        None,
    )


def test_a_row_of_an_answer_to_a_whole_proposal_has_no_proposition(world):
    world.put_record("proposals", "plan", components=[{"id": "a", "propositions": ["far-away"]}])
    held = serve_position(world, responds_to={"proposal": "plan"})
    flat = make_row({**held, "proposition": None, "issues": []}, world)
    assert (flat["proposition"], flat["proposition_text"]) == (None, None)
    assert (flat["issue"], flat["issue_label"], flat["issues"]) == (None, None, None)


def load_draft(**more):
    draft = {**DEFAULTS["positions"], "id": "held", **more}
    return PositionDraftSchema().load(draft)


def list_refused(**more):
    with pytest.raises(ma.ValidationError) as refused:
        load_draft(**more)
    return list(refused.value.normalized_messages())


@pytest.mark.parametrize(
    "answered",
    [
        {"component": "a"},
        {"position": "theirs", "proposal": "plan"},
        {"position": "theirs", "component": "a"},
        {},
        {"proposal": None},
    ],
)
def test_an_answer_is_to_one_thing(answered):
    assert list_refused(responds_to=answered) == ["responds_to"]


@pytest.mark.parametrize(
    "answered", [None, {"proposal": "plan", "component": "a"}, {"position": "theirs"}]
)
def test_a_position_is_about_a_proposition(answered):
    assert list_refused(proposition=None, responds_to=answered) == ["proposition"]


def test_an_answer_to_a_whole_proposal_needs_no_proposition():
    answered = {"proposal": "plan", "component": None}
    assert load_draft(proposition=None, responds_to=answered)["responds_to"] == {"proposal": "plan"}


def test_what_is_not_said_has_its_usual_value():
    draft = {name: value for name, value in DEFAULTS["positions"].items() if name != "rank"}
    del draft["negated"]
    loaded = PositionDraftSchema().load({**draft, "id": "held"})
    assert (loaded["rank"], loaded["negated"]) == ("normal", False)


def put_vote(world, id, holder, **fields):
    return put_position(world, id, holder=holder, evidence=None, speaker=None, sources=["vote"],
                    attestation="recorded_vote", **fields)  # fmt: skip


def test_votes_on_one_motion_are_kin_with_the_same_faults_and_facts(world):
    for force in ("accept", "reject", "abstain"):
        one, other = (put_vote(world, f"{each}-votes", each, force=force) for each in
                      ("norland", "kestria"))  # fmt: skip
        assert find_batch_key(one, world) == find_batch_key(other, world) is not None
        assert list(check_record(one, world)) == list(check_record(other, world))
        assert derive_fields(one, world) == derive_fields(other, world)


@pytest.mark.parametrize(
    "fields",
    [
        {"force": "commit"}, {"speaker": "kestria"}, {"evidence": ["said"]}, {"under": ["if"]},
        {"replaces": "before"}, {"co_holders": ["kestria"]}, {"valid_to": "2024-05-01"},
        {"responds_to": {"position": "before"}},
    ],
)  # fmt: skip
def test_what_hangs_on_the_holder_has_no_kin(world, fields):
    assert find_batch_key({**put_vote(world, "one", "norland"), **fields}, world) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"force": "reject"}, {"proposition": "withdrawal"}, {"negated": True}, {"coder": "ann"},
        {"rank": "preferred"}, {"note": "Heard."}, {"sources": ["vote", "report"]},
        {"responds_to": {"proposal": "plan"}},
        {"responds_to": {"proposal": "plan", "component": "a"}},
        {"attestation": "direct"}, {"attested_on": "2024-03-06"}, {"valid_from": "2024-03-06"},
    ],
)  # fmt: skip
def test_kin_differ_in_nothing_but_who_holds_them(world, fields):
    one = put_vote(world, "one", "norland")
    other = {**one, "id": "other", "holder": "kestria"}
    assert find_batch_key(one, world) == find_batch_key(other, world)
    assert find_batch_key(one, world) != find_batch_key({**other, **fields}, world) is not None


def test_an_audience_is_nobodys_kin(world):
    world.put_record("actors", "press", kind="audience")
    assert find_batch_key(put_vote(world, "one", "press"), world) is None


@pytest.mark.parametrize(
    ("speaker", "force", "pointers"),
    [
        ("norland", "deny", ["/responds_to/position"]),
        ("kestria", "deny", []),
        (None, "deny", []),
        ("norland", "reject", []),
    ],
)
def test_a_denial_of_one_s_own_word_is_told(world, speaker, force, pointers):
    put_position(world, "ascribed", speaker=speaker)
    held = put_position(world, force=force, responds_to={"position": "ascribed"})
    found = list(check_record(held, world))
    assert (list_problems(found), list_warnings(found)) == ([], pointers)


@pytest.mark.parametrize(("speaker", "pointers"), [
    ("norland", []), ("kestria", ["/responds_to/position"]), ("sudmark", []),
])  # fmt: skip
def test_a_joint_holder_s_denial_of_its_own_word_is_told(world, speaker, pointers):
    put_position(world, "ascribed", co_holders=["kestria"], speaker=speaker)
    held = put_position(
        world, force="deny", holder="sudmark", co_holders=["kestria"],
        responds_to={"position": "ascribed"},
    )  # fmt: skip
    assert list_warnings(list(check_record(held, world))) == pointers


def test_a_denial_of_what_another_said_is_no_denial_of_one_s_own_word(world):
    put_position(world, "theirs", holder="sudmark", speaker="sudmark")
    held = put_position(world, force="deny", responds_to={"position": "theirs"})
    assert list(check_record(held, world)) == []
