"""A body that does not fit is answered with one that would do, and that one does."""

import json

from tests.worlds import RESOURCE, parse_answer


def test_a_naive_body_gets_all_that_is_missing_and_a_body_that_would_do(registry_of, noun: str):
    seed = registry_of("seed")
    problem = parse_answer(seed.post(f"/v1/{noun}", {"who": "Russia", "what": "annexation"}), 422)
    schema = RESOURCE[noun].draft_schema
    required = {f"/{name}" for name, each in schema.fields.items() if each.required}
    assert {"/who", "/what", *required} <= {each["pointer"] for each in problem["errors"]}

    made = parse_answer(seed.post(f"/v1/{noun}", problem["example"]), 201)

    assert json.dumps(RESOURCE[noun].example) == json.dumps(problem["example"])
    assert problem["example"].items() <= made.items()
    assert "warnings" not in made
    assert seed.ledger.find_faults() == []


def test_the_example_of_a_position_and_of_a_precondition_takes_few_fields():
    assert len(RESOURCE["positions"].example) == 4
    assert len(RESOURCE["preconditions"].example) == 5
