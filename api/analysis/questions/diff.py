"""What changed between two moments: in the world, or in what the registry says of it.

On the world's clock a record is opened or closed: it was not in force and is, or was and is not.
On the registry's it may also be amended or retracted: those are our corrections, no changes of
mind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record

Answer = dict[str, Any]

_OURS = frozenset({"revision", "changeset", "recorded_at", "recorded_by", "links", "warnings"})


def diff(
    before: Scene, after: Scene, ended: Callable[[str, str], tuple[str, Record | None]]
) -> list[Answer]:
    """List the positions and preconditions that differ.

    `ended` tells of the (noun, id) of a record that is no longer there how it went (`closed` or
    `retracted`), and its newest record if there is one.
    """
    say_before, say_after = Sentences(before.lookup), Sentences(after.lookup)
    found: list[Answer] = []
    for noun, old, new in (
        ("positions", before.positions, after.positions),
        ("preconditions", before.preconditions, after.preconditions),
    ):
        was, now = _by_id(old), _by_id(new)
        for id, record in now.items():
            if id not in was:
                found.append(_change("opened", noun, record, say_after))
            elif amended := [*_amended(was[id], record)]:
                found.append(_change("amended", noun, record, say_after, amended=amended))
        for id, record in was.items():
            if id not in now:
                how, newest = ended(noun, id)
                found.append(_change(how, noun, newest or record, say_before))
    return found


def _by_id(records: Sequence[Record]) -> dict[str, Record]:
    return {each["id"]: each for each in records}


def _amended(old: Record, new: Record) -> Iterator[str]:
    yield from (name for name in new if name not in _OURS and old.get(name) != new[name])


def _change(
    how: str, noun: str, record: Record, say: Sentences, amended: Sequence[str] = ()
) -> Answer:
    return {
        "change": how,
        "noun": noun,
        "id": record["id"],
        "holder": record["holder"],
        "valid_from": record["valid_from"],
        "valid_to": record["valid_to"],
        "dated_by": "valid_from" if record["valid_from"] else "attested_on",
        "end_reason": record["end_reason"],
        "amended": list(amended),
        "revision": record["revision"],
        "sentence": say.of_record(noun, record),
    }
