"""The fixture of all tests of rules."""

import pytest

from tests.rules.worlds import World, make_small_world


@pytest.fixture
def world() -> World:
    return make_small_world()
