"""A real server with the seed, for programs that read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Server, start_server
from tests.worlds import Databases


@pytest.fixture(scope="module")
def server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("clients")
    with databases.fresh("sqlite", "seed") as url, start_server(url, folder) as running:
        yield running
