"""The catalogue of the pages' texts agrees with the templates and the code."""

from __future__ import annotations

import re
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.worlds import PROJECT

EXPLORER = PROJECT / "api" / "explorer"
NAMES = {
    "API", "BibTeX", "CSL-JSON", "CSV", "JSON", "PNG", "SVG", "Sine Qua Non", "UTC", "Vega-Lite",
    "curl", "sha256",
}  # fmt: skip
"""What has the same name in every language."""


def test_the_catalogue_holds_the_texts_of_all_pages():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = settings["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        EXPLORER,
        [(each["pattern"], each["method"]) for each in mappings],
        {each["pattern"]: {"silent": "false"} for each in mappings},
        strip_comment_tags=True,
    )
    texts = {each[2] for each in found}
    catalogue = read_po(BytesIO((PROJECT / "docs" / "pages.pot").read_bytes()))
    assert len(texts) > 300
    ids = [each.id for each in catalogue if each.id]
    kept = {each if isinstance(each, str) else tuple(each) for each in ids}
    assert kept == texts, "run `make catalogue`"


@pytest.mark.parametrize("file", sorted(EXPLORER.glob("templates/*.html")), ids=lambda f: f.name)
def test_no_template_has_a_text_outside_of_the_catalogue(file: Path):
    said = re.sub(r"(?s){% trans.*?endtrans %}|{#.*?#}", "", file.read_text(encoding="utf-8"))
    said = re.sub(r"(?s)<(pre|code)\b.*?</\1>", "", said)
    said = re.sub(r"(?s){%.*?%}|{{.*?}}", "\0", said)
    between = re.sub(r"(?s)<[^>]*>", "\n", said).replace("\0", "\n").split("\n")
    words = {each.strip(" ·.,;:&”") for each in between if re.search(r"[A-Za-z]{2}", each)}
    assert words <= NAMES


def test_no_template_makes_a_plural_with_a_letter():
    """A noun with an s behind it is a plural in English alone; the name of a decade is none."""
    joined = re.compile(r"%\((?!decade)\w+\)s[a-z]|}}s\b")
    for file in EXPLORER.glob("templates/*.html"):
        assert joined.findall(file.read_text(encoding="utf-8")) == [], file.name
