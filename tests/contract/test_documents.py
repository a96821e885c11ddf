"""Documents are complete and their links lead somewhere; tracked files name no private place."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest

from api.cli import main
from api.settings import PREFIX, Settings
from api.web.contract import limits
from tests.worlds import PROJECT

OPERATION = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
PAGES = [
    *sorted(PROJECT.glob("*.md")),
    PROJECT / "api" / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda each: each.name)
def test_every_setting_is_documented(setting):
    row = (
        f"| `{PREFIX}{setting.name.upper()}` | `{setting.default}` | {setting.metadata['about']} |"
    )
    assert row in OPERATION


@pytest.mark.parametrize("limit", [e for e in vars(limits).values() if isinstance(e, limits.Limit)])
def test_every_limit_is_documented(limit):
    assert f"| {limit.most:,} {limit.about} | {limit.status} |" in OPERATION


def list_commands(group: click.Group, before: str) -> list[str]:
    """Name every command, groups spelled out."""
    return [
        name
        for each in group.commands.values()
        for name in (
            list_commands(each, f"{before} {each.name}")
            if isinstance(each, click.Group)
            else [f"{before} {each.name}"]
        )
    ]


@pytest.mark.parametrize("command", list_commands(main, "sinequanon"))
def test_every_command_is_documented(command):
    assert f"| `{command}` |" in OPERATION


def test_readme_can_be_read_in_one_go():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110


def strip_code(page: Path) -> str:
    """Return a page without its comments and code, where brackets are no links."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"<!--.*?-->|^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def list_anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


LINKS = [
    pytest.param(page, link, id=f"{page.relative_to(PROJECT)}: {link}")
    for page in PAGES
    for link in dict.fromkeys(re.findall(r"\]\(([^)\s]+)\)", strip_code(page)))
    if not re.match(r"https?://", link)
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_to_a_file_and_a_heading(page, link):
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    assert target.exists()
    assert not anchor or anchor in list_anchors(target)


@pytest.mark.parametrize(
    "guide", sorted((PROJECT / "docs").glob("*.md")), ids=lambda each: each.name
)
def test_readme_leads_to_every_guide(guide):
    assert f"](docs/{guide.name})" in (PROJECT / "README.md").read_text(encoding="utf-8")


def tracked_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_no_tracked_file_names_a_machine_s_folder_or_a_registry_s_host():
    hosts = ("python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org")
    private = re.compile(r"/(?:home|root)/\w|" + "|".join(map(re.escape, hosts)))
    for name in tracked_files():
        path = PROJECT / name
        if path.is_file():
            found = private.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{name}: {found and found[0]}"


@pytest.mark.parametrize("name", [each for each in tracked_files() if each.startswith("api/")])
def test_a_module_says_what_it_is_for(name):
    if name.endswith(".py"):
        assert (PROJECT / name).read_text(encoding="utf-8").lstrip().startswith('"""')


SECURITY = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")


DEADLOCK = (PROJECT / "docs" / "deadlock.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", SECURITY + DEADLOCK))))
def test_a_test_that_the_pages_on_security_and_laws_name_exists(name):
    files = (PROJECT / "tests").rglob("test_*.py")
    assert any(f"def {name}(" in each.read_text(encoding="utf-8") for each in files)


def test_the_page_on_security_goes_through_the_ten_risks_with_a_test_for_each():
    rows = re.findall(r"^\| API(\d+):2023 (.*)$", SECURITY, flags=re.MULTILINE)
    assert [number for number, _ in rows] == [str(n) for n in range(1, 11)]
    assert all("`test_" in row for _, row in rows)
