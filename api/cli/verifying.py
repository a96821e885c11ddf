"""`sinequanon verify`."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

import click

_MOST_BYTES, _MOST_TOLD = 64 * 2**20, 100
_COUNTED = ("members", "rules", "goals", "collisions", "concessions", "cycles")


@click.command(name="verify")
@click.argument("file", type=click.File("rb"))
def verify_answer(file: BinaryIO) -> None:
    """Check a deadlock's answer, or that of a what-if, from itself alone; `-` reads it from stdin.

    What it says of collisions, concessions, plans and the verdict is followed by their
    certificates, without the registry and without a solver: docs/deadlock.md.
    """
    from api.analysis.checker import Checker

    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise click.ClickException(f"this is longer than {_MOST_BYTES:,} bytes")
    parts = _read_answers(data)
    faults = [
        (at + where, what) for at, part in parts.items() for where, what in Checker(part).check()
    ]
    for pointer, fault in faults[:_MOST_TOLD]:
        click.echo(f"{pointer or '/'}: {fault}")
    if faults:
        raise click.ClickException(f"{len(faults)} faults")
    told = (f"{sum(len(each[name]) for each in parts.values())} {name}" for name in _COUNTED)
    click.echo(f"All of it holds: {', '.join(told)}.")


def _read_answers(data: bytes) -> dict[str, Any]:
    """Read an answer, or both of a what-if, by JSON pointer."""
    try:
        answer: Any = json.loads(data)
        names = ("recorded", "supposed") if "supposed" in answer else ()
        parts = {f"/{each}": answer[each] for each in names} or {"": answer}
        is_certified = all(each["certificate"] for each in parts.values())
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        told = f"this is no answer of a deadlock: {error}"
        raise click.ClickException(told) from error
    if not is_certified:
        raise click.ClickException("it has no certificates: the time was over before, says `cut`")
    return parts
