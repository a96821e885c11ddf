"""Ids made from names."""

from __future__ import annotations

import re
import unicodedata


def make_slug(name: str) -> str:
    """Return a name as lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))
