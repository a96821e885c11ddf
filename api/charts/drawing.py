"""Renders a specification: the only file that knows the renderer.

vl-convert brings Vega-Lite, its fonts and an engine to run them. It is given no address from which
it might fetch: a specification carries its data, and one that names a URL is refused. Drawing takes
some tenths of a second, so what was drawn lately is remembered by its specification: many questions
come to the same picture.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from math import sqrt

import orjson
import vl_convert

from api.charts.frame import Spec

VEGA_LITE = "5.21"
_SHARPNESS, _MOST_PIXELS = 2, 16_000_000
"""Pixels of a PNG for each of its SVG; less where the picture would fill the memory."""

_SIZE = re.compile(r'<svg [^>]*?\bwidth="([\d.]+)" height="([\d.]+)"')


def svg(spec: Spec) -> str:
    """Render as SVG, with a title and a description for who cannot see it."""
    return _svg(orjson.dumps(spec))


def png(spec: Spec) -> bytes:
    """Render as PNG."""
    return _png(orjson.dumps(spec))


@lru_cache(maxsize=64)
def _svg(written: bytes) -> str:
    spec = orjson.loads(written)
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    start, rest = drawn.split(">", 1)
    title = escape(spec["title"]["text"], quote=False)
    told = escape(spec["description"], quote=False)
    named = f'role="img" aria-labelledby="title desc"><title id="title">{title}</title>'
    return f'{start} {named}<desc id="desc">{told}</desc>{rest}'


@lru_cache(maxsize=8)
def _png(written: bytes) -> bytes:
    drawn = _svg(written)
    size = _SIZE.match(drawn)
    area = float(size[1]) * float(size[2]) if size else 1.0
    return vl_convert.svg_to_png(drawn, scale=min(_SHARPNESS, sqrt(_MOST_PIXELS / area)))
