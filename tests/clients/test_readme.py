"""What README and the guides show is true: their answers are the ones that the seed gives."""

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
GUIDES = [path.read_text(encoding="utf-8") for path in sorted((PROJECT / "docs").glob("*.md"))]


def console(text: str) -> list[list[str]]:
    """Give each curl that a text shows, with its answer."""
    blocks = re.findall(r"```console\n\$ (.*?)\n```", text, flags=re.DOTALL)
    return [block.split("\n", 1) for block in blocks if block.startswith("curl")]


def test_readme_shows_five_questions_with_their_answers():
    assert len(console(README)) == 5


@pytest.mark.parametrize(
    ("command", "answer"), [each for text in (README, *GUIDES) for each in console(text)]
)
def test_an_answer_that_is_shown_is_the_real_one(registry_of, command, answer):
    [_, address] = shlex.split(command)
    url = urlsplit(address)
    given = registry_of("seed").client.get(f"{url.path}?{url.query}").get_data(as_text=True)
    assert given.replace("\r\n", "\n").rstrip("\n") == answer


def test_the_two_commands_are_the_first_thing_that_readme_shows():
    first = re.search(r"```console\n(.*?)```", README, flags=re.DOTALL)
    assert first is not None
    assert first[1].split("\n") == ["$ make serve", "$ make test", ""]
