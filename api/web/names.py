"""Ids made from names."""

from __future__ import annotations

import re

from api.ledger.rules import decompose_text


def make_slug(name: str) -> str:
    """Return a name as lower-case ASCII words joined by hyphens."""
    plain = decompose_text(name.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))
