"""Workers do not outlive their server."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from tests.cli.test_processes import wait_until
from tests.servers import Server, start_server
from tests.worlds import Databases


def test_workers_end_with_their_parent_and_free_the_port(databases: Databases, tmp_path: Path):
    with databases.fresh("sqlite", "fixtures") as url:
        with start_server(url, tmp_path, "--workers", "2") as server:
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            wait_until(lambda: not is_listening(server))
        with start_server(url, tmp_path, port=server.port) as again:
            assert again.ask("/livez").status == 200


def is_listening(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0
