"""What the tests of rules share."""

import pytest

from tests.rules.worlds import World, small_world


@pytest.fixture
def world() -> World:
    return small_world()
