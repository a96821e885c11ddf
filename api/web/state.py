"""What an application carries: its ledger, and pages that it made lately."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from api.ledger import Ledger
from api.web.kept import Kept

_LEDGER, _PAGES = "sinequanon", "sinequanon.pages"

_ROOM = 16_000_000
"""How many bytes of pages are kept."""


def carry(app: Flask, ledger: Ledger) -> None:
    """Give an application its ledger."""
    app.extensions[_LEDGER] = ledger
    app.extensions[_PAGES] = Kept[bytes](_ROOM)


def ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return ledger_of(current_app)


def ledger_of(app: Flask) -> Ledger:
    """Give the ledger of an application."""
    return cast("Ledger", app.extensions[_LEDGER])


def kept_pages() -> Kept[bytes]:
    """Give the pages that the application at hand made lately, by their ETags."""
    return cast("Kept[bytes]", current_app.extensions[_PAGES])
