"""The digest of all shipped code, part of the ETag of every computed answer.

So an answer that was cached before an upgrade is not confirmed by a 304 after it.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]
_SHIPPED = frozenset({".py", ".html", ".css", ".js", ".svg"})


@lru_cache
def build_digest() -> str:
    """Return the digest of the package's modules and pages, in 16 hexadecimal digits."""
    digest = sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in _SHIPPED:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
