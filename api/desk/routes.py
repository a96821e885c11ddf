"""`/desk`: a page and its ES modules, under a strict policy."""

from pathlib import Path

from flask import Flask, Response

from api.web.assets import answer_asset, answer_file, load_asset

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types desk-files"
)
"""Scripts from this server alone, and no text becomes markup but in the reader of .html files."""

_ASSETS = Path(__file__).parent / "assets"


def init_app(app: Flask) -> None:
    """Add the desk to an application."""

    @app.get("/desk")
    def show_desk() -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer_asset(load_asset(_ASSETS / "index.html"), policy=CONTENT_SECURITY_POLICY)

    @app.get("/desk/assets/<name>")
    def send_desk_asset(name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return answer_file(str(_ASSETS), name, pinned=False)
