"""What is shipped to deploy the registry is well formed, and asks for no more than it needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import require_part
from tests.packaging.operating import BLOCKS
from tests.servers import COMMAND
from tests.worlds import PROJECT

DEPLOY = PROJECT / "deploy"
UNIT = DEPLOY / "sinequanon.service"
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")


def run_command(*command: str | Path, **variables: str) -> str:
    ran = subprocess.run(
        command,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_unit_is_valid_and_exposes_little(tmp_path: Path):
    require_part("systemd", shutil.which("systemd-analyze"), "apt-get install systemd")
    text = UNIT.read_text(encoding="utf-8")
    (tmp_path / UNIT.name).write_text(
        text.replace("/opt/sinequanon/bin/sinequanon", COMMAND), encoding="utf-8"
    )
    # It exits with 1 if the exposure is above the threshold, in tenths.
    run_command(
        "systemd-analyze", "security", "--offline=true", "--threshold=25", tmp_path / UNIT.name
    )
    run_command("systemd-analyze", "verify", tmp_path / UNIT.name)


def test_the_compose_file_starts_two_servers_on_a_read_only_file_system():
    require_part("Docker Compose", shutil.which("docker-compose"), "apt-get install docker-compose")
    settings = {"POSTGRES_PASSWORD": "abc", "HOSTNAME_OF_REGISTRY": "example.org"}
    file = str(DEPLOY / "compose.yaml")
    told = run_command("docker-compose", "--file", file, "config", "--format", "json", **settings)
    services = json.loads(told)["services"]
    assert services["api"]["deploy"]["replicas"] == 2
    assert all(services[name]["read_only"] for name in ("api", "upgrade", "nginx"))
    assert services["api"]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
    assert [name for name, each in services.items() if each.get("ports")] == ["nginx"]


@pytest.mark.parametrize("file", [DOCKERFILE, (DEPLOY / "compose.yaml").read_text("utf-8")])
def test_each_base_image_has_a_whole_version(file: str):
    tags = re.findall(r"(?:PYTHON=|image: (?:postgres|nginx):)(\S+)", file)
    assert tags
    assert all(re.match(r"\d+\.\d+(\.\d+)?-\w", tag) for tag in tags)


def test_the_image_runs_as_a_user_and_seeds_nothing():
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, flags=re.MULTILINE) == ["10001"]
    assert "--prepare" not in re.findall(r"^CMD .*$", DOCKERFILE, flags=re.MULTILINE)[-1]
    assert "HEALTHCHECK" in DOCKERFILE


def test_each_block_of_the_guide_can_be_parsed_by_the_shell():
    assert len(BLOCKS) > 10
    for name, block in BLOCKS.items():
        if name != "mirror":
            run_command("bash", "-n", "-c", block)
