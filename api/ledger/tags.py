"""Entity tags (RFC 9110, section 8.8.3): which revision of a record, in which rendering.

The tag of a record is the first half of its revision's hash. Where a version was rendered anew
because a record it draws on changed, the number of that changeset follows after a dot: a cache
sees the difference, while If-Match looks at the revision alone. Whatever a compressing proxy put
on the tag, before or behind, is overlooked likewise: it still names the revision exactly.
"""

from __future__ import annotations

import re

_DIGITS = 32
_TAG = re.compile(rf'^(?:W/)?"?([0-9a-f]{{{_DIGITS}}})(?![0-9a-f])')


def tag(revision_hash: bytes, *, rendered_in: int | None = None) -> str:
    """Make the tag of a revision, or of a later rendering of it; without quotation marks."""
    name = revision_hash.hex()[:_DIGITS]
    return name if rendered_in is None else f"{name}.{rendered_in}"


def named_revision(etag: str) -> str | None:
    """Give the part of an If-Match tag that names the revision; None if it names none."""
    match = _TAG.match(etag.strip())
    return match[1] if match else None
