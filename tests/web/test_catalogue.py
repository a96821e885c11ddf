"""The catalogue of the pages' texts agrees with the templates and the code."""

from __future__ import annotations

import tomllib
from io import BytesIO

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.worlds import PROJECT


def test_the_catalogue_holds_the_texts_of_all_pages():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = settings["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        PROJECT / "api" / "explorer",
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
