"""What an application carries: its ledger and its settings."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from api.ledger import Ledger
from api.settings import Settings

_KEY = "sinequanon"


def carry(app: Flask, ledger: Ledger, settings: Settings) -> None:
    """Give an application its ledger and settings."""
    app.extensions[_KEY] = (ledger, settings)


def ledger() -> Ledger:
    """Give the ledger of the application at hand."""
    return cast("tuple[Ledger, Settings]", current_app.extensions[_KEY])[0]


def settings() -> Settings:
    """Give the settings of the application at hand."""
    return cast("tuple[Ledger, Settings]", current_app.extensions[_KEY])[1]
