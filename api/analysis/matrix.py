"""Who stands where: holders against propositions or issues, with the positions in force.

A cell lists, for each proposition, the position that shows where the holder stands: of the
preferred ones if there are any, the one attested last. An empty cell says that nothing is recorded,
which is not the same as having no opinion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from api.analysis.members import stances
from api.analysis.scene import Scene
from api.ledger.noun import Record

Answer = dict[str, Any]


def matrix(scene: Scene, *, by_issue: bool) -> Answer:
    """Lay out the positions in force, a row for each holder, a column for each proposition."""
    cells = _cells(scene, by_issue=by_issue)
    columns = list(dict.fromkeys(column for _, column in cells))
    holders = _holders(scene, [holder for holder, _ in cells])
    return {
        "by": "issue" if by_issue else "proposition",
        "columns": [_column(scene, each, by_issue=by_issue) for each in columns],
        "rows": [
            {
                "holder": holder,
                "holder_label": scene.actor(holder),
                "status": _status(scene, holder),
                "cells": [
                    _cell(scene, holder, column, cells.get((holder, column), []))
                    for column in columns
                ],
                "packages": [
                    _package(each)
                    for each in scene.positions
                    if each["proposition"] is None and holder in held_by(each)
                ],
            }
            for holder in holders
        ],
    }


def held_by(record: Record) -> list[str]:
    """Name everybody who holds a position."""
    return [record["holder"], *(record["co_holders"] or ())]


def sign(record: Record) -> int:
    """Tell whether a position wants its proposition (1), its opposite (-1), or neither (0)."""
    return next((each.sign for each in stances(record)), 0)


def _cells(scene: Scene, *, by_issue: bool) -> dict[tuple[str, str | None], list[Record]]:
    found: defaultdict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for record in scene.positions:
        if record["proposition"] is None or record["rank"] == "deprecated":
            continue
        columns = (record["issues"] or [None]) if by_issue else [record["proposition"]]
        for holder in held_by(record):
            for column in columns:
                found[holder, column].append(record)
    return dict(found)


def _holders(scene: Scene, having: Sequence[str]) -> list[str]:
    """Order holders: those with a standing in the conflict first, audiences never."""
    listed = [each["actor"] for each in scene.conflict["parties"]]
    known = ((scene.lookup.get("actors", each) or {}, each) for each in [*listed, *having])
    return list(dict.fromkeys(id for actor, id in known if actor.get("kind") != "audience"))


def _status(scene: Scene, holder: str) -> str | None:
    listed = scene.conflict["parties"]
    return next((each["status"] for each in listed if each["actor"] == holder), None)


def _column(scene: Scene, id: str | None, *, by_issue: bool) -> Answer:
    noun = "issues" if by_issue else "propositions"
    return {"id": id, "label": scene.lookup.label(noun, id)}


def _cell(scene: Scene, holder: str, column: str | None, records: Sequence[Record]) -> Answer:
    return {
        "holder": holder,
        "column": column,
        "state": "held" if records else "none_recorded",
        "positions": [*_shown(scene, records)],
    }


def _shown(scene: Scene, records: Sequence[Record]) -> Iterator[Answer]:
    of: defaultdict[str, list[Record]] = defaultdict(list)
    for each in records:
        of[each["proposition"]].append(each)
    for proposition, rivals in of.items():
        best = [each for each in rivals if each["rank"] == "preferred"] or rivals
        day = max(each["last_attested_on"] for each in best)
        newest = [each for each in best if each["last_attested_on"] == day]
        # One that takes a stand shows more than one that, say, only warns.
        shown = next((each for each in newest if sign(each)), newest[0])
        yield {
            "id": shown["id"],
            "proposition": proposition,
            "text": scene.proposition(proposition)["text"],
            "force": shown["force"],
            "negated": shown["negated"],
            "sign": sign(shown),
            "conditional": bool(shown["under"]) or shown["force"] == "accept_conditionally",
            "voice": shown["voice"],
            "last_attested_on": day,
            "evidence": shown["evidence"],
            "disagreement": {1, -1} <= {sign(each) for each in newest},
            "records": [each["id"] for each in rivals],
        }


def _package(record: Record) -> Answer:
    answered = record["responds_to"]["proposal"]
    return {"id": record["id"], "proposal": answered, "force": record["force"]}
