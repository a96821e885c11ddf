"""Who may do what: reading is free, writing needs a key with the scope.

Every view declares its access by `public` or `requires`; one that declares none cannot be
registered (`api.web.contract.openapi`). A key is sent as `Authorization: Bearer KEY` or
`X-API-Key: KEY`.

A key is checked before the view runs, and its checksum before the database is asked. If it is
revoked while its request is under way, that request may still finish; the next one is refused. An
address may send few wrong keys (`api.web.rate_limits`); beyond them, only keys that were right
before are looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import current_app, g, request

from api import keys
from api.errors import Forbidden, Unauthorised
from api.web.contract.openapi import View, annotate_view
from api.web.rate_limits import LIMITS, RateLimits, name_client
from api.web.requests import current_ledger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def public(view: View) -> View:
    """Declare that anybody may call the view."""
    return annotate_view(view, access="")


def requires(scope: str) -> Callable[[View], View]:
    """Declare that the view needs a key with the scope."""

    def guard_view(view: View) -> View:
        @wraps(view)
        def run_with_key(*args: Any, **kwargs: Any) -> Any:
            g.holder = check_key(scope)
            return view(*args, **kwargs)

        return annotate_view(run_with_key, access=scope)

    return guard_view


def current_rights() -> dict[str, Any]:
    """Return what `Ledger.append_changes` asks about the holder of the request's key."""
    return {"author": g.holder.name, "reads_texts": "texts" in g.holder.scopes}


def check_key(scope: str) -> keys.KeyHolder:
    """Return the holder of the request's key; raises Unauthorised, Forbidden or RequestRefused."""
    if not (secret := read_secret(request.environ)):
        raise Unauthorised(
            "this needs an API key: send Authorization: Bearer KEY or X-API-Key: KEY; "
            f"`sinequanon keys create NAME --scope {scope}` makes one"
        )
    limits: RateLimits = current_app.extensions[LIMITS]
    sha256, client = keys.hash_secret(secret), name_client(request.remote_addr or "")
    if limits.wrong_keys and sha256 not in limits.holders:
        limits.wrong_keys.require(client, cost=0)
    try:
        holder = _find_holder(secret)
    except Unauthorised:
        limits.holders.pop(sha256, None)
        if limits.wrong_keys:
            limits.wrong_keys.require(client)
        raise
    limits.holders[sha256] = holder.name
    if scope not in holder.scopes:
        raise Forbidden(f"the key of {holder.name} lacks the scope {scope}")
    keys.record_use(current_ledger().database, holder)
    return holder


def _find_holder(secret: str) -> keys.KeyHolder:
    if not keys.is_well_formed(secret):
        raise Unauthorised("the key is mistyped or cut short: copy the whole of it again")
    with current_ledger().database.read_snapshot() as snapshot:
        holder = keys.find_holder(snapshot, secret)
    if holder is None:
        raise Unauthorised("the key is not known, or was revoked")
    if holder.state != "good":
        raise Unauthorised(f"the key of {holder.name} {holder.state}; ask for another one")
    return holder


def read_secret(environ: WSGIEnvironment) -> str:
    """Return the key that a request brings, or an empty string."""
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = token.strip() if kind.lower() == "bearer" else ""
    return bearer or environ.get("HTTP_X_API_KEY", "")
