"""docs/fields.md is what the contract says."""

import json

from api.package_data import CONTRACT
from tests.contract.fields_page import PAGE, write_page


def test_the_page_of_fields_is_that_of_the_contract():
    said = write_page(json.loads(CONTRACT.read_bytes()))
    assert PAGE.read_text(encoding="utf-8") == said, "run `make openapi` and commit docs/fields.md"
