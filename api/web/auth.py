"""Who may do what: reading is free, writing needs a key with the scope.

Every view declares its access by `public` or `requires`; one that declares none cannot be
registered (`api.web.openapi`). A key is sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`.

A key is checked before the view runs. If it is revoked while its request is under way, that request
may still finish; the next one is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from api import keys
from api.errors import Forbidden, Unauthorised
from api.web.openapi import View, note
from api.web.state import ledger


def public(view: View) -> View:
    """Declare that anybody may call the view."""
    return note(view, access="")


def requires(scope: str) -> Callable[[View], View]:
    """Declare that the view needs a key with the scope."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.author = _check_key(scope)
            return view(*args, **kwargs)

        return note(guarded, access=scope)

    return declare


def author() -> str:
    """Return the name of the holder of the request's key."""
    return g.author


def _check_key(scope: str) -> str:
    """Return the name of the holder of the request's key; raises Unauthorised or Forbidden."""
    secret = _secret(scope)
    with ledger().database.reading() as snapshot:
        holder = keys.holder(snapshot, keys.digest(secret))
    if holder is None:
        raise Unauthorised("the key is not known, or was revoked")
    if scope not in holder.scopes:
        raise Forbidden(f"the key of {holder.name} lacks the scope {scope}")
    return holder.name


def _secret(scope: str) -> str:
    given = request.headers.get("Authorization", "")
    kind, _, token = given.partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    if alone := request.headers.get("X-API-Key"):
        return alone
    raise Unauthorised(
        "this needs an API key: send Authorization: Bearer KEY or X-API-Key: KEY; "
        f"`sinequanon keys create NAME --scope {scope}` makes one"
    )
