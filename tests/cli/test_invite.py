"""Links that open the desk with a key."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from api import keys
from api.ledger.store.database import Database
from tests.cli.commands import expect_success, run_command
from tests.servers import COMMAND, free_port, make_environment
from tests.worlds import Databases


def test_an_invitation_is_a_link_with_the_key_in_its_fragment(databases: Databases):
    with databases.fresh("sqlite") as url:
        said = expect_success(run_command(
            url, "keys", "invite", "ana", "--scope", "propose", "--at", "https://desk.example/"
        ))  # fmt: skip
        link = urlsplit(said.strip())
        assert (link.scheme, link.netloc, link.path, link.query) == (
            "https",
            "desk.example",
            "/desk",
            "",
        )
        given = parse_qs(link.fragment)
        assert given["name"] == ["ana"]
        assert keys.is_well_formed(given["key"][0])
        [holder] = keys.list_keys(Database(url))
        assert holder.scopes == ("propose",)


STARTED = "Started worker-1"
"""What a server says last. One that is ended before waits five seconds for its worker."""


def serve_on_terminal(url: str, host: str) -> str:
    """Serve with --prepare on a terminal until the worker has started; return what it said."""
    main, end = pty.openpty()
    command = [COMMAND, "serve", "--prepare", "--host", host, "--port", str(free_port())]
    process = subprocess.Popen(command, env=make_environment(url), stdout=end, stderr=end)
    said, stop = "", time.monotonic() + 40
    try:
        while STARTED not in said and time.monotonic() < stop:
            said += os.read(main, 4096).decode()
    finally:
        process.terminate()
        process.wait(20)
        os.close(main)
        os.close(end)
    return said


def test_serving_on_a_terminal_prints_a_link_that_ends_in_a_day(databases: Databases):
    with databases.fresh("sqlite") as url:
        said = serve_on_terminal(url, "127.0.0.1")
        [secret] = re.findall(r"/desk#key=(sqn_[0-9a-f]+)", said)
        [holder] = keys.list_keys(Database(url))
        assert keys.is_well_formed(secret)
        assert holder.scopes == ("write", "propose", "review")
        assert holder.expires_at is not None
        assert 0 < holder.expires_at - holder.created_at <= 86_400_000_000
        assert "#key=" not in serve_on_terminal(url, "0.0.0.0")  # noqa: S104


def test_serving_into_a_file_prints_no_key(databases: Databases, tmp_path: Path):
    from tests.servers import start_server  # noqa: PLC0415

    with (
        databases.fresh("sqlite") as url,
        start_server(url, tmp_path, "--prepare") as server,
    ):
        assert "#key=" not in server.output.read_text(encoding="utf-8")
        assert keys.list_keys(Database(url)) == []
