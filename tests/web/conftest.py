"""What the tests of the web share."""

import pytest

from tests.worlds import RESOURCE, Databases, Registry


@pytest.fixture(params=list(RESOURCE))
def noun(request: pytest.FixtureRequest) -> str:
    """Name a noun: whoever takes this runs for each of the ten."""
    return request.param


@pytest.fixture(scope="session")
def reading(databases: Databases):
    """Give a registry with both worlds that is only read: nobody may write in it."""
    with databases.fresh("sqlite", "both") as url:
        registry = Registry(url)
        yield registry
        registry.close()
