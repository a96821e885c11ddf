"""Inputs made from chance: what a grammar writes, or a seed; then some edits.

So many get past a parser's first check.

The chance is bytes: of a random generator, or of libFuzzer, which finds out which of them lead to
code that was not reached before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LONGEST = 2_000_000
"""As long as a request body may be."""


class Chance:
    """Decisions read from bytes, two for each; zero when they are used up."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._place = raw, 0

    def draw(self, count: int) -> int:
        """Return a number below `count`."""
        piece = self._raw[self._place : self._place + 2]
        self._place += 2
        return int.from_bytes(piece, "big") % count

    def take(self, length: int) -> bytes:
        """Return some bytes as they are."""
        piece = self._raw[self._place : self._place + length]
        self._place += length
        return piece


Grammar = Mapping[str, Sequence[Sequence[bytes | str]]]
"""The alternatives of each name, of bytes and names; the first must end."""


def make_input(
    raw: bytes, seeds: Sequence[bytes], words: Sequence[bytes], grammar: Grammar
) -> bytes:
    """Write by the grammar and edit that at times, or edit a seed."""
    chance = Chance(raw)
    if grammar and chance.draw(4):
        made, edits = _write(grammar, "start", chance, 0), max(0, chance.draw(4) - 2)
    else:
        made, edits = seeds[chance.draw(len(seeds))], chance.draw(4)
    for _ in range(edits):
        made = _edit(made, chance, seeds, words)[:LONGEST]
    return made


def _write(grammar: Grammar, name: str, chance: Chance, depth: int) -> bytes:
    choices = grammar[name]
    chosen = choices[chance.draw(len(choices)) if depth < _DEEPEST else 0]
    return b"".join(
        _write(grammar, each, chance, depth + 1) if isinstance(each, str) else each
        for each in chosen
    )


_DEEPEST = 60


_DELIMITER = re.compile(rb'[,;:&=|/\[\]{}\n" -]')


def _choose_place(made: bytes, chance: Chance, start: int, length: int) -> int:
    """Choose a place, mostly behind a delimiter: there inputs stay what a parser accepts."""
    place = min(len(made), start + chance.draw(length))
    found = _DELIMITER.search(made, place) if chance.draw(4) else None
    return found.end() if found else place


def _edit(made: bytes, chance: Chance, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    start = _choose_place(made, chance, 0, len(made) + 1)
    end = _choose_place(made, chance, start, 24)
    match chance.draw(8):
        case 0 | 1 | 2:
            return made[:start] + words[chance.draw(len(words))] + made[start:]
        case 3:
            return made[:start] + words[chance.draw(len(words))] + made[end:]
        case 4:
            return made[:start] + made[end:]
        case 5:
            return made[:start] + chance.take(1 + chance.draw(4)) + made[end:]
        case 6:
            return made + seeds[chance.draw(len(seeds))]
        case _:
            times = (2, 3, 40, 250)[chance.draw(4)]
            return made[:start] + made[start:end] * times + made[end:]
