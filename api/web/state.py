"""What an application carries: its ledger, pages that it made lately, keys that it found good."""

from __future__ import annotations

from flask import Flask, current_app

from api.ledger import Ledger
from api.web.kept import Kept

_LEDGER, _PAGES, _KEYS = "sinequanon", "sinequanon.pages", "sinequanon.keys"

_ROOM = 16_000_000
"""How many bytes of pages are kept."""


def carry(app: Flask, ledger: Ledger) -> None:
    """Give an application its ledger."""
    app.extensions[_LEDGER] = ledger
    app.extensions[_PAGES] = Kept[bytes](_ROOM)
    app.extensions[_KEYS] = set[tuple[bytes, str]]()


def ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return current_app.extensions[_LEDGER]


def kept_pages() -> Kept[bytes]:
    """Give the pages that the application at hand made lately, by their ETags."""
    return current_app.extensions[_PAGES]


def good_keys() -> set[tuple[bytes, str]]:
    """Give the keys, by their digests, that the application at hand found good, with a scope."""
    return current_app.extensions[_KEYS]
