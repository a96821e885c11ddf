"""Data that the package reads of what it ships: the seed and the contract.

In a checkout, and so in an editable installation, these folders lie beside `api/`. `setup.py` puts
them into it for all other installations.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _find_folder(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


SEEDS = _find_folder("seeds")
CONTRACT = _find_folder("openapi") / "openapi.json"
