"""Characters: a record may well have some that XML 1.0 has no place for."""

from __future__ import annotations

import re

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Whatever is no character by its section 2.2."""


def replace_for_xml(text: str) -> str:
    """Put a replacement character where XML has no place for what is there."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
