"""Rules of preconditions."""

import marshmallow as ma
import pytest

from api.preconditions import PRECONDITIONS
from api.preconditions.rows import make_row
from api.preconditions.rules import check_record, derive_fields, find_doubts
from api.preconditions.schemas import PreconditionDraftSchema
from tests.rules.worlds import DEFAULTS, list_problems, list_warnings
from tests.worlds import measure_cpu

ROW = """
id conflict conflict_label holder holder_label antecedents_kind antecedents_text antecedents
obligors consequents consequents_text modality timing deadline scope exhaustive cue quote gist
speaker speaker_label voice attestation stated_on attested_on last_attested_on valid_from
valid_from_date valid_to valid_to_date end_reason rank coder source source_title source_url
verified revision changeset recorded_at url derived co_holders end_evidence
"""


def test_a_precondition_with_evidence_is_accepted(world):
    assert list(check_record(world.put_record("preconditions", "if"), world)) == []


def test_all_literals_stay_within_one_conflict(world):
    condition = world.put_record(
        "preconditions", "if", antecedents=[["withdrawal"], ["withdrawal", "!far-away"]]
    )
    assert list_problems(check_record(condition, world)) == ["/antecedents/1/1"]


def test_the_first_consequent_tells_the_conflict(world):
    condition = world.put_record(
        "preconditions", "if", antecedents_kind="none", antecedents=None,
        consequents=["passage", "far-away"],
    )  # fmt: skip
    assert list_problems(check_record(condition, world)) == ["/consequents/1"]


def test_literals_that_are_not_on_record_say_nothing(world):
    condition = world.put_record(
        "preconditions", "if", consequents=["nowhere"], antecedents=[["either"]]
    )
    assert list_problems(check_record(condition, world)) == []


def test_nothing_is_a_condition_of_itself(world):
    condition = world.put_record(
        "preconditions", "if", antecedents=[["withdrawal"], ["passage"]], consequents=["passage"]
    )
    assert list_problems(check_record(condition, world)) == ["/consequents/0"]


def test_the_opposite_may_be_a_condition(world):
    condition = world.put_record("preconditions", "if", antecedents=[["!passage"]])
    assert list_problems(check_record(condition, world)) == []


def test_narration_is_no_evidence(world):
    world.put_record("statements", "said", attestation="narration")
    assert list_problems(check_record(world.put_record("preconditions", "if"), world)) == [
        "/evidence"
    ]


def test_those_addressed_make_nothing_a_condition(world):
    world.put_record("actors", "norland", kind="audience")
    assert list_problems(check_record(world.put_record("preconditions", "if"), world)) == [
        "/holder"
    ]


def test_a_precondition_is_attested_by_more_than_narration(world):
    condition = world.put_record("preconditions", "if", attestation="narration")
    assert list_problems(check_record(condition, world)) == ["/attestation"]


def test_evidence_that_is_not_on_record_says_nothing(world):
    condition = world.put_record("preconditions", "if", evidence=["nowhere"])
    assert list_problems(check_record(condition, world)) == []


def test_what_is_replaced_is_of_the_same_holder(world):
    world.put_record("preconditions", "old", holder="sudmark", valid_to="2024")
    condition = world.put_record("preconditions", "new", replaces="old")
    assert list_problems(check_record(condition, world)) == ["/replaces"]


def test_what_is_replaced_should_have_ended(world):
    world.put_record("preconditions", "old")
    found = list(check_record(world.put_record("preconditions", "new", replaces="old"), world))
    assert (list_problems(found), list_warnings(found)) == ([], ["/replaces"])


def test_nothing_replaces_itself(world):
    world.put_record("preconditions", "old", replaces="new", valid_to="2024")
    condition = world.put_record("preconditions", "new", replaces="old")
    assert list_problems(check_record(condition, world)) == ["/replaces"]


def test_a_precondition_ends_after_it_begins(world):
    condition = world.put_record("preconditions", "if", valid_from="2024", valid_to="2023")
    assert list_problems(check_record(condition, world)) == ["/valid_to"]


def test_obligors_are_those_whose_act_is_the_antecedent(world):
    world.put_record("propositions", "apology", by=["kestria", "sudmark"])
    condition = world.put_record(
        "preconditions", "if", antecedents=[["withdrawal"], ["!apology", "passage"]]
    )
    assert derive_fields(condition, world)["obligors"] == ["sudmark", "kestria"]


def test_issues_are_those_of_all_its_propositions(world):
    assert derive_fields(world.put_record("preconditions", "if"), world)["issues"] == [
        "patrols",
        "transit",
    ]


def test_an_explicit_absence_has_a_conflict_and_no_obligor(world):
    condition = world.put_record("preconditions", "none", antecedents_kind="none", antecedents=None)
    facts = derive_fields(condition, world)
    assert (facts["conflict"], facts["obligors"], facts["issues"]) == ("strait", [], ["transit"])


def test_a_precondition_is_found_by_its_cue_propositions_and_evidence(world):
    condition = world.put_record("preconditions", "if", cue="Only if", deadline="2024-05")
    facts = derive_fields(condition, world)
    assert facts["search"] == "only if patrols withdraw. ships pass freely. they refuse."
    assert (facts["deadline_from"], facts["deadline_to"]) == ("2024-05-01", "2024-05-31")


def serve_precondition(world, **fields):
    record = world.put_record("preconditions", "if", **fields)
    trailing = {"revision": 2, "changeset": 7, "recorded_at": "2024-03-06T00:00:00.000000Z"}
    return {**PRECONDITIONS.fields, **derive_fields(record, world), **record, **trailing}


def test_a_row_has_its_columns_in_order(world):
    assert list(make_row(serve_precondition(world), world)) == ROW.split()


def test_a_row_says_the_condition_in_words(world):
    flat = make_row(
        serve_precondition(
            world,
            antecedents=[["withdrawal", "!passage"], ["passage"]],
            consequents=["passage", "!withdrawal"],
        ),
        world,
    )
    assert flat["antecedents_text"] == (
        "Patrols withdraw and not: Ships pass freely or Ships pass freely"
    )
    assert flat["antecedents"] == "withdrawal&!passage|passage"
    assert flat["consequents_text"] == "Ships pass freely|not: Patrols withdraw"
    assert (flat["consequents"], flat["obligors"]) == ("passage|!withdrawal", "sudmark")


def test_a_row_without_antecedents_is_empty_there(world):
    flat = make_row(serve_precondition(world, antecedents_kind="none", antecedents=[]), world)
    assert (flat["antecedents_text"], flat["antecedents"], flat["obligors"]) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "antecedents"),
    [("stated", None), ("stated", []), ("none", [["passage"]]), ("unspecified", [["passage"]])],
)
def test_antecedents_are_named_if_and_only_if_they_are_stated(kind, antecedents):
    draft = {**DEFAULTS["preconditions"], "id": "if"}
    with pytest.raises(ma.ValidationError) as refused:
        PreconditionDraftSchema().load(
            {**draft, "antecedents_kind": kind, "antecedents": antecedents}
        )
    assert list(refused.value.normalized_messages()) == ["antecedents"]


@pytest.mark.parametrize(
    ("kind", "antecedents"), [("stated", [["passage", "!withdrawal"]]), ("none", None)]
)
def test_antecedents_of_their_kind_are_taken_as_they_are(kind, antecedents):
    draft = {**DEFAULTS["preconditions"], "id": "if", "antecedents_kind": kind}
    loaded = PreconditionDraftSchema().load({**draft, "antecedents": antecedents})
    assert loaded.get("antecedents") == antecedents


def test_a_joint_precondition_has_further_holders(world):
    condition = world.put_record("preconditions", "if", co_holders=["kestria", "norland"])
    assert list_problems(check_record(condition, world)) == ["/co_holders/1"]


@pytest.mark.parametrize(("valid_to", "pointers"), [("2024-06", []), (None, ["/end_evidence"])])
def test_the_evidence_of_an_end_goes_with_its_day(world, valid_to, pointers):
    condition = world.put_record("preconditions", "if", valid_to=valid_to, end_evidence=["said"])
    assert list_problems(check_record(condition, world)) == pointers


def test_what_it_copies_from_its_propositions_is_bounded(world):
    for n in range(60):
        world.put_record("propositions", f"long-{n}", text="x" * 2_000)
    alternatives = [[f"long-{n}" for n in range(start, start + 20)] for start in (0, 20, 40)]
    held = world.put_record("preconditions", "if", antecedents=alternatives)
    assert list_problems(check_record(held, world)) == [""]
    held = world.put_record("preconditions", "if", antecedents=alternatives[:2])
    assert list_problems(check_record(held, world)) == []


def test_rivals_of_many_holders_for_many_things_are_found_in_linear_time(world, monkeypatch):
    """Each pair of a holder and a thing was compared with all pairs of each other record."""

    def find(size):
        conditions = [
            world.put_record(
                "preconditions", id, consequents=[f"p-{n}" for n in range(size)],
                co_holders=[f"h-{n}" for n in range(size)],
            )
            for id in ("new", "old")
        ]  # fmt: skip
        stored = {("consequents[]", f"p-{n}"): conditions[1:] for n in range(size)}
        monkeypatch.setattr(
            world, "find_unchanged",
            lambda _noun, named: [stored[each][0] for each in [*named][:1]], raising=False,
        )  # fmt: skip
        return list(find_doubts({"new": (None, conditions[0])}, world))

    assert [id for id, _ in find(2)] == ["new"]
    _, once = measure_cpu(lambda: find(1_000))
    _, twice = measure_cpu(lambda: find(2_000))
    assert twice < 3 * once
