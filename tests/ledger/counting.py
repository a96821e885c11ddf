"""Counts a record up in a process of its own: `python -m tests.ledger.counting URL TIMES`."""

import sys

from api.ledger import Ledger
from api.ledger.database import Database
from api.nouns import NOUNS
from tests.ledger.test_writers import count_up

if __name__ == "__main__":
    count_up(Ledger(Database(sys.argv[1]), NOUNS), int(sys.argv[2]))
