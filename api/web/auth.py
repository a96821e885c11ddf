"""Who may do what: reading is free unless the operator says otherwise, writing needs a key.

Every view declares its access by `public` or `requires`; one that declares none cannot be
registered (`api.web.contract.openapi`). A key is sent as `Authorization: Bearer KEY` or
`X-API-Key: KEY`, or as the password of HTTP Basic, for GET and HEAD alone: browsers send that to a
server on their own, also where a page of another server asks for it.

Where the registry is private (`SINEQUANON_PUBLIC_READ=false`), everything needs a key with the
scope `read`, unless it needs another one, and but for `OPEN_ROUTES`, which show nothing of the
registry. Shared caches may not store its answers; ours stores none to a request with a key.

A key is checked before the view runs, and its checksum before the database is asked. If it is
revoked while its request is under way, that request may still finish; the next one is refused. An
address may send few wrong keys (`api.web.rate_limits`); beyond them, only keys that were right
before are looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import Authorization

from api import keys
from api.concurrency import current
from api.errors import Forbidden, Unauthorised
from api.web.contract.openapi import View, annotate_view
from api.web.observing import KEY
from api.web.rate_limits import LIMITS, RateLimits, name_client
from api.web.requests import current_ledger

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def public(view: View) -> View:
    """Declare that anybody may call the view."""
    return annotate_view(view, access="")


def requires(scope: str, *, directly: bool = False, tried_by: str = "") -> Callable[[View], View]:
    """Declare that the view needs a key with the scope.

    A view that needs `write`, or writes `directly`, is closed where review is required. A dry run,
    if the parsed query asks for one, takes the scope `tried_by` and is never closed.
    """

    def guard_view(view: View) -> View:
        @wraps(view)
        def run_with_key(*args: Any, **kwargs: Any) -> Any:
            current.may_read_standby = False
            is_tried = bool(tried_by) and args[0].dry_run
            g.holder = check_key(tried_by if is_tried else scope)
            if not is_tried and (directly or scope == "write"):
                _refuse_unreviewed(g.holder)
            return view(*args, **kwargs)

        return annotate_view(run_with_key, access=scope)

    return guard_view


OPEN_ROUTES = frozenset({
    "/livez", "/readyz", "/docs", "/docs/start.js", "/docs/style.css", "/docs/assets/<path:name>",
    "/openapi.json", "/assets/<version>/<path:name>", "/desk", "/desk/assets/<name>",
    "/.well-known/security.txt",
})  # fmt: skip
"""What a private registry shows without a key: probes, files that ship with the code, a contact."""


def close_reading(app: Flask) -> None:
    """Make a registry private: answer nothing of it without a key."""

    @app.before_request
    def require_reader() -> None:  # pyright: ignore[reportUnusedFunction]
        view = current_app.view_functions.get(request.endpoint or "")
        needs_other_key = getattr(view, "_apidoc", {}).get("access")
        if needs_other_key or request.method == "OPTIONS" or _is_open():
            return
        check_key("read")

    @app.after_request
    def keep_private(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        said = response.headers.get("Cache-Control", "no-cache")
        if not _is_open():
            response.headers["Cache-Control"] = f"private, {said.removeprefix('public, ')}"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if response.status_code == 401 and request.method in ("GET", "HEAD"):
            response.headers.add("WWW-Authenticate", 'Basic realm="Sine Qua Non"')
        return response


def _is_open() -> bool:
    return request.url_rule is not None and request.url_rule.rule in OPEN_ROUTES


def _needs_review(holder: keys.KeyHolder) -> bool:
    return current_app.config["REVIEW"] == "required" and "admin" not in holder.scopes


def list_rights(holder: keys.KeyHolder) -> list[str]:
    """List the scopes that a key has or includes, without `write` where it needs a review."""
    rights = [each for each in keys.SCOPES if holder.may(each)]
    return [each for each in rights if each != "write" or not _needs_review(holder)]


def _refuse_unreviewed(holder: keys.KeyHolder) -> None:
    if _needs_review(holder):
        raise Forbidden(
            "every change needs a review here: propose it by POST /v1/submissions, and somebody "
            "with the scope review accepts it; only a key with the scope admin writes directly"
        )


def current_holder() -> keys.KeyHolder:
    """Return the holder of the request's key."""
    return g.holder


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
    limits.holders[sha256] = request.environ[KEY] = holder.name
    if not holder.may(scope):
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
    match kind.lower():
        case "bearer":
            given = token.strip()
        case "basic" if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            given = getattr(Authorization.from_header(f"Basic {token}"), "password", None)
        case _:
            given = None
    return given or environ.get("HTTP_X_API_KEY", "")
