"""The ledger of an application."""

from __future__ import annotations

from flask import Flask, current_app

from api.ledger import Ledger

_LEDGER = "sinequanon"


def init_app(app: Flask, ledger: Ledger) -> None:
    """Give an application its ledger."""
    app.extensions[_LEDGER] = ledger


def current_ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return current_app.extensions[_LEDGER]
