"""The flat forms of analysis: one row for each member, cell, event, answer or change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]
Answer = Mapping[str, Any]

DEADLOCK = ("kind", "set", "holder", "move", "noun", "record", "literal", "weaken", "axioms",
            "measures", "goals", "reason", "sentence", "set_sentence", "verdict", "complete",
            "cut")  # fmt: skip
MATRIX = ("holder", "holder_label", "status", "column", "column_label", "state", "position",
          "proposition", "text", "proposal", "force", "negated", "sign", "conditional", "voice",
          "last_attested_on", "disagreement", "records")  # fmt: skip
RESPONSES = ("proposal", "component", "label", "actor", "actor_label", "response", "sign", "voice",
             "whole", "under", "attested_on", "disagreement", "positions",
             "elsewhere")  # fmt: skip
DOSSIER = ("actor", "group", "issue", "issue_label", "conflict", "noun", "id", "force",
           "proposition", "voice", "valid_from", "valid_to", "last_attested_on", "on", "dated_by",
           "end_reason", "sentence")  # fmt: skip
DIFF = ("change", "noun", "id", "holder", "valid_from", "valid_to", "dated_by", "end_reason",
        "amended", "revision", "sentence", "complete", "cut")  # fmt: skip


def of_deadlock(answer: Answer) -> list[Row]:
    """Give a row for each member of a set, each open ask, circle and record left out."""
    whole = {
        "verdict": answer["verdict"],
        "complete": answer["complete"],
        "cut": "|".join(answer["cut"]) or None,
    }
    found: list[Row] = [
        {"kind": "verdict", "sentence": answer["sentence"]},
        *_sets("collision", answer["collisions"]),
        *_sets("concession", answer["concessions"]),
        *_singles("open_ask", answer["open_asks"]),
        *(
            {"kind": "cycle", "set": number, "noun": "preconditions", "record": id, **_told(each)}
            for number, each in enumerate(answer["cycles"], 1)
            for id in each["preconditions"]
        ),
        *_singles("left_out", answer["left_out"]),
    ]
    return [{**dict.fromkeys(DEADLOCK), **each, **whole} for each in found]


def _singles(kind: str, entries: Iterable[Answer]) -> Iterable[Row]:
    for number, each in enumerate(entries, 1):
        yield {
            "kind": kind,
            "set": number,
            "holder": each.get("of") or each.get("holder"),
            "noun": each["noun"],
            "record": each["id"],
            "reason": each.get("reason"),
            **_told(each),
        }


def _sets(kind: str, sets: Iterable[Answer]) -> Iterable[Row]:
    for number, each in enumerate(sets, 1):
        # Goals and rules that contradict each other collide without any member.
        for member in each["members"] or [{"sentence": each["sentence"]}]:
            yield {
                "kind": kind,
                "set": number,
                "holder": member.get("holder"),
                "move": member.get("move"),
                "noun": member.get("noun"),
                "record": "|".join(member.get("records", ())) or member.get("id"),
                "literal": member.get("literal"),
                "weaken": _weakened(member.get("weaken")),
                "axioms": "|".join(each.get("axioms", ())) or None,
                "measures": "|".join(each.get("measures", ())) or None,
                "goals": "|".join(each.get("goals", ())) or None,
                "sentence": member["sentence"],
                "set_sentence": each["sentence"],
            }


def _weakened(weaken: Answer | None) -> str | None:
    if weaken is None:
        return None
    return "|".join([*weaken["antecedents"], *weaken["consequents"]]) or None


def _told(each: Answer) -> Row:
    return {"literal": each.get("literal"), "sentence": each["sentence"]}


def of_matrix(answer: Answer) -> list[Row]:
    """Give a row for each position in a cell, and for each empty cell."""
    labels = {each["id"]: each["label"] for each in answer["columns"]}
    found: list[Row] = []
    for row in answer["rows"]:
        for cell in row["cells"]:
            place = {
                **dict.fromkeys(MATRIX),
                **{name: row[name] for name in ("holder", "holder_label", "status")},
                "column": cell["column"],
                "column_label": labels[cell["column"]],
                "state": cell["state"],
            }
            shown: list[Answer] = cell["positions"] or [{}]
            found += ({**place, **_of_position(each)} for each in shown)
        for each in row["packages"]:  # in no single column
            named = {"state": "held", "position": each["id"]}
            named |= {name: each[name] for name in ("proposal", "force", "sign")}
            holder = {name: row[name] for name in ("holder", "holder_label", "status")}
            found.append({**dict.fromkeys(MATRIX), **holder, **named})
    return found


def _of_position(shown: Answer) -> Row:
    if not shown:
        return {}
    told = {name: value for name, value in shown.items() if name not in ("id", "evidence")}
    return {**told, "position": shown["id"], "records": "|".join(shown["records"])}


def of_responses(answer: Answer) -> list[Row]:
    """Give a row for each component and actor."""
    return [
        {"proposal": answer["proposal"], **_joined(each, "under", "positions", "elsewhere")}
        for each in answer["responses"]
    ]


def of_dossier(answer: Answer) -> list[Row]:
    """Give a row for each record and issue, and one for each change."""
    found: list[Row] = []
    for group in answer["issues"]:
        for each in (*group["positions"], *group["preconditions"]):
            place = {"group": "held", "issue": group["issue"], "issue_label": group["issue_label"]}
            found.append({**dict.fromkeys(DOSSIER), **each, **place})
    for each in answer["changes"]:
        told = {name: value for name, value in each.items() if name != "change"}
        found.append({**dict.fromkeys(DOSSIER), **told, "group": each["change"]})
    return [{**each, "actor": answer["actor"]} for each in found]


def of_diff(answer: Answer) -> list[Row]:
    """Give a row for each change, and one for each collision that appeared or dissolved."""
    found = [
        *(_joined(each, "amended") for each in answer["changes"]),
        *(
            {"change": f"collision_{how}", "sentence": each["sentence"]}
            for how in ("appeared", "dissolved")
            for each in answer["collisions"][how]
        ),
    ]
    whole = {"complete": answer["complete"], "cut": "|".join(answer["cut"]) or None}
    return [{**dict.fromkeys(DIFF), **each, **whole} for each in found]


def _joined(each: Answer, *lists: str) -> Row:
    return {**each, **{name: "|".join(each[name]) or None for name in lists}}
