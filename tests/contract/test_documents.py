"""What people read is complete: settings, commands; and tracked files name no private place."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields

import click
import pytest

from api.cli import main
from api.settings import PREFIX, Settings
from tests.worlds import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda each: each.name)
def test_readme_tells_of_every_setting(setting):
    row = (
        f"| `{PREFIX}{setting.name.upper()}` | `{setting.default}` | {setting.metadata['about']} |"
    )
    assert row in README


def commands(group: click.Group, before: str) -> list[str]:
    """Name every command, groups spelled out."""
    return [
        name
        for each in group.commands.values()
        for name in (
            commands(each, f"{before} {each.name}")
            if isinstance(each, click.Group)
            else [f"{before} {each.name}"]
        )
    ]


@pytest.mark.parametrize("command", commands(main, "sinequanon"))
def test_readme_tells_of_every_command(command):
    assert f"| `{command}` |" in README


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_no_tracked_file_names_a_machine_s_folder_or_a_registry_s_host():
    hosts = ("python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org")
    private = re.compile(r"/(?:home|root)/\w|" + "|".join(map(re.escape, hosts)))
    for name in tracked():
        path = PROJECT / name
        if path.is_file():
            found = private.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{name}: {found and found[0]}"


@pytest.mark.parametrize("name", [each for each in tracked() if each.startswith("api/")])
def test_a_module_says_what_it_is_for(name):
    if name.endswith(".py"):
        assert (PROJECT / name).read_text(encoding="utf-8").lstrip().startswith('"""')
