"""Who may do what: reading is free, writing needs a key with the scope.

Every view declares its access by `public` or `requires`; one that declares none cannot be
registered (`api.web.openapi`). A key is sent as `Authorization: Bearer KEY` or `X-API-Key: KEY`.

A key is looked at in the door. To write one record that would cost more than the rules, so a view
can leave it to its write, inside of which no key is revoked: then a key that was good before is let
in, and whatever its request comes to is told only if the key was found good again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from api import keys
from api.errors import Forbidden, Unauthorised
from api.ledger.transactions import Transaction
from api.web.openapi import View, note
from api.web.state import good_keys, ledger


def public(view: View) -> View:
    """Declare that anybody may call the view."""
    return note(view, access="")


def requires(scope: str, *, by_write: bool = False) -> Callable[[View], View]:
    """Declare that the view needs a key with the scope.

    With `by_write` it does nothing but one write, whose author is `author_by_write`.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            key = g.key = Key(_secret(scope), scope)
            if not (by_write and key.was_good):
                key.look()
            try:
                return view(*args, **kwargs)
            finally:
                if key.author is None:
                    key.look()

        return note(guarded, access=scope)

    return declare


class Key:
    """The key of a request, which is to have a scope; called with a transaction it looks.

    `was_good` tells that it was found good before; `author` is whose it is, once it was this time.
    """

    def __init__(self, secret: str, scope: str) -> None:
        self._digest, self._scope = keys.digest(secret), scope
        self._good = good_keys()
        self.was_good = (self._digest, scope) in self._good
        self.author: str | None = None

    def __call__(self, transaction: Transaction) -> str:
        """Name the holder; raises Unauthorised or Forbidden."""
        holder = keys.holder(transaction, self._digest)
        if holder is None:
            self._good.discard((self._digest, self._scope))
            raise Unauthorised("the key is not known, or was revoked")
        if self._scope not in holder.scopes:
            raise Forbidden(f"the key of {holder.name} lacks the scope {self._scope}")
        self._good.add((self._digest, self._scope))
        self.author = holder.name
        return holder.name

    def look(self) -> None:
        """Look in a snapshot of its own."""
        with ledger().database.reading() as snapshot:
            self(snapshot)


def author() -> str:
    """Name the holder of the request's key."""
    return g.key.author


def author_by_write() -> Key:
    """Give what names the holder of the request's key inside of a write."""
    return g.key


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
