"""Characters that XML 1.0 does not allow, though a record may hold them."""

from __future__ import annotations

import re

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All that is no character by section 2.2 of XML 1.0."""


def replace_for_xml(text: str) -> str:
    """Replace each character that XML does not allow by U+FFFD."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
