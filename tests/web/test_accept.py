"""The address alone chooses the form of an answer: `Accept` changes nothing."""

from __future__ import annotations

import pytest

from tests.worlds import Registry, make_draft, parse_answer

ACCEPTS = (
    "application/json, application/problem+json",  # openapi-generator's clients
    "*/*",
    "text/csv",
    "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "image/png",
    ";;q=no, /",
)
FORMS = {
    "/v1/positions?limit=1": (200, "application/json"),
    "/v1/positions.csv?limit=1": (200, "text/csv"),
    "/v1/positions/nobody-knows-it": (404, "application/problem+json"),
    "/v1/positions?hodler=norland": (422, "application/problem+json"),
    "/actors/nobody-knows-it": (404, "text/html"),
}


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("path", FORMS)
def test_the_address_alone_chooses_the_form(path: str, accept: str, reading: Registry):
    plain, answer = reading.get(path), reading.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == FORMS[path]
    assert answer.get_data() == plain.get_data()


@pytest.mark.parametrize("accept", ACCEPTS)
def test_a_write_is_answered_in_json_whatever_the_caller_accepts(accept: str, registry: Registry):
    headers = {"Authorization": f"Bearer {registry.key}", "Accept": accept}
    body = make_draft("actors")
    created = registry.client.post("/v1/actors", json=body, headers=headers)
    assert created.mimetype == "application/json"
    assert parse_answer(created, 201)["id"] == body["id"]
    again = registry.client.post("/v1/actors", json=body, headers=headers)
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")
