"""Pictures of records with odd characters, at which the renderer would abort the server."""

from xml.etree import ElementTree as ET

import pytest

from tests.worlds import Registry, make_draft, parse_answer


@pytest.mark.parametrize("name", ["a\x1fb", "\x01", "\ufffe and \uffff", "]]> & <b>", "\x85\x7f"])
@pytest.mark.parametrize("picture", ["matrix", "timeline", "deadlock"])
def test_a_picture_is_well_formed_whatever_characters_a_name_has(
    registry: Registry, name: str, picture: str
):
    parse_answer(
        registry.post("/v1/conflicts", make_draft("conflicts", id="odd", name=f"x{name}")), 201
    )
    answer = registry.get(f"/v1/conflicts/odd/{picture}.svg")
    assert answer.status_code == 200
    assert ET.fromstring(answer.get_data(as_text=True)).tag.endswith("svg")  # noqa: S314, our own
    assert registry.get(f"/v1/conflicts/odd/{picture}.png").get_data().startswith(b"\x89PNG")
