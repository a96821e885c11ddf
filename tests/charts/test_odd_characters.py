"""Pictures of names that Vega, XML or the renderer stumbles over."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from api.charts.rendering import render_picture
from api.ledger import Change
from tests.charts.odd_names import ODD_NAMES, list_specifications
from tests.worlds import Registry, parse_answer, read_records

PICTURES = list_specifications(ODD_NAMES)


@pytest.mark.parametrize("form", ["svg", "png"])
@pytest.mark.parametrize("picture", PICTURES)
def test_every_picture_is_drawn_whatever_the_names(picture: str, form: str):
    drawn = render_picture(form, PICTURES[picture])
    if form == "png":
        assert drawn.startswith(b"\x89PNG")
    else:
        assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314, our own


def test_old_names_with_odd_characters_stay_readable_and_are_drawn_clean(registry: Registry):
    """Below HTTP nothing is refused: so wrote the versions before."""
    odd = "a\x1bb\ufffe\U0001ffff"
    written = [
        Change(noun, id, {**_read_fixture(noun, id), name: odd})
        for noun, id, name in (
            ("conflicts", "varn-strait-dispute", "name"), ("actors", "norland", "name"),
            ("issues", "transit", "name"), ("statements", "courier-headline", "gist"),
        )
    ]  # fmt: skip
    registry.ledger.append_changes(written, author="analyst", message=odd)
    assert parse_answer(registry.get("/v1/actors/norland"))["name"] == odd
    for question in ("matrix", "timeline", "deadlock"):
        for form in ("svg", "png", "vl.json"):
            answer = registry.get(f"/v1/conflicts/varn-strait-dispute/{question}.{form}")
            assert answer.status_code == 200, form
            assert form == "png" or "\x1b" not in answer.get_data(as_text=True)
        page = registry.get(f"/embed/conflicts/varn-strait-dispute/{question}")
        assert page.status_code == 200
    for path in (
        "/v1/changes.atom",
        "/conflicts/varn-strait-dispute",
        "/actors/norland",
        "/changes",
    ):
        assert registry.get(path).status_code == 200, path
    assert registry.ledger.find_faults() == []
    refused = parse_answer(registry.amend("/v1/actors/norland", kind="state"), 422)
    assert refused["errors"][0]["pointer"] == "/name"


def _read_fixture(noun: str, id: str) -> dict[str, object]:
    return next(each for each in read_records(noun) if each["id"] == id)
