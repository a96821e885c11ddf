"""Limits that several servers share through a real Valkey or Redis, also when it freezes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import require_part
from tests.servers import free_port, listens, wait_until
from tests.worlds import Registry

COMMAND = shutil.which("valkey-server") or shutil.which("redis-server")


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yield the address of a storage, and its process."""
    require_part("Valkey or Redis", COMMAND, "apt-get install valkey-server")
    port = free_port()
    command = [str(COMMAND), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        wait_until(partial(listens, port))
        yield f"redis://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


def test_two_servers_count_together_and_go_on_alone(
    registry_of: Callable[..., Registry], storage: tuple[str, subprocess.Popen[bytes]]
):
    address, process = storage
    one, other = (
        registry_of("fixtures", limit_storage=address, limit_by_address="20/minute")
        for _ in range(2)
    )
    answers = [each.get("/v1/actors") for each in (one, other) * 15]
    assert [each.status_code for each in answers] == [200] * 20 + [429] * 10
    process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    alone = [
        one.client.get("/v1/actors", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code
        for _ in range(30)
    ]
    assert alone == [200] * 20 + [429] * 10
    assert time.monotonic() - started < 2
