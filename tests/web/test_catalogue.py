"""The catalogue of the pages' texts agrees with the templates."""

from __future__ import annotations

from io import BytesIO

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.worlds import PROJECT

TEMPLATES = PROJECT / "api" / "explorer" / "templates"


def test_the_catalogue_holds_the_texts_of_all_templates():
    found = extract_from_dir(
        TEMPLATES,
        [("**.html", "jinja2")],
        {"**.html": {"silent": "false"}},
        strip_comment_tags=True,
    )
    texts = {each[2] for each in found}
    catalogue = read_po(BytesIO((PROJECT / "docs" / "pages.pot").read_bytes()))
    assert len(texts) > 50
    ids = [each.id for each in catalogue if each.id]
    kept = {each if isinstance(each, str) else tuple(each) for each in ids}
    assert kept == texts, "run `make catalogue`"
