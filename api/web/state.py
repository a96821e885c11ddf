"""What an application carries: its ledger."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from api.ledger import Ledger

_KEY = "sinequanon"


def carry(app: Flask, ledger: Ledger) -> None:
    """Give an application its ledger."""
    app.extensions[_KEY] = ledger


def ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return ledger_of(current_app)


def ledger_of(app: Flask) -> Ledger:
    """Give the ledger of an application."""
    return cast("Ledger", app.extensions[_KEY])
