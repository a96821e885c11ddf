"""What README and the guides show is true: a shell gets these answers from a seeded server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.recipes import SHOWN, in_python
from tests.conftest import require_part
from tests.servers import Server, start_server
from tests.worlds import PROJECT, Databases

PAGES = {
    str(path.relative_to(PROJECT)): re.sub(r"(?s)<!--.*?-->", "", path.read_text(encoding="utf-8"))
    for path in [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
}
"""The pages by name, as they are read: without comments."""

ELLIPSIS = "…"
"""What a page writes in the place of what it leaves out."""

END = "-- the end of an answer --"


def read_console(page: str) -> list[tuple[str, str]]:
    """Return each command of the blocks that ask a server, with the answer that is shown."""
    blocks = re.findall(r"```console\n(.*?)\n```", page, flags=re.DOTALL)
    shown = [each for block in blocks if "curl" in block for each in f"\n{block}".split("\n$ ")[1:]]
    return [_split(each) for each in shown]


def _split(shown: str) -> tuple[str, str]:
    """Separate a command, with the lines that a backslash continues, from its answer."""
    lines = shown.split("\n")
    last = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])


def run_in_shell(commands: list[str], server: Server, folder: Path) -> list[str]:
    """Run commands in one shell, where the server's database and the command are, as they stand."""
    script = "".join(f"{each}\necho '{END}'\n" for each in commands).replace(SHOWN, server.address)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout.split(f"{END}\n")[:-1]


def is_shown(answer: str, shown: str) -> bool:
    """Tell whether a page shows an answer; it may wrap JSON, and leave out what ELLIPSIS names."""
    answer, shown = answer.replace("\r\n", "\n").rstrip("\n"), shown.rstrip("\n")
    if answer.startswith(("{", "[")):
        answer, shown = (re.sub(r"\s+", "", each) for each in (answer, shown))
    pattern = ".*".join(map(re.escape, shown.split(ELLIPSIS)))
    return re.fullmatch(pattern, answer, flags=re.DOTALL) is not None


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if read_console(page)])
def test_an_answer_that_is_shown_is_the_real_one(databases: Databases, tmp_path: Path, name: str):
    require_part("curl", shutil.which("curl"), "apt-get install curl")
    (tmp_path / "data").mkdir()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for folder in ("docs", "fixtures"):
        (tmp_path / folder).symlink_to(PROJECT / folder)
    commands, shown = zip(*read_console(PAGES[name]), strict=True)
    with databases.fresh("sqlite", "seed") as url:
        database = tmp_path / "data" / "sinequanon.db"
        shutil.copy(url.removeprefix("sqlite:///"), database)
        with start_server(f"sqlite:///{database}", tmp_path) as server:
            answers = run_in_shell(list(commands), server, tmp_path)
    for command, answer, expected in zip(commands, answers, shown, strict=True):
        assert is_shown(answer, expected), f"{command}\n{answer}"


@pytest.mark.parametrize("name", PAGES)
def test_no_curl_is_shown_that_is_not_run(name: str):
    blocks = re.findall(r"^```(.*?)\n(.*?)^```", PAGES[name], flags=re.DOTALL | re.MULTILINE)
    unrun = [text for kind, text in blocks if kind != "console" and " name=" not in kind]
    assert [text for text in unrun if "curl" in text] == []


def test_readme_shows_answers():
    assert len(read_console(PAGES["README.md"])) > 1


def test_the_two_commands_are_the_first_thing_that_readme_shows():
    first = re.search(r"```console\n(.*?)```", PAGES["README.md"], flags=re.DOTALL)
    assert first is not None
    assert first[1].split("\n") == ["$ make serve", "$ make test", ""]


def test_readme_makes_a_data_frame(databases: Databases, tmp_path: Path):
    [code] = re.findall(r"```python\n(.*?)\n```", PAGES["README.md"], flags=re.DOTALL)
    with databases.fresh("sqlite", "seed") as url, start_server(url, tmp_path) as server:
        checked = f"{code}\nassert set(positions['holder_label']) >= {{'Russia', 'Ukraine'}}"
        in_python(checked.replace(SHOWN, server.address), tmp_path)
