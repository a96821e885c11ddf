"""What programs look for at fixed addresses: robots.txt, sitemap.xml and security.txt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from xml.sax.saxutils import escape

from api import clock
from api.explorer.addresses import PageRequest
from api.ledger.reading.reader import Reader
from api.nouns import NOUNS_BY_NAME

_MOST_ADDRESSES = 50_000
"""What the sitemap protocol takes in one file (https://www.sitemaps.org/protocol.html)."""

_FIXED = ("/", "/about", "/glossary", "/agreement", *(f"/{name}" for name in NOUNS_BY_NAME))
_LISTED = ("conflicts", "actors", "issues", "sources", "proposals")
"""Nouns whose records are in the sitemap; pages of these lead to the others."""

_CONTACT_DAYS = 180
"""How long a contact is said to hold; RFC 9116 wants less than a year."""


def write_robots(page: PageRequest) -> str:
    """Write robots.txt: all may be read but whole exports and pages of the past."""
    base = page.root.partition("//")[2].partition("/")[2]
    base = f"/{base}" if base else ""
    return (
        f"User-agent: *\nDisallow: {base}/v1/export\nDisallow: {base}/*known_at=\n"
        f"Disallow: {base}/*open=\n\nSitemap: {page.root}/sitemap.xml\n"
    )


def write_sitemap(page: PageRequest, reader: Reader) -> str:
    """Write the sitemap of the pages that lead to all others."""
    records = (
        f"/{name}/{id}"
        for name in _LISTED
        for (id,) in reader.read_columns(NOUNS_BY_NAME[name], {}, "id")
    )
    urls = "".join(
        f"<url><loc>{escape(page.root + path)}</loc></url>\n"
        for path in islice(chain(_FIXED, records), _MOST_ADDRESSES)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def write_security_contact(page: PageRequest, contact: str) -> str:
    """Write security.txt (RFC 9116) with the address to which weaknesses are reported."""
    expires = datetime.fromtimestamp(clock.now() / 1e6, UTC) + timedelta(days=_CONTACT_DAYS)
    return (
        f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT00:00:00Z}\n"
        f"Canonical: {page.root}/.well-known/security.txt\nPreferred-Languages: en\n"
    )
