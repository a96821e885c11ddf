"""Increments a counter record in its own process: `python -m tests.ledger.counting URL TIMES`.

It imports nothing of the tests, because pytest takes nearly as long as the whole registry.
"""

import sys

from api.errors import RevisionMoved
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS


def make_actor(count: int) -> dict[str, object]:
    return {"id": "counter", "name": "Counter", "kind": "state", "note": f"counted {count}"}


def increment_counter(ledger: Ledger, times: int) -> int:
    """Read the counter and write it back plus one; returns the number of acknowledged writes."""
    done = 0
    while done < times:
        with ledger.open_reader() as reader:
            served = reader.read_record(ledger.nouns["actors"], "counter")
        number = int(parse_bytes(served.body)["note"].removeprefix("counted "))
        try:
            ledger.append_changes(
                [Change("actors", "counter", make_actor(number + 1), frozenset({served.tag}))],
                author="a",
            )
        except RevisionMoved:
            continue
        done += 1
    return done


if __name__ == "__main__":
    increment_counter(Ledger(Database(sys.argv[1]), NOUNS), int(sys.argv[2]))
