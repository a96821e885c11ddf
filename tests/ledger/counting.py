"""Increments a counter record in its own process: `python -m tests.ledger.counting URL TIMES`."""

import sys

from api.ledger import Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS
from tests.ledger.test_writers import increment_counter

if __name__ == "__main__":
    increment_counter(Ledger(Database(sys.argv[1]), NOUNS), int(sys.argv[2]))
