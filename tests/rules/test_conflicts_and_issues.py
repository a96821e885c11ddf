"""Rules of conflicts and issues."""

from api import clock
from api.conflicts import rules as conflicts
from api.issues import rules as issues
from tests.rules.worlds import list_problems


def test_a_conflict_ends_after_it_begins(world):
    conflict = world.put_record("conflicts", "strait", valid_from="2024", valid_to="2023")
    assert list_problems(conflicts.check_record(conflict, world)) == ["/valid_to"]


def test_a_conflict_without_dates_always_holds(world):
    facts = conflicts.derive_fields(world.put_record("conflicts", "strait"), world)
    assert (facts["valid_start"], facts["valid_end"]) == (clock.UNKNOWN, clock.OPEN)


def test_a_conflict_names_each_standing_once(world):
    parties = [
        {"actor": "norland", "status": "party"},
        {"actor": "sudmark", "status": "party"},
        {"actor": "kestria", "status": "mediator"},
    ]
    facts = conflicts.derive_fields(world.put_record("conflicts", "strait", parties=parties), world)
    assert facts["statuses"] == ["party", "mediator"]


def test_an_issue_is_no_part_of_itself(world):
    world.put_record("issues", "transit", parent="fees")
    fees = world.put_record("issues", "fees", parent="transit")
    assert list_problems(issues.check_record(fees, world)) == ["/parent"]


def test_an_issue_stays_within_its_conflict(world):
    issue = world.put_record("issues", "rain", conflict="elsewhere", parent="transit")
    assert list_problems(issues.check_record(issue, world)) == ["/parent"]


def test_an_issue_is_found_by_its_name(world):
    assert issues.derive_fields(
        world.put_record("issues", "transit", name="Durchfahrt"), world
    ) == {"search": "durchfahrt"}
