"""Coded sources as YAML files: `sinequanon import article.yaml` and `sinequanon export --coded`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.coding.yaml_files import parse_yaml, write_yaml
from api.errors import Invalid
from api.ledger.rules import text_hash
from tests.cli.commands import count_changesets, expect_refusal, expect_success, run_command
from tests.worlds import PROJECT, Databases

GUIDE = PROJECT / "docs" / "coding.md"

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_ODD = st.sampled_from([
    "NO", "yes", "~", "null", "True", "1e3", "0x1F", "010", "1_000", ".inf", "2023-03-31", "12:30",
    "- a", "a: b", " a ", "a\r\nb", "\x85", "\u2028", "\ufeff", "<<", "!x", "&a", "*a", "---", "'",
])  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXTS | _ODD


@settings(max_examples=15)
@given(data=st.dictionaries(_TEXTS | _ODD, _SCALARS | st.lists(_SCALARS | st.lists(_SCALARS))))
def test_what_is_written_is_read_back(data: dict[str, Any]):
    assert parse_yaml(write_yaml(data).encode())[0] == data
    assert parse_yaml(orjson.dumps({"a": "1", "b": [None, True]}))[0] == {
        "a": "1",
        "b": [None, True],
    }


def test_plain_scalars_are_what_json_makes_of_them():
    raw = b"a: NO\nb: 2023-03-31\nc: 010\nd: 12:30:45\ne: 2023\nf: true\ng: ~\nh: 0.5\ni: off\nj:"
    assert parse_yaml(raw)[0] == {
        "a": "NO", "b": "2023-03-31", "c": "010", "d": "12:30:45", "e": 2023, "f": True, "g": None,
        "h": 0.5, "i": "off", "j": None,
    }  # fmt: skip


@pytest.mark.parametrize(("raw", "line", "words"), [
    (b"a: 1\nb: 2\na: 3", 3, "twice"),
    (b"a: &x [1]\nb: *x", 1, "anchors"),
    (b"a: 1\nb: !!python/object:os.system x", 2, "tag"),
    (b"a: 1\nb: !smo x", 2, "quotation marks"),
    (b"a: 1\nb: [1", 2, "expected"),
    (b"a: b: c", 1, "mapping"),
    (b"a: 1\n? [x]\n: 2", 2, "key"),
    (b'a: 1\nb: "\\ud800"', 2, "half"),
    (b"a: 1\n---\nb: 2", 2, "document"),
])  # fmt: skip
def test_what_is_odd_is_refused_by_its_line(raw: bytes, line: int, words: str):
    with pytest.raises(Invalid, match=f"line {line}: .*{words}"):
        parse_yaml(raw)


@pytest.mark.parametrize("raw", [
    b"? " * 5_000, b"a: " * 40, b"\xff\xfe\xff", b"%YAML 1.1\n---\na: NO",
    b"a: " + b"x" * 2_000_001, b"\n".join(b" " * n + b"a:" for n in range(60)),
])  # fmt: skip
def test_what_is_too_deep_or_too_much_is_refused(raw: bytes):
    with pytest.raises(Invalid):
        parse_yaml(raw)


@pytest.fixture
def fixtures(databases: Databases) -> Iterator[str]:
    with databases.fresh("sqlite", "fixtures") as url:
        yield url


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """Write the example of the guide to a file."""
    [example] = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    file = tmp_path / "article.yaml"
    file.write_text(example, encoding="utf-8")
    return file


def test_the_guides_example_is_imported_exported_and_changes_nothing(fixtures: str, article: Path):
    assert "(dry run): 6 created" in expect_success(
        run_command(fixtures, "import", article, "--dry-run")
    )
    assert count_changesets(fixtures) == 1
    assert "changeset 2: 6 created" in expect_success(run_command(fixtures, "import", article))
    assert "all known already" in expect_success(run_command(fixtures, "import", article))
    copy = article.with_name("copy.yaml")
    id = "strait-courier-2024-03-05"
    expect_success(run_command(fixtures, "export", "--coded", id, "--to", copy))
    assert "all known already" in expect_success(run_command(fixtures, "import", copy))
    copy.write_text(copy.read_text(encoding="utf-8").replace("Norland", "Nordland", 1))
    assert "1 amended" in expect_success(run_command(fixtures, "import", copy))


def test_faults_have_their_line_and_their_pointer(fixtures: str, article: Path):
    wrong = article.read_text(encoding="utf-8").replace(
        "speaker: Jorun Hald", "speaker: Jorun Halt"
    )
    article.write_text(wrong.replace("published: 2024-03-05", "published: 2024"), encoding="utf-8")
    told = expect_refusal(run_command(fixtures, "import", article))
    assert f"{article}:9: /statements/0/speaker: is no id or name of actors" in told
    assert "add it to actors" in told
    assert f"{article}:1: /source/published: must be text; put quotation marks" in told
    assert count_changesets(fixtures) == 1
    article.write_text(wrong.replace("Varn Strait dispute", "Qyzzl"), encoding="utf-8")
    told = expect_refusal(run_command(fixtures, "import", article))
    assert "nothing is like it: add it to conflicts" in told


def test_several_coded_sources_are_not_tried_at_once(fixtures: str, article: Path):
    told = expect_refusal(run_command(fixtures, "import", article, article, "--dry-run"))
    assert "--dry-run takes one coded source" in told


def test_a_text_that_comes_with_known_records_is_told(fixtures: str, article: Path):
    whole = article.read_text(encoding="utf-8").replace("exact:", "gist:")
    whole = whole.replace("{title:", "{text: Words, title:", 1)
    bare = whole.replace("text: Words", f"text_sha256: {text_hash('Words')}, text_length: 5")
    for written, told in ((bare, "6 created"), (whole, "no record changes, new texts: 1."),
                          (whole, "nothing was written")):  # fmt: skip
        article.write_text(written, encoding="utf-8")
        assert told in expect_success(run_command(fixtures, "import", article))


def test_coded_sources_are_not_imported_with_other_files(fixtures: str, article: Path):
    records = article.with_name("actors.ndjson")
    records.write_text("")
    assert "of their own" in expect_refusal(run_command(fixtures, "import", article, records))
    assert "--lot" in expect_refusal(run_command(fixtures, "import", article, "--lot", "5"))
