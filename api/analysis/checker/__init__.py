"""Checks a deadlock's answer from itself alone: nothing of ours, no solver, no search.

The rules are those of docs/deadlock.md, "How to check an answer". These files import nothing but
each other and the standard library. Whether the claims are what the records say is not checked:
for that the records are named.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

from api.analysis.checker.answers import AnswerChecker

_NO_ANSWER = "this is no answer of a deadlock with claims and certificates"
_WORK = 1_000
"""How many literals are looked at for each character of an answer at most."""


def check_text(text: str) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Check an answer, or both of a what-if; return faults by JSON pointer, and what was checked.

    Raises ValueError where the text is no answer that has certificates.
    """
    answer: Any
    try:
        answer = json.loads(text)
    except RecursionError:
        raise ValueError("this is nested too deeply for an answer") from None
    except ValueError as error:
        raise ValueError(f"this is no JSON: {error}") from error
    is_what_if = type(answer) is dict and {"supposed", "recorded"} <= answer.keys()
    checkers: dict[str, AnswerChecker] = {}
    for pointer in ("/recorded", "/supposed") if is_what_if else ("",):
        part = cast("dict[str, Any]", answer[pointer[1:]] if is_what_if else answer)
        if not (type(part) is dict and {"verdict", "certificate", "members"} <= part.keys()):
            raise ValueError(_NO_ANSWER)
        if part["certificate"] is None:
            raise ValueError("there are no certificates: the time was over before, says `cut`")
        checkers[pointer] = AnswerChecker(part, _WORK * len(text))
    faults = [(at + where, what) for at, each in checkers.items() for where, what in each.check()]
    faults += _compare_parts(answer) if is_what_if else []
    return faults, sum((each.counts for each in checkers.values()), Counter[str]())


def _compare_parts(answer: Any) -> list[tuple[str, str]]:
    """Check that what differs between two answers is in the one that it is said to be in."""
    found: list[tuple[str, str]] = []
    told: dict[str, Any] = answer.get("difference") or {}
    for part, how in (("supposed", "appeared"), ("recorded", "dissolved")):
        for name in ("collisions", "concessions", "cycles", "open_asks"):
            listed: list[Any] = told.get(f"{name}_{how}") or []
            if any(each not in answer[part][name] for each in listed):
                found.append((f"/difference/{name}_{how}", f"this is not in `{part}`"))
    if told.get("verdict") != [answer[each]["verdict"] for each in ("recorded", "supposed")]:
        found.append(("/difference/verdict", "the two verdicts are others"))
    return found
