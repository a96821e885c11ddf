"""The desk: where people write, in a browser, at `/desk`.

It is a client of the API and nothing else. The server sends static files; what a person does there
is sent by their browser, with their key, as any program would send it. There is no cookie, no
session and no state of its own here. Drafts are in the browser (IndexedDB) until they are sent.

The page and the ES modules in `assets/` are served under a strict policy:

1. `desk.js` takes the key, chooses the view by the fragment; `api.js` sends requests.
2. `inbox.js` lists drafts and takes texts; `drafts.js` stores them, for several tabs.
3. `coding.js` is the view of one draft: `article.js` (text, candidates, selection), `form.js` and
   `picker.js` (forms from the tables in `fields.js`), `effect.js` (dry run, publish, hand in).
4. `coded.js` makes the coded source of a draft; `text.js` counts code points.
5. `review.js` is the queue; `history.js` what was written, and what became of one's own.
"""

from pathlib import Path

from flask import Blueprint, Response

from api.web.assets import answer_asset, answer_file, load_asset

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types desk-files"
)
"""Scripts from this server alone, and no text becomes markup but in the reader of .html files."""

_ASSETS = Path(__file__).parent / "assets"

blp = Blueprint("desk", __name__)


@blp.get("/desk")
def show_desk() -> Response:
    """Show the page."""
    return answer_asset(load_asset(_ASSETS / "index.html"), policy=CONTENT_SECURITY_POLICY)


@blp.get("/desk/assets/<name>")
def serve_asset(name: str) -> Response:
    """Serve a stylesheet or a script."""
    return answer_file(str(_ASSETS), name, pinned=False)
