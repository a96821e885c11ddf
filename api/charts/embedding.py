"""Pages for iframes on other sites: a picture or its table, with links back.

A page has no controls, so a framing site cannot trick anybody into clicking one. The setting
`SINEQUANON_FRAME_ANCESTORS` says who may frame it; nothing else on this server may be framed. The
address of the picture has both clocks as they were resolved, so the text beside it describes
exactly what it shows, and browsers may cache it.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, request

from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.question import QuestionInput
from api.analysis.serving import make_input, open_reader, serve_answer
from api.charts.layout import Spec
from api.charts.routes import PICTURES, Picture
from api.web import reading
from api.web.cache.build import build_digest
from api.web.requests import parse_query

Rows = Sequence[Mapping[str, Any]]

MAX_ROWS = 500
"""Rows shown in a table; the linked CSV has all of them."""

_STYLE = """\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;color:#1f2328;background:#fff}
body{margin:0;padding:12px}figure{margin:0}img{display:block;max-width:100%;height:auto}
figcaption,p{font-size:14px;color:#57606a;margin:0 0 8px}a{color:#0550ae}
h1{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%)}
.scroll{overflow-x:auto}@media(max-width:44rem){.scroll img{max-width:none;width:44rem}}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding-bottom:8px}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #d0d7de}
@media(prefers-color-scheme:dark){:root{color:#e6e2da;background:#14181c}a{color:#8fc7e6}
figcaption,p{color:#a5adb5}td,th{border-color:#333b43}img{filter:invert(.92) hue-rotate(180deg)}}
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="icon" href="/assets/{build}/icon.svg">
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""

_HTML = "text/html; charset=utf-8"
_PAGE_PARAMETERS = (
    "by", "goal", "goals", "voices", "holders", "attested_since", "demands", "offers", "axioms",
    "measures", "without",
)  # fmt: skip

_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
_PICTURES = {each.question.name: each for each in PICTURES}


def build_policy(frame_ancestors: str) -> str:
    """Return a policy that allows the page's style, this server's pictures and these framers.

    The page has no script, and connects nowhere; a crawler reads robots.txt in its name.
    """
    style = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; connect-src 'self'; img-src 'self'; style-src 'sha256-{style}'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}"
    )


def init_app(app: Flask, frame_ancestors: str) -> None:
    """Add the embeddable pages to an application; a frame shows their errors, too."""
    policy = build_policy(frame_ancestors)
    names = ", ".join(name for name, each in _PICTURES.items() if each.question.about)

    blueprint = Blueprint("embedding", __name__, url_prefix="/embed")

    def show_embed(name: str, form: str, id: str = "") -> Response:
        return _answer_embed(_PICTURES[name], id, form)

    @blueprint.after_request
    def let_frame(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    for form, behind in (("picture", ""), ("table", "/table")):
        of_conflict = f"/conflicts/<slug:id>/<any({names}):name>{behind}"
        blueprint.add_url_rule(of_conflict, f"{form}_of_conflict", show_embed,
                               defaults={"form": form})  # fmt: skip
        blueprint.add_url_rule(f"/agreement{behind}", f"{form}_of_agreement", show_embed,
                               defaults={"name": "agreement", "form": form})  # fmt: skip
    app.register_blueprint(blueprint)


def _answer_embed(picture: Picture, id: str, form: str) -> Response:
    question = picture.question
    asking = cast("ParsedQuestion", parse_query(question.query))
    with open_reader(asking) as reader:
        asked = make_input(reader, id, asking)
        url = question.url.replace("<slug:id>", id)

        def render_body(made: Any) -> bytes:
            spec = picture.draw(made, picture.build_caption(asked))
            links = _render_links(asked, _explorer_url(asked, question.name), url)
            if form == "picture":
                source = reading.rewrite_address(f"{url}.svg", **asked.clocks)
                return _render_picture(spec, links, source)
            return _render_table(spec, links, picture.columns, [*question.list_rows(made)])

        return serve_answer(question, asked, _HTML, render_body)


def _explorer_url(asked: QuestionInput, name: str) -> str:
    """Return the explorer's page about the conflict, or about agreement, at the same moment."""
    if not asked.id:
        return reading.rewrite_address("/agreement", **asked.clocks)
    of_deadlock, given = name == "deadlock", request.args
    kept = {"goal": "none"} if of_deadlock else {}
    kept |= {each: ",".join(given.getlist(each)) for each in _PAGE_PARAMETERS if each in given}
    place = f"/conflicts/{asked.id}{'' if of_deadlock else f'/{name}'}"
    return f"{place}?{urlencode({**kept, **asked.clocks})}"


def _render_picture(spec: Spec, links: str, source: str) -> bytes:
    image = f'<img src="{escape(source)}" alt="{escape(spec["description"])}">'
    # The links come first: they are visible in a low frame, and the picture shifts no layout.
    picture = _make_scrollable("Picture", image)
    return _render_page(spec, f"<figure>\n<figcaption>{links}</figcaption>\n{picture}\n</figure>")


def _render_row(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{_format_cell(row[each])}</td>' for each in columns)}</tr>"


def _render_table(spec: Spec, links: str, columns: Sequence[str], rows: Rows) -> bytes:
    head = "".join(f'<th scope="col">{escape(_format_heading(c))}</th>' for c in columns)
    lines = "\n".join(_render_row(row, columns) for row in rows[:MAX_ROWS])
    told = f"{spec['title']['text']}. {spec['title']['subtitle'][0]}"
    table = (
        f"<table>\n<caption>{escape(told)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{lines}\n</tbody>\n</table>"
    )
    fewer = f"<p>These are the first {MAX_ROWS} of {len(rows)} rows.</p>\n"
    rest = fewer if len(rows) > MAX_ROWS else ""
    return _render_page(spec, f"<p>{links}</p>\n{_make_scrollable('Table', table)}\n{rest}")


def _make_scrollable(name: str, body: str) -> str:
    """Wrap wide content so that it scrolls, with the keyboard too."""
    return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">\n{body}\n</div>'


def _format_heading(column: str) -> str:
    return column.removesuffix("_label").replace("_", " ")


def _format_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    text = "" if value is None else str(value)
    return escape(text.replace("_", " ") if _CODE.fullmatch(text) else text)


def _render_links(asked: QuestionInput, page: str, url: str) -> str:
    """Render the links back to the explorer and to the data that is shown."""
    data, table = (reading.rewrite_address(each, **asked.clocks) for each in (url, f"{url}.csv"))
    links = (("Sine Qua Non", page), ("data", data), ("CSV", table))
    return " · ".join(f'<a href="{escape(url)}" target="_top">{words}</a>' for words, url in links)


def _render_page(spec: Spec, body: str) -> bytes:
    title, description = escape(spec["title"]["text"]), escape(spec["description"])
    words = {"title": title, "description": description, "style": _STYLE, "body": body}
    return _PAGE.format(**words, build=build_digest()).encode()
