"""The work for a coded source is in proportion to its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from api.coding import translating
from api.coding.naming import NameResolver
from api.web.contract.limits import GIVEN
from tests.worlds import Registry, parse_answer

URL = "/v1/coded-sources"
SOURCE = {"title": "A report", "kind": "news_report", "language": "en", "published": "2024-03-05"}
NORLAND = {"id": "norland", "name": "Norland", "kind": "state"}
CONFLICT = {"id": "strait", "name": "Strait", "kind": "dispute"}


@pytest.fixture
def registry(registry_of: Callable[..., Registry]) -> Registry:
    return registry_of("empty")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the names that are looked up and searched for, and the records whose names are read."""
    counted: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        called = getattr(owner, name)

        def counting(*given: Any) -> Any:
            counted[name] += 1
            return called(*given)

        monkeypatch.setattr(owner, name, counting)

    count(translating, "list_named")
    count(NameResolver, "find_id")
    count(NameResolver, "_find_by_words")
    return counted


def list_quotes(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"exact": f"Stop {number}", **more} for number in range(count)]


@pytest.mark.parametrize("within", ["statements", "positions"])
def test_what_groups_give_is_bounded(registry: Registry, within: str):
    def send(count: int) -> Any:
        group = {"note": "y" * 19_000, within: list_quotes(count)}
        statements = [group if within == "statements" else {"exact": "Stop", "positions": group}]
        return registry.post(URL, {"source": SOURCE, "statements": statements}, dry_run=1)

    assert str(GIVEN) not in send(GIVEN.most // 20_000).get_data(as_text=True)
    problem = parse_answer(send(GIVEN.most // 19_000 + 1), 422)
    assert str(GIVEN) in problem["detail"]
    assert problem["detail"].endswith("Split it.")


def test_what_stands_in_no_group_is_not_bounded_twice(registry: Registry):
    long = list_quotes(10, normalised="y" * 19_000)
    document = {"source": SOURCE, "actors": [NORLAND], "statements": long}
    assert parse_answer(registry.post(URL, document, dry_run=1))["created"] == 12


@pytest.mark.parametrize("name", ["boats return", "nothing like it"])
def test_a_name_is_searched_for_once_however_often_it_is_given(
    registry: Registry, calls: Counter[str], name: str
):
    document = {"source": SOURCE, "actors": [NORLAND], "conflicts": [CONFLICT],
                "propositions": [{"text": "The boats return."}, {"text": "It rains."}],
                "statements": list_quotes(20, holder="norland", demand=name)}  # fmt: skip
    status = 200 if name == "boats return" else 422
    parse_answer(registry.post(URL, document, dry_run=1), status)
    assert calls["find_id"] >= 40
    assert calls["_find_by_words"] == 1


def test_what_rests_on_a_faulty_record_is_found_in_linear_time(
    registry: Registry, calls: Counter[str]
):
    def count_listed(length: int) -> int:
        calls.clear()
        chain = [{**NORLAND, "id": f"a{n}", "part_of": f"a{n - 1}"} for n in range(1, length)]
        faulty = {"id": "a0", "name": "Norland"}
        parse_answer(registry.post(URL, {"source": SOURCE, "actors": [faulty, *chain]}), 422)
        return calls["list_named"]

    assert count_listed(80) <= 2 * count_listed(40) + 2


def test_reading_ends_when_one_fault_of_a_group_is_found_too_often(
    registry: Registry, calls: Counter[str]
):
    group = {"speaker": "Nobody", "statements": list_quotes(2_000)}
    problem = parse_answer(registry.post(URL, {"source": SOURCE, "statements": [group]}), 422)
    assert [each["pointer"] for each in problem["errors"]] == ["/statements/0/speaker"]
    assert calls["find_id"] < 1_100
