"""The recipes of docs/dashboards.md, and how a user runs them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.servers import Server
from tests.worlds import PROJECT

GUIDE = (PROJECT / "docs" / "dashboards.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```\w+ name=(\S+)\n(.*?)\n```", GUIDE, flags=re.DOTALL)
RECIPES = dict(BLOCKS)
SHOWN = "http://127.0.0.1:8000"

GENERATED = {
    "python-client": "python-client-use",
    "openapi-generator": "openapi-generator-use",
    "typescript-types": "typescript-use",
}
"""The recipes that generate something, and the one that uses it."""


def recipe(name: str, server: Server) -> str:
    """Give a recipe with the server's own address in the place of the one that is shown."""
    assert SHOWN in RECIPES[name]
    return RECIPES[name].replace(SHOWN, server.address)


def succeeds(command: list[str], folder: Path) -> str:
    """Run a command in a folder and give what it prints."""
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=240
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


def in_python(code: str, folder: Path) -> None:
    """Run code as a user does: in a process of its own."""
    succeeds([sys.executable, "-c", code], folder)
