"""How the CPU time of a parser grows with the length of what it reads."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

from tests.fuzz.parsers import Parser

MOST_RATIO = 2.3
"""How many times as long an input of twice the length may take."""

_LEAST, _ROUNDS = 0.002, 6
"""Seconds for which an input is parsed at least, as of less the clock tells too little; and how
often it is measured until the ratios of the least times are small: other processes make noise."""


def measure_doubling(
    parser: Parser, *, steps: int = 3, bound: int | None = None, most: float = MOST_RATIO
) -> Iterator[tuple[str, float, float]]:
    """Yield (kind of input, ratio of times, seconds at the bound) for each hostile kind.

    Lengths are doubled so many times, up to the bound. The ratio is the mean of one doubling, as
    a single one costs more where data outgrow a cache of the processor.
    """
    gc.collect()
    # Else a collection looks through the modules that are loaded, from some number of objects on.
    gc.freeze()
    for name, make, longest in parser.hostile:
        most_of_it = min(bound or longest, longest)
        inputs = [make(most_of_it >> step) for step in range(steps, -1, -1)]
        least = [_measure(parser, each) for each in inputs]
        for _ in range(_ROUNDS):
            ratio = (least[-1] / least[0]) ** (1 / steps)
            if ratio <= most:
                break
            least = [min(t, _measure(parser, each)) for t, each in zip(least, inputs, strict=True)]
        yield name, ratio, least[-1]


def _measure(parser: Parser, raw: bytes) -> float:
    """Return the seconds of CPU that parsing takes, the least of three times."""
    return min(_measure_once(parser, raw) for _ in range(3))


def _measure_once(parser: Parser, raw: bytes) -> float:
    total, count = 0.0, 0
    while total < _LEAST:
        parser.forget()
        start = time.process_time()
        parser.parse(raw)
        total += time.process_time() - start
        count += 1
    return total / count
