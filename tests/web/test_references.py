"""Records hold on to each other: what is named exists, what is named is not retracted."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.worlds import FIXTURES, RESOURCE, Registry, make_draft, parse_answer, read_records

NOT_IN_THE_WORLD: dict[tuple[str, str], dict[str, Any]] = {
    ("sources", "translation_of"): {"translation_of": "strait-courier-2024-03-05"},
    ("statements", "rendering_of"): {"rendering_of": "velden-no-free-passage"},
    ("proposals", "responds_to.proposal"): {"responds_to": {"proposal": "kestrian-plan"}},
    ("preconditions", "replaces"): {"replaces": "sudmark-fee-for-gull-rock"},
}
"""Fields for the references that no record of the invented world happens to use."""

REFERENCES = [
    pytest.param(noun, reference, id=f"{noun}.{reference.path}")
    for noun, resource in RESOURCE.items()
    for reference in resource.references
]


def example_of(noun: str, reference: Any) -> tuple[dict[str, Any], str, str]:
    """Give a record that uses the reference, with the pointer to it and the id it names."""
    made = make_draft(noun, **NOT_IN_THE_WORLD.get((noun, reference.path), {}))
    for record in (*read_records(noun), made):
        for pointer, id in reference.walk_ids(record):
            return record, pointer, id
    raise AssertionError(f"no record of {noun} uses {reference.path}")


def replace_at(record: Any, pointer: str, value: Any) -> Any:
    """Give a copy of plain data in which one place holds another value."""
    first, _, rest = pointer.removeprefix("/").partition("/")
    key = int(first) if isinstance(record, list) else first
    copy = record.copy()
    copy[key] = replace_at(record[key], rest, value) if rest else value
    return copy


def named_by(noun: str, id: str) -> Iterator[tuple[str, str]]:
    """Say in which fields of which records of the invented world an id is named."""
    for other, resource in RESOURCE.items():
        for reference in resource.references:
            for record in read_records(other) if reference.to == noun else ():
                if id in [each for _, each in reference.walk_ids(record)]:
                    yield f"{other}/{record['id']}", f"names it in {reference.path}"


@pytest.mark.parametrize(("noun", "reference"), REFERENCES)
def test_what_a_record_names_must_exist(registry: Registry, noun: str, reference):
    record, pointer, _ = example_of(noun, reference)

    answer = registry.post(f"/v1/{noun}", {**replace_at(record, pointer, "nowhere"), "id": "new"})

    problem = parse_answer(answer, 422)
    assert problem["code"] == "rules_broken"
    fault = next(each for each in problem["errors"] if each["pointer"] == pointer)
    assert f"there is no 'nowhere' in {reference.to}" in fault["detail"]
    assert registry.head == 1


def test_a_record_may_name_itself_only_where_that_is_no_circle(registry: Registry):
    problem = parse_answer(
        registry.post("/v1/actors", make_draft("actors", part_of="a-new-one")), 422
    )
    assert [each["pointer"] for each in problem["errors"]] == ["/part_of"]
    assert "circle" in problem["errors"][0]["detail"]


def test_a_record_that_was_retracted_can_not_be_named(registry: Registry):
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    registry.retract("/v1/actors/a-new-one")
    problem = parse_answer(
        registry.post("/v1/actors", make_draft("actors", id="b", part_of="a-new-one")), 422
    )
    assert problem["errors"][0]["pointer"] == "/part_of"


def test_a_record_that_others_name_is_not_retracted_and_they_are_listed(
    registry: Registry, noun: str
):
    """For every record of the world, against its referrers as its files tell them."""
    for record in read_records(noun):
        expected = set(named_by(noun, record["id"]))
        if not expected:
            continue
        problem = parse_answer(registry.delete(f"/v1/{noun}/{record['id']}", "*"), 409)
        assert problem["code"] == "still_referred"
        assert {(each["record"], each["detail"]) for each in problem["errors"]} == expected
    assert registry.head == 1


def test_a_record_that_is_no_longer_named_can_be_retracted(registry: Registry):
    """Every record of the world, from those that nobody names inwards."""
    left = {
        (noun, record["id"]) for noun in RESOURCE for record in read_records(noun, FIXTURES)
    }  # fmt: skip
    rounds = 0
    while left and rounds < 20:
        rounds += 1
        for noun, id in sorted(left):
            answer = registry.delete(f"/v1/{noun}/{id}", "*")
            assert answer.status_code in (204, 409)
            if answer.status_code == 204:
                left.discard((noun, id))
        if rounds == 1:  # an office rests on words that its holder says: a circle of two
            for id in ("ilse-aarvik", "tomas-velden", "henrike-solm"):
                parse_answer(registry.amend(f"/v1/actors/{id}", offices=[]))
    assert not left
    assert registry.ledger.find_faults() == []


def test_a_change_that_would_break_what_depends_on_it_is_refused(registry: Registry):
    """A position answers component b of the plan."""
    before = registry.get("/v1/proposals/kestrian-plan")
    kept = [each for each in parse_answer(before)["components"] if each["id"] != "b"]

    answer = registry.amend("/v1/proposals/kestrian-plan", components=kept)

    problem = parse_answer(answer, 409)
    assert problem["code"] == "would_break"
    assert [(each["record"], each["pointer"]) for each in problem["errors"]] == [
        ("positions/sudmark-rejects-free-passage", "/responds_to/component")
    ]
    assert registry.get("/v1/proposals/kestrian-plan").get_data() == before.get_data()


def test_an_answer_to_a_component_that_is_not_there_is_refused(registry: Registry):
    answered = {"proposal": "kestrian-plan", "component": "z"}
    problem = parse_answer(
        registry.post("/v1/positions", make_draft("positions", responds_to=answered)), 422
    )
    assert problem["errors"] == [
        {
            "pointer": "/responds_to/component",
            "detail": "kestrian-plan has no component z, only a, b, c, d",
        }
    ]


def test_every_broken_rule_of_a_record_is_told_at_once(registry: Registry):
    written = make_draft("positions", holder="nobody", speaker="nowhere", valid_to="2020-01-01")
    problem = parse_answer(registry.post("/v1/positions", written), 422)
    assert {"/holder", "/speaker", "/valid_to"} <= {e["pointer"] for e in problem["errors"]}


@pytest.mark.parametrize("force", ["commit", "concede"])
def test_who_commits_to_what_is_in_others_hands_is_warned(registry: Registry, force: str):
    """`free-passage` is in the hands of Sudmark."""
    written = make_draft("positions", holder="norland", force=force, responds_to=None)

    answer = registry.post("/v1/positions", written)

    assert parse_answer(answer, 201)["warnings"] == [
        {
            "pointer": "/force",
            "detail": f"norland cannot {force} this by itself: it depends on sudmark "
            "(the proposition's `by`)",
        }
    ]
    assert "warnings" not in parse_answer(registry.get("/v1/positions/a-new-one"))


def test_an_amendment_warns_like_a_creation(registry: Registry):
    parse_answer(registry.post("/v1/positions", make_draft("positions", responds_to=None)), 201)
    answer = registry.amend("/v1/positions/a-new-one", holder="norland", force="commit")
    assert [each["pointer"] for each in parse_answer(answer)["warnings"]] == ["/force"]


def test_what_warns_of_nothing_has_no_warnings(registry: Registry):
    written = make_draft("positions", force="defer")
    assert "warnings" not in parse_answer(registry.post("/v1/positions", written), 201)
