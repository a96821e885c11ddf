"""Characters that texts may not hold, by kind of text."""

import re
from unicodedata import category

_NONCHARACTERS = r"\ufdd0-\ufdef\ufffe\uffff" + "".join(
    chr(plane + last) for plane in range(0x10000, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
"""Unicode, section 23.7."""

EXCLUDED = {
    "label": rf"\x00-\x1f\x7f-\x9f{_NONCHARACTERS}",
    "prose": rf"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_NONCHARACTERS}",
    "verbatim": r"\x00",
}
"""What a name, lines of prose and the words of a source exclude, as classes of regular expressions.
"""

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All that is no character by section 2.2 of XML 1.0."""


def replace_for_xml(text: str) -> str:
    """Replace each character that XML does not allow by U+FFFD: older revisions may hold some."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def compile_excluded(kind: str) -> re.Pattern[str]:
    """Compile a pattern of what a kind of text excludes, and of half a surrogate pair."""
    return re.compile(rf"[{EXCLUDED[kind]}\ud800-\udfff]")


def describe_excluded(found: re.Match[str]) -> str:
    """Say which excluded character was found, and where."""
    name = "control character" if category(found[0]) == "Cc" else "noncharacter"
    return f"has the {name} U+{ord(found[0]):04X} as character {found.start() + 1}; remove it"
