"""Six real negotiations: the answers are those that two readers worked out by hand beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.worlds import parse_answer

_FOLDER = Path(__file__).parent / "negotiations"
NAMES = sorted(each.name.removesuffix(".ndjson") for each in _FOLDER.glob("*.ndjson"))
READERS = ("reader-a", "reader-b")
FREE_PLANS = {
    # The reader left out moves that nothing waits for.
    ("reader-a", "valid_at=2017-01-20"),
    ("reader-a", "valid_at=2022-09-15"),
    # Any of three names would do: the readers named one, and all three.
    ("reader-a", "valid_at=2018-03-10"),
    ("reader-b", "valid_at=2018-03-10"),
}
"""Where a plan that was worked out by hand may differ, and why."""


def read_lines(name: str) -> list[dict[str, Any]]:
    """Read the records of a negotiation, each with its noun."""
    text = (_FOLDER / f"{name}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def worked_out(reader: str, name: str) -> dict[str, dict[str, Any]]:
    """Read what a reader worked out, by the query that asks for it."""
    return json.loads((_FOLDER / reader / f"{name}.json").read_text(encoding="utf-8"))


def name_members(sets: Iterable[Iterable[str]]) -> list[list[str]]:
    """Name members by their records alone, without a package's part or a joint holder."""
    return sorted(sorted(re.split("[#@]", each)[0] for each in some) for some in sets)


def name_found(sets: list[dict[str, Any]]) -> list[list[str]]:
    return name_members([each["id"] for each in some["members"]] for some in sets)


def summarise(answer: dict[str, Any]) -> dict[str, Any]:
    """Put an answer into the form in which the readers wrote theirs."""
    return {
        "verdict": answer["verdict"],
        "collisions": name_found(answer["collisions"]),
        "concessions": name_found(answer["concessions"]),
        "open_asks": sorted([each["literal"], each["of"]] for each in answer["open_asks"]),
        "cycles": sorted(
            sorted({*each["preconditions"], *each["positions"]}) for each in answer["cycles"]
        ),
        "cases": max(1, len(answer["cases"])),
    }


def list_stages(answer: dict[str, Any]) -> list[list[str]] | None:
    """List the moves by stage, after the first concession if there is any."""
    plan = answer["concessions"][0]["plan"] if answer["concessions"] else answer["plan"]
    if plan is None or not plan["possible"]:
        return None
    return [sorted(move["literal"] for move in each["moves"]) for each in plan["stages"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_those_of_two_readers(registry_of: Any, name: str):
    registry = registry_of("empty")
    lines = read_lines(name)
    sent = registry.client.post(
        "/v1/changesets",
        data=(_FOLDER / f"{name}.ndjson").read_bytes(),
        headers={"Authorization": f"Bearer {registry.key}", "Content-Type": "application/x-ndjson"},
    )
    assert sent.status_code == 200, sent.get_data(as_text=True)
    [conflict] = [each["record"]["id"] for each in lines if each["noun"] == "conflicts"]
    for reader in READERS:
        for query, expected in worked_out(reader, name).items():
            asked = f"/v1/conflicts/{conflict}/deadlock"
            answer = parse_answer(registry.get(asked, **dict(parse_qsl(query))))
            wanted = {
                "verdict": expected["verdict"],
                "collisions": name_members(expected["collisions"]),
                "concessions": name_members(expected["concessions"]),
                "open_asks": sorted(expected["open_asks"]),
                "cycles": [sorted(set(each)) for each in name_members(expected["cycles"])],
                "cases": expected["cases"],
            }
            assert summarise(answer) == wanted, (reader, query)
            if (reader, query) not in FREE_PLANS:
                plan = expected["plan"]
                stages = plan if plan is None else [sorted(each) for each in plan]
                assert list_stages(answer) == stages, (reader, query)
