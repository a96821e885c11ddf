"""Start a real nginx with the example that we ship, in front of a server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port
from tests.worlds import PROJECT

EXAMPLE = PROJECT / "deploy" / "nginx.conf"


def is_installed() -> bool:
    """Whether there is an nginx, and what makes its certificate."""
    return all(map(shutil.which, ("nginx", "openssl")))


@contextmanager
def start_nginx(upstream: int, folder: Path, *, tls: bool = True) -> Iterator[int]:
    """Run nginx in front of a port; yield its own. Without TLS it serves at the root."""
    port, conf = free_port(), folder / "nginx.conf"
    conf.write_text(_adapt_example(port, upstream, folder, tls=tls), encoding="utf-8")
    if tls:
        _make_certificate(folder)
    command = ["nginx", "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log"),
               "-g", f"daemon off; pid {folder / 'nginx.pid'};"]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder)
    try:
        _wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _adapt_example(port: int, upstream: int, folder: Path, *, tls: bool) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    changes = {
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/example.org.pem": str(folder / "cert.pem"),
        "/etc/ssl/private/example.org.key": str(folder / "key.pem"),
        "server_name example.org": "server_name localhost",
    }
    if not tls:
        changes |= {" ssl;": ";", "location /registry/": "location /",
                    "http://sinequanon/;": "http://sinequanon;",
                    "ssl_certificate": "# ssl_certificate"}  # fmt: skip
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _make_certificate(folder: Path) -> None:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *names, *files], cwd=folder, check=True, capture_output=True)


def _wait_for_port(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx did not start")
