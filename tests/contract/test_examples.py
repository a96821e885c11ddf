"""The examples of the contract are real answers."""

from api.package_data import EXAMPLES
from tests.contract.examples import record_answers
from tests.contract.test_contract import list_bodies


def test_an_example_is_what_the_seed_s_registry_answers():
    assert record_answers() == EXAMPLES.read_bytes(), "run `make openapi` and commit openapi/"


def test_every_read_that_can_be_tried_out_shows_its_answer():
    shown = {name for name, body in list_bodies() if "example" in body}
    reads = {name for name, _ in list_bodies() if name.startswith(("get", "list", "count"))}
    assert reads - shown == {"getSubmission"}  # the seed has none
