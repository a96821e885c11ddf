"""Describes what a revision wrote: by a sentence where there is one, else by a name."""

from __future__ import annotations

from collections.abc import Mapping

from api.analysis.engine.model import HardRule
from api.analysis.engine.scene import Labels
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record
from api.nouns import NOUNS

_NOUNS = {each.name: each for each in NOUNS}

_SENTENCES = ("positions", "preconditions", "statements")


def describe_record(noun: str, record: Record, lookup: Labels) -> str:
    """Describe a record; `lookup` has the labels of what it names, at the same moment."""
    if noun in _SENTENCES:
        return Sentences(lookup).describe_record(noun, record)
    if noun == "axioms":
        rule = HardRule("axiom", record["id"], record["kind"], tuple(record["propositions"]), ())
        return Sentences(lookup).describe_rule(rule)
    return f"“{record[_NOUNS[noun].label] or record['id']}”"


def describe_action(noun: str, revision: Mapping[str, object]) -> str:
    """Say whether a record was new, amended or retracted."""
    singular = _NOUNS[noun].singular
    if revision["tombstone"]:
        return f"Retracted {singular}"
    return f"New {singular}" if revision["number"] == 1 else f"Amended {singular}"


def summarise_counts(counts: Mapping[str, int]) -> str:
    """Summarise counts by noun, such as "3 positions, 1 statement"."""
    parts = (
        f"{count} {noun if count > 1 else _NOUNS[noun].singular}" for noun, count in counts.items()
    )
    return ", ".join(parts)
