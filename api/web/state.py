"""What an application carries: its ledger, and the keys that it found good."""

from __future__ import annotations

from flask import Flask, current_app

from api.ledger import Ledger

_LEDGER, _KEYS = "sinequanon", "sinequanon.keys"


def carry(app: Flask, ledger: Ledger) -> None:
    """Give an application its ledger."""
    app.extensions[_LEDGER] = ledger
    app.extensions[_KEYS] = set[tuple[bytes, str]]()


def ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return current_app.extensions[_LEDGER]


def good_keys() -> set[tuple[bytes, str]]:
    """Give the keys, by their digests, that the application at hand found good, with a scope."""
    return current_app.extensions[_KEYS]
