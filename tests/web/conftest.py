"""What the tests of the web share."""

import pytest

from tests.worlds import RESOURCE


@pytest.fixture(params=list(RESOURCE))
def noun(request: pytest.FixtureRequest) -> str:
    """Name a noun: a test that takes this runs for each of the ten."""
    return request.param
