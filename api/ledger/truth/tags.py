"""Entity tags (RFC 9110, section 8.8.3): they name the revision of a record, and its rendering.

The tag of a record is the first half of its revision's hash. If the version was rendered again
because a record changed from which it derives facts, a dot and the number of that changeset follow.
A cache sees the difference; If-Match compares the revision alone. It also ignores what a
compressing proxy has put before or after the tag: the rest still names the revision exactly.
"""

from __future__ import annotations

import re

_DIGITS = 32
_TAG = re.compile(rf'^(?:W/)?"?([0-9a-f]{{{_DIGITS}}})(?![0-9a-f])')


def revision_tag(revision_hash: bytes, *, rendered_in: int | None = None) -> str:
    """Make the tag of a revision, or of a later rendering of it, without quotation marks."""
    digits = revision_hash.hex()[:_DIGITS]
    return digits if rendered_in is None else f"{digits}.{rendered_in}"


def named_revision(etag: str) -> str | None:
    """Return the part of an If-Match tag that names the revision; None if there is none."""
    match = _TAG.match(etag.strip())
    return match[1] if match else None
