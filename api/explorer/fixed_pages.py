"""Pages that show no record: what the registry is, and files that programs look for."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import cast

from flask import Response, current_app

from api import clock
from api.errors import NotFound
from api.explorer import pages
from api.explorer.pages import Context
from api.ledger.reading.reader import Reader
from api.nouns import NOUNS_BY_NAME, RESOURCES
from api.vocabulary import CODE_LISTS
from api.web import queries
from api.web.requests import current_ledger, parse_query

FIXED_PAGES = {
    "about": ("about.html", pages.HTML),
    "glossary": ("glossary.html", pages.HTML),
    "robots.txt": ("robots.txt", "text/plain"),
    "sitemap.xml": ("sitemap.xml", "application/xml"),
    ".well-known/security.txt": ("security.txt", "text/plain"),
}
_CONTACT_HOLDS = 180 * clock.DAY
"""How long a contact is said to hold; RFC 9116 wants less than a year."""


def show_fixed_page(name: str) -> Response:
    """Show a page that says what the registry is, or a file that programs look for."""
    contact = cast("str", current_app.config["SECURITY_CONTACT"])
    if name.endswith("security.txt") and not contact:
        raise NotFound("this registry names no contact for weaknesses")
    with current_ledger().open_reader(parse_query(queries.RecordQuerySchema)) as reader:
        context: Context = {"resources": RESOURCES, "lists": CODE_LISTS, "contact": contact,
                   "list_ids": partial(_list_ids, reader),
                   "expires": clock.format_instant(clock.now() + _CONTACT_HOLDS)}  # fmt: skip
        template, media_type = FIXED_PAGES[name]
        return pages.answer_page(template, reader, lambda: context, media_type=media_type)


def _list_ids(reader: Reader, noun: str) -> Iterator[tuple[str]]:
    """Yield the ids of a noun, as far as five nouns fit in one sitemap of 50,000 addresses."""
    return islice(reader.read_columns(NOUNS_BY_NAME[noun], {}, "id"), 9_900)
