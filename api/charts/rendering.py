"""Renders specifications with vl-convert; no other file imports it.

vl-convert brings Vega-Lite, its fonts and a JavaScript engine. It may fetch nothing: specifications
carry their data, and one with a URL is refused. Rendering takes some tenths of a second and many
questions have the same picture, so the last pictures are cached by specification.

vl-convert aborts the whole process at a character that XML 1.0 excludes (section 2.2). Records may
hold such characters, so they are replaced first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from math import sqrt
from typing import Any, cast

import orjson
import vl_convert

from api.charts.layout import Spec
from api.web import characters

VEGA_LITE = "5.21"
_SHARPNESS, _MAX_PIXELS = 2, 16_000_000
"""Scale of a PNG against its SVG, and the pixels at which it is reduced to save memory."""

_SIZE = re.compile(r'<svg [^>]*?\bwidth="([\d.]+)" height="([\d.]+)"')


def render_svg(spec: Spec) -> str:
    """Render as SVG with an accessible title and description."""
    return _render_svg(_serialise_spec(spec))


def render_png(spec: Spec) -> bytes:
    """Render as PNG."""
    return _render_png(_serialise_spec(spec))


def _serialise_spec(spec: Spec) -> bytes:
    return orjson.dumps(_replace_characters(spec))


def _replace_characters(value: Any) -> Any:
    """Replace the characters that XML excludes in every text of a specification."""
    match value:
        case str():
            return characters.replace_for_xml(value)
        case dict():
            given = cast("dict[str, Any]", value)
            return {_replace_characters(k): _replace_characters(v) for k, v in given.items()}
        case list() | tuple():
            return [_replace_characters(each) for each in cast("list[Any]", value)]
        case _:
            return value


@lru_cache(maxsize=64)
def _render_svg(written: bytes) -> str:
    spec = orjson.loads(written)
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    start, rest = drawn.split(">", 1)
    title = escape(spec["title"]["text"], quote=False)
    told = escape(spec["description"], quote=False)
    named = f'role="img" aria-labelledby="title desc"><title id="title">{title}</title>'
    return f'{start} {named}<desc id="desc">{told}</desc>{rest}'


@lru_cache(maxsize=8)
def _render_png(written: bytes) -> bytes:
    drawn = _render_svg(written)
    size = _SIZE.match(drawn)
    area = float(size[1]) * float(size[2]) if size else 1.0
    return vl_convert.svg_to_png(drawn, scale=min(_SHARPNESS, sqrt(_MAX_PIXELS / area)))
