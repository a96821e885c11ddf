"""The bounds of a request, as data: what exceeds one is refused by a problem that names it.

They stand in docs/operate.md. A setting bounds a body, and the contract each text.
"""

from typing import NamedTuple

from api.ledger.rules import LARGEST_RECORD, MORE_COPIED


class Limit(NamedTuple):
    """The most that a request may hold of something, and the status where it holds more."""

    most: int
    about: str
    status: int = 422

    def __str__(self) -> str:
        return f"at most {self.most:,} {self.about}"


QUERY = Limit(8_000, "bytes in a query", 414)
PARAMETERS = Limit(200, "parameters in a query", 400)
VALUES = Limit(200, "values of a parameter, separated by commas")
VALUE = Limit(200, "characters in a value of a parameter")
NESTING = Limit(32, "levels of objects and lists in JSON", 400)
BRACKETS = Limit(50_000, "opening brackets in JSON, in texts too", 400)
COLONS = Limit(25_000, "colons in JSON, in texts too", 400)
KEYS = Limit(200, "keys in an object of JSON", 400)
ENTRIES = Limit(200, "entries in a list of a record")
INNER_ENTRIES = Limit(20, "entries in a list within a list")
SPAN = Limit(20_000, "characters in the span of a statement")
RECORD = Limit(LARGEST_RECORD, "bytes in a record")
COPIED = Limit(100_000, "characters that a record copies from others")
COPIED_AT_ONCE = Limit(
    8_000_000,
    "characters that records of a changeset copy, the first 2,000 of each aside; records that "
    f"depend on them may copy {MORE_COPIED:,} more",
)
COLUMNS = Limit(200, "columns in a table")
LINE = Limit(2_000_000, "bytes in a line, characters in a row or cell")
NAMES = Limit(200, "names of records outside of a coded source; use ids")
GIVEN = Limit(4_000_000, "bytes that groups and statements give to the records in them")
LINES = Limit(100_000, "lines in a body", 413)

FAULTS, FAULT_LENGTH, SEARCH_SECONDS = 100, 1_000, 1.0
"""How many places at fault a problem lists; to how many characters it cuts each text; how long it
may take to find passages that are like misquoted words."""
