"""The rules for sources and their texts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import bound_day, check_cycle, fold_text, text_hash


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a source that is a translation of itself."""
    yield from check_cycle(record, lookup, "sources", "translation_of")


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its folded title and the bounds of its publication."""
    return {"search": fold_text(record["title"]), **bound_day("published", record.get("published"))}


def map_identities(record: Record) -> dict[str, str]:
    """Return the hash of its text and its address, apart from what does not change the document."""
    address = record.get("url")
    known = {"text": record.get("text_sha256"), "url": address and _simplify_address(address)}
    return {kind: each for kind, each in known.items() if each}


_OF_CAMPAIGNS = re.compile(
    r"(utm_.*|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|ref|ref_src|cmpid)"
)
"""Parameters of an address that tell where a reader came from."""


def _simplify_address(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # an odd host in brackets
        return address
    host = re.sub(r"^(www|m|amp)\.", "", (parts.hostname or "").rstrip("."))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(each for each in pairs if not _OF_CAMPAIGNS.fullmatch(each[0])))
    return f"{host}{unquote(parts.path).removesuffix('/amp').rstrip('/')}?{query}"


def find_text_fault(source: Record, text: str) -> str | None:
    """Return why a text is not the one that a source declares; None if it is."""
    digest = text_hash(text)
    expected, length = source.get("text_sha256"), source.get("text_length")
    if expected is None:
        return (
            f"the source declares no text; amend it with text_sha256 {digest} and text_length "
            f"{len(text)} first"
        )
    if digest != expected:
        return f"the source declares another text: the SHA-256 is {digest}, not {expected}"
    if length is not None and length != len(text):
        return f"the text has {len(text)} code points, the source declares {length}"
    return None
