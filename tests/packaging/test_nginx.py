"""The example of nginx that we ship, run in front of a real server."""

from __future__ import annotations

import ssl
import urllib.request
from pathlib import Path

from tests import nginx
from tests.conftest import require_part
from tests.servers import start_server
from tests.worlds import Databases


def test_the_example_serves_under_a_path_with_tls(databases: Databases, tmp_path: Path):
    require_part("nginx", nginx.is_installed(), "apt-get install nginx openssl")
    with (
        databases.fresh("sqlite", "fixtures") as url,
        start_server(url, tmp_path) as server,
        nginx.start_nginx(server.port, tmp_path) as port,
    ):
        trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        address = f"https://localhost:{port}/registry/v1/actors?limit=1"
        with urllib.request.urlopen(address, context=trusted) as answer:
            assert answer.status == 200
            assert answer.read() == server.ask("/v1/actors?limit=1").body
