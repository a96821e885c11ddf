"""Records within records (`expand=positions,preconditions`).

They are read as their own list is, at the same moment. Their stored bytes are joined, so nothing is
rendered again. The first ones are shown, with the address of the rest.
"""

from collections.abc import Sequence

from api.ledger import Asked
from api.ledger.noun import Expansion, Noun, Record
from api.ledger.reading.filters import ParsedFilters
from api.ledger.reading.page_queries import Page
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.web.queries import Cursor, digest_question
from api.web.requests import current_ledger

MOST = 20
"""How many records of an expansion are shown within one record."""

_Shown = tuple[list[bytes], bytes]
"""The bodies that are shown within one record, and the address of the rest, as JSON."""


class Expander:
    """Shows records within records, as known at the moment of a reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._nouns = reader, current_ledger().nouns

    def expand_bodies(
        self, noun: Noun, bodies: Sequence[bytes], names: Sequence[str]
    ) -> list[bytes]:
        """Return served bodies of a noun, each with the member `expanded`."""
        records = [parse_bytes(body) for body in bodies]
        chosen = [each for each in noun.expansions if each.name in names]
        pieces = [self._encode_each(expansion, records) for expansion in chosen]
        return [
            b'%b,"expanded":{%b}}' % (body[:-1], b",".join(within))
            for body, within in zip(bodies, zip(*pieces, strict=True), strict=True)
        ]

    def _encode_each(self, expansion: Expansion, records: Sequence[Record]) -> list[bytes]:
        """Return for each record the member of `expanded` that an expansion makes, as JSON."""
        find = self._read_lists if expansion.by else self._read_named
        name = expansion.name.encode()
        return [
            b'"%b":{"data":[%b],"next":%b}' % (name, b",".join(bodies), rest)
            for bodies, rest in find(expansion, records)
        ]

    def _read_lists(self, expansion: Expansion, records: Sequence[Record]) -> list[_Shown]:
        """Return the first page of the list that belongs to each record."""
        noun = self._nouns[expansion.noun]
        sort, descending = noun.default_sort.lstrip("-"), noun.default_sort.startswith("-")
        shown: list[_Shown] = []
        for record in records:
            given = ParsedFilters(noun, {expansion.by: [record["id"]]})
            found = self._reader.read_page(
                noun, given, sort=sort, descending=descending, limit=MOST
            )
            rest = self._next_address(noun, expansion.by, record["id"], found)
            shown.append((found.whole_bodies, rest))
        return shown

    def _next_address(self, noun: Noun, by: str, id: str, found: Page) -> bytes:
        """Return the address of the next page as JSON, or null."""
        if found.after is None:
            return b"null"
        moment = self._reader.moment
        valid_at = moment.valid_at or "any"
        asked = Asked(number=moment.known_at, valid_at=valid_at)
        question = digest_question([noun.name, repr([(by, [id])]), noun.default_sort, repr(asked)])
        cursor = Cursor(moment.known_at, valid_at, question, found.after).to_text()
        clocks = f"known_at={moment.known_at}&valid_at={valid_at}"
        return f'"/v1/{noun.name}?{by}={id}&{clocks}&cursor={cursor}"'.encode()

    def _read_named(self, expansion: Expansion, records: Sequence[Record]) -> list[_Shown]:
        """Return the records that each record names, in its order."""
        noun, found = self._nouns[expansion.noun], dict[str, bytes]()
        if ids := {id for each in records for id in each[expansion.name]}:
            pages = self._reader.read_pages(noun, {"id": sorted(ids)}, sort="id", limit=len(ids))
            bodies = (body for page in pages for body in page.whole_bodies)
            found = {parse_bytes(body)["id"]: body for body in bodies}
        return [([found[id] for id in each[expansion.name]], b"null") for each in records]
