"""`/docs`: Swagger UI over the contract, without anything from another server.

Its groups are closed and small, so that all of them fit on a screen. Every operation can be
executed as it stands. The page, its script and its style are ours, because Swagger UI's own page
holds an inline script, which the policy forbids.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

import orjson
from flask import Flask

from api.web.assets import answer_asset, answer_file, load_asset, make_asset
from api.web.contract.document import make_document
from api.web.contract.openapi import Contract
from api.web.responses import JSON

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts from this server alone, none inline and no eval; styles may be inline for Swagger UI."""

_ASSETS = Path(__file__).parent / "assets"

_KEYS = orjson.OPT_NON_STR_KEYS


def init_app(app: Flask, contract: Contract) -> None:
    """Add Swagger UI and the contract to an application; the contract must be complete."""
    assets = str(files("flask_swagger_ui").joinpath("dist"))
    page, script, style = (load_asset(_ASSETS / n) for n in ("docs.html", "start.js", "style.css"))
    served = cache(lambda: make_asset(orjson.dumps(make_document(contract), option=_KEYS), JSON))

    for path, view in {
        "/docs": lambda: answer_asset(page, policy=CONTENT_SECURITY_POLICY),
        "/docs/start.js": lambda: answer_asset(script),
        "/docs/style.css": lambda: answer_asset(style),
        "/docs/assets/<path:name>": lambda name: answer_file(assets, name),
        "/openapi.json": lambda: answer_asset(served()),
    }.items():
        app.add_url_rule(path, path, view)


def contract_bytes(contract: Contract) -> bytes:
    """Return the contract as it is committed: what is served, with line breaks for differences."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | _KEYS
    return orjson.dumps(make_document(contract), option=options)
