"""Progress: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest

from api.cli import opening
from api.cli.opening import ProgressReporter
from tests.cli.commands import run_command
from tests.servers import COMMAND, make_environment
from tests.worlds import FIXTURES


def test_a_terminal_shows_a_bar_with_rate_time_and_rejected_rows(empty: str):
    here, there = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "import", str(FIXTURES), "--on-error", "skip"],
        env={**make_environment(empty), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=there,
    )
    os.close(there)
    shown = b""
    try:
        while piece := os.read(here, 10_000):
            shown += piece
    except OSError:  # how a terminal ends on Linux
        pass
    finally:
        os.close(here)
    process.communicate()
    assert process.returncode == 0
    text = shown.decode()
    assert re.search(r"reading .*100%.* rows, [\d,]+ a second, 0 rejected", text)
    assert re.search(r"writing .*100%.* rows, [\d,]+ a second, 0 rejected", text)


def test_elsewhere_short_work_says_nothing(empty: str):
    assert run_command(empty, "import", FIXTURES, "--dry-run").stderr == ""


def test_elsewhere_long_work_says_plain_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(opening, "_LINE_SECONDS", -1.0)
    with ProgressReporter() as watching:
        watching.begin_part("writing", 200)
        watching.report_progress(50, rows=50, rejected=2)
    said = capsys.readouterr().err
    assert re.fullmatch(r"writing: 25%, \d+ s left, 50 rows, [\d,]+ a second, 2 rejected\n", said)


def test_nothing_to_do_is_all_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(opening, "_LINE_SECONDS", -1.0)
    with ProgressReporter() as watching:
        watching.begin_part("writing", 0)
        watching.report_progress(0, rows=0, rejected=0)
    assert capsys.readouterr().err.startswith("writing: 100%")
