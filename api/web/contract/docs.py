"""`/docs`: Swagger UI over the contract, without anything from another server.

Its groups are closed and small, so that all of them fit on a screen. Every operation can be
executed as it stands. The page, its script and its style are ours, because Swagger UI's own page
holds an inline script, which the policy forbids.
"""

from functools import cache
from importlib.resources import files

import orjson
from flask import Flask, Response

from api.web.assets import answer_asset, answer_file, make_asset
from api.web.contract.document import make_document
from api.web.contract.openapi import Contract
from api.web.responses import JSON

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts from this server alone, none inline and no eval; styles may be inline for Swagger UI."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sine Qua Non: API</title>
<link rel="icon" href="data:,">
<link rel="preload" href="/openapi.json" as="fetch" crossorigin="anonymous">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; the contract itself is at
<a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = """\
// Swagger UI resolves the whole contract anew before it shows anything, and for each operation that
// is opened, which takes a telephone seconds. All references of this contract are within it and
// name a component, so this resolves what is asked for alone. A reference within itself stays.
const resolve = (contract, node, within = []) => {
  if (Array.isArray(node)) {
    return node.map((each) => resolve(contract, each, within));
  }
  if (node === null || typeof node !== "object") {
    return node;
  }
  if (typeof node.$ref === "string" && !within.includes(node.$ref)) {
    const named = node.$ref.slice(2).split("/").reduce((part, name) => part[name], contract);
    return resolve(contract, named, [...within, node.$ref]);
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, each]) => [name, resolve(contract, each, within)])
  );
};
const resolveLocally = () => ({
  statePlugins: { spec: { wrapActions: { requestResolvedSubtree: (_, system) => (path) => {
    const contract = system.specSelectors.specJson().toJS();
    const asked = path.reduce((part, name) => part[name], contract);
    return system.specActions.updateResolvedSubtree(path, resolve(contract, asked));
  } } } },
});
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  plugins: [resolveLocally],
});
"""

_STYLE = """\
.swagger-ui .info { margin: 16px 0 0; }
.swagger-ui .info .title { font-size: 28px; }
.swagger-ui .info p, .swagger-ui .info li { font-size: 14px; line-height: 1.4; margin: 2px 0; }
.swagger-ui .info ul { margin: 4px 0; padding-left: 20px; }
.swagger-ui .info__license, .swagger-ui .servers-title, .swagger-ui .servers { display: none; }
.swagger-ui .scheme-container { box-shadow: none; margin: 0; padding: 0; }
.swagger-ui .opblock-tag { font-size: 17px; margin: 0; padding: 4px 8px; }
.swagger-ui .opblock-tag small { font-size: 14px; }
.swagger-ui .opblock-tag small p { margin: 0; }
.swagger-ui .opblock { margin: 0 0 6px; }
"""

_KEYS = orjson.OPT_NON_STR_KEYS


def init_app(app: Flask, contract: Contract) -> None:
    """Add Swagger UI and the contract to an application; the contract must be complete."""
    assets = str(files("flask_swagger_ui").joinpath("dist"))
    page = make_asset(_PAGE.encode(), "text/html; charset=utf-8")
    script = make_asset(_START.encode(), "text/javascript; charset=utf-8")
    style = make_asset(_STYLE.encode(), "text/css; charset=utf-8")
    served = cache(lambda: make_asset(orjson.dumps(make_document(contract), option=_KEYS), JSON))

    @app.get("/docs")
    def show_docs() -> Response:  # pyright: ignore[reportUnusedFunction]
        response = answer_asset(page)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    for path, view in {
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
