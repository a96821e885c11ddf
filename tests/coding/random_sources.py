"""Random coded sources, and what is compared after they went into a registry and out again."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from api.bulk.exporting import export_lines
from api.coding.composing import compose_coded_source
from api.coding.translating import CodedSource, write_coded
from api.ledger import Asked, Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.ledger import Receipt
    from tests.worlds import Databases

ID = "coded"
_DAYS = st.sampled_from(["2024-03-05", "2024-02-29", "1999-12-31"])
_WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("aé😀\u0301ב "),
    min_size=1, max_size=12,
).filter(str.strip)  # fmt: skip


@st.composite
def coded_sources(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a document with names, groups, and records under several statements."""

    def some(values: list[str], *, least: int = 0, most: int = 3) -> list[str]:
        return draw(st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True))

    def maybe(**fields: Any) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if draw(st.booleans())}

    actors = [f"Actor {n}" for n in range(draw(st.integers(1, 4)))]
    about = [f"p{n}" for n in range(draw(st.integers(1, 4)))]
    said = [f"s{n}" for n in range(draw(st.integers(0, 5)))]
    one_of = lambda values: draw(st.sampled_from(values))  # noqa: E731

    def state_position(index: int) -> dict[str, Any]:
        return {
            "id": f"position-{index}", "holder": one_of(actors), "proposition": one_of(about),
            "force": one_of(["demand", "reject", "warn", "propose"]), "attested_on": draw(_DAYS),
            **maybe(targets=some(actors), negated=True, note=draw(_WORDS), rank="deprecated",
                    evidence=some(said)),
        }  # fmt: skip

    def state_condition(index: int) -> dict[str, Any]:
        sign = one_of(["", "!"])
        return {
            "id": f"condition-{index}", "holder": one_of(actors), "consequents": ["goal"],
            **one_of([{"antecedents": [[f"{sign}{one_of(about)}"]]}, {"antecedents_kind": "none"}]),
            **maybe(modality="necessary", exhaustive=False, cue=draw(_WORDS)),
        }  # fmt: skip

    def state_words(index: int, name: str) -> dict[str, Any]:
        words = draw(_WORDS)
        placed = {"start": 7 * index, "end": 7 * index + len(words)}
        shown = {"positions": [state_position(index)], "preconditions": [state_condition(index)]}
        return {
            "id": name, "speaker": one_of(actors), "attestation": "indirect", "gist": draw(_WORDS),
            **maybe(exact=words, stated_on=draw(_DAYS), note=draw(_WORDS)),
            **one_of([{}, placed]) | {}, **maybe(**shown),
        }  # fmt: skip

    def fit(statement: dict[str, Any]) -> dict[str, Any]:
        if "exact" in statement and "start" in statement:
            statement["end"] = statement["start"] + len(statement["exact"])
        return statement

    statements = [fit(state_words(n, name)) for n, name in enumerate(said)]
    shown = [e["positions"][0]["id"] for e in statements if "positions" in e]
    if shown and draw(st.booleans()):
        statements.append({"id": "last", "gist": "More.", "attestation": "narration",
                           "positions": [one_of(shown)]})  # fmt: skip
    if statements and draw(st.booleans()):
        statements = [{"occasion": draw(_WORDS), "statements": statements}]
    return {
        "source": {"id": ID, "title": draw(_WORDS), "kind": "news_report", "language": "en",
                   "published": "2024-03-05", **maybe(note=draw(_WORDS), publisher="A paper")},
        "conflicts": [{"id": "c", "name": "The strait", "kind": "dispute"}],
        "actors": [{"name": name, "kind": "state", **maybe(aliases=[draw(_WORDS)])}
                   for name in actors],
        "propositions": [{"id": id, "text": draw(_WORDS), **maybe(by=some(actors))}
                         for id in [*about, "goal"]],
        "axioms": [{"id": "rule", "author": "me", "kind": "implies",
                    "propositions": some(about, least=2)}] if len(about) > 1 else [],
        "statements": statements,
    }  # fmt: skip


@contextmanager
def open_empty(databases: Databases) -> Iterator[Ledger]:
    with databases.fresh("sqlite") as url:
        ledger = Ledger(Database(url), NOUNS)
        yield ledger
        ledger.database.close_connections()


def write(ledger: Ledger, document: Any) -> Receipt:
    with ledger.open_reader(Asked(valid_at="any")) as reader:
        coded = CodedSource(document, reader)
    _, receipt = write_coded(lambda: coded, partial(ledger.append_changes, author="a"))
    return receipt


def compose(ledger: Ledger, id: str = ID) -> dict[str, Any]:
    with ledger.open_reader(Asked(valid_at="any")) as reader:
        return compose_coded_source(reader, id)


def export(ledger: Ledger) -> bytes:
    with ledger.open_reader(Asked(valid_at="any")) as reader:
        return b"".join(export_lines(reader))


def check_round_trip(databases: Databases, document: dict[str, Any]) -> None:
    """Check that a document's records come to the same ones elsewhere, and stay as they are."""
    with open_empty(databases) as ledger, open_empty(databases) as other:
        write(ledger, document)
        composed = compose(ledger)
        assert not write(ledger, composed).written
        write(other, composed)
        assert export(other) == export(ledger)
        composed["source"]["note"] = "Edited."
        assert set(write(ledger, composed).written) == {("sources", ID)}
