"""Files that ship with the code: read once, sent under the digest of their content."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from flask import Response
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from api.web.responses import answer_tagged

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
"""Not taken from `mimetypes`, whose table depends on the machine."""


class Asset(NamedTuple):
    """A body that stays the same while a process runs."""

    etag: str
    body: bytes
    media_type: str


def make_asset(body: bytes, media_type: str) -> Asset:
    """Make an asset of a body."""
    return Asset(sha256(body).hexdigest()[:32], body, media_type)


def answer_asset(asset: Asset, *, pinned: bool = False, policy: str = "") -> Response:
    """Answer an asset; a pinned one may be reused for a day without asking.

    `policy` is what its page may load, if that is not what all pages may.
    """
    response = answer_tagged(asset.etag, lambda: asset.body, asset.media_type, pinned=pinned)
    if policy:
        response.headers["Content-Security-Policy"] = policy
    return response


def answer_file(folder: str, name: str, *, pinned: bool = True) -> Response:
    """Answer a file of a folder, or raise NotFound."""
    path = safe_join(folder, name)
    if path is None:
        raise NotFound
    try:
        asset = load_asset(Path(path))
    except (OSError, ValueError):  # ValueError: a NUL in the name
        raise NotFound from None
    return answer_asset(asset, pinned=pinned)


@lru_cache(maxsize=64)
def load_asset(file: Path) -> Asset:
    """Read a file, once."""
    return make_asset(file.read_bytes(), _MEDIA_TYPES.get(file.suffix, "text/plain; charset=utf-8"))
