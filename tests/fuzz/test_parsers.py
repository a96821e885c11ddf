"""Parsers neither crash nor take longer than in proportion; `make parsers` tries them at length."""

from __future__ import annotations

import random

import pytest

from api.web.contract import limits
from tests.fuzz import hostile
from tests.fuzz.parsers import PARSERS, Parser
from tests.fuzz.timing import measure_doubling
from tests.worlds import Registry

_INPUTS, _ASKED = 150, 5
"""How many inputs a parser gets, and how many of them the whole application."""

_MOST, _LONGEST = 3, 30_000
"""Less than the ratio of a quadratic parser; and a length that takes little time."""


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(17)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda each: each.name)
def test_a_parser_refuses_what_it_cannot_read(parser: Parser, chance: random.Random):
    made = [parser.make_input(chance.randbytes(40)) for _ in range(_INPUTS)]
    assert sum(map(parser.parse, made)) >= _INPUTS / 5


@pytest.mark.parametrize("parser", PARSERS, ids=lambda each: each.name)
def test_no_input_is_answered_with_500(reading: Registry, parser: Parser, chance: random.Random):
    for _ in range(_ASKED):
        raw = parser.make_input(chance.randbytes(40))
        assert reading.client.open(**parser.make_request(raw)).status_code < 500, raw


@pytest.mark.parametrize("parser", PARSERS, ids=lambda each: each.name)
def test_an_input_of_twice_the_length_takes_about_twice_the_time(parser: Parser):
    for name, ratio, _ in measure_doubling(parser, steps=2, bound=_LONGEST, most=_MOST):
        assert ratio <= _MOST, name


def test_each_limit_of_a_body_or_a_query_is_approached():
    tried = {limit for kinds in hostile.LIMITED.values() for limit, _ in kinds.values()}
    # tests/coding, tests/rules and tests/web approach these.
    tried |= {limits.NAMES, limits.GIVEN, limits.COPIED, limits.COPIED_AT_ONCE, limits.RECORD}
    assert tried == {each for each in vars(limits).values() if isinstance(each, limits.Limit)}
