"""Everything that one actor holds, issue by issue, and what changed since a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from api import clock
from api.analysis.engine.scene import Labels
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record
from api.ledger.rules import validity

Answer = dict[str, Any]
Held = Sequence[tuple[str, Record]]
"""(noun, record) pairs."""


def dossier(
    actor: Record, held: Held, ever: Held, lookup: Labels, *, day: str | None, since: str | None
) -> Answer:
    """Group what an actor holds on a day; of all it ever held, name what changed since another."""
    say = Sentences(lookup)
    groups: defaultdict[str | None, list[Answer]] = defaultdict(list)
    for noun, record in held:
        for issue in record["issues"] or [None]:
            groups[issue].append(_entry(say, noun, record))
    return {
        "actor": actor["id"],
        "actor_label": actor["name"],
        "since": since,
        "issues": [
            {
                "issue": issue,
                "issue_label": lookup.label("issues", issue),
                "conflict": (lookup.get("issues", issue) or {}).get("conflict") if issue else None,
                "positions": [each for each in entries if each["noun"] == "positions"],
                "preconditions": [each for each in entries if each["noun"] == "preconditions"],
            }
            for issue, entries in groups.items()
        ],
        "changes": [] if since is None else sorted(
            _changes(say, ever, since, day), key=lambda each: (each["on"], each["id"])
        ),
    }  # fmt: skip


def _entry(say: Sentences, noun: str, record: Record) -> Answer:
    return {
        "noun": noun,
        "id": record["id"],
        "conflict": record["conflict"],
        "force": record.get("force"),
        "proposition": record.get("proposition"),
        "voice": record["voice"],
        "valid_from": record["valid_from"],
        "valid_to": record["valid_to"],
        "last_attested_on": record["last_attested_on"],
        "sentence": say.of_record(noun, record),
    }


def _changes(say: Sentences, ever: Held, since: str, day: str | None) -> Iterator[Answer]:
    """Say what began and what ended since a day, up to the day asked for."""
    last = day or clock.OPEN
    for noun, record in ever:
        period = validity(record)
        entry = _entry(say, noun, record)
        if since <= period["valid_start"] <= last:
            dated_by = "valid_from" if record["valid_from"] else "attested_on"
            yield {**entry, "change": "opened", "on": period["valid_start"], "dated_by": dated_by,
                   "end_reason": None}  # fmt: skip
        if record["valid_to"] and since <= period["valid_end"] <= last:
            reason = record["end_reason"]
            yield {**entry, "change": "closed", "on": period["valid_end"], "dated_by": "valid_to",
                   "end_reason": reason}  # fmt: skip
