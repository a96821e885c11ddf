"""A dry run gives the same results as a real write, stores nothing, and waits for no writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.bulk.importing import ImportOptions, import_files
from api.errors import RulesBroken, SineQuaNonError, StillReferred, WouldBreak
from api.ledger import Change, Ledger, Receipt, rehearse_changes
from api.ledger.store.database import Database
from api.ledger.truth.revisions import ABSENT, LIVE_RECORD
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS
from api.settings import Settings
from tests.ledger.histories import MAKERS, WORDS, Draft
from tests.worlds import ARTICLE, Databases, Registry, make_draft, parse_answer, read_records

MANY = 1_300
"""More records than are checked before the first of them are inserted."""

Write = Callable[[Sequence[Change]], Receipt]


def make_actors(ids: Sequence[str], **more: Any) -> list[Change]:
    return [Change("actors", id, {**make_draft("actors", id=id), **more}) for id in ids]


def _refused_with_a_fault_at_its_end(write: Write) -> list[int]:
    good = [f"a-{n}" for n in range(MANY)]
    with pytest.raises(RulesBroken):
        write([*make_actors(good), *make_actors(["bad"], part_of="nowhere")])
    return [len(write(make_actors(good)).written), len(write(make_actors(good)).written)]


def _refused_for_a_referrer(write: Write) -> list[int]:
    write([*make_actors(["whole"]), *make_actors(["part"], part_of="whole")])
    with pytest.raises(StillReferred):
        write([*make_actors(["other"]), Change("actors", "whole", None)])
    return [len(write(make_actors(["other"])).written)]


def _refused_for_a_dependent(write: Write) -> list[int]:
    plan = read_records("proposals")[0]
    plan["components"] = [each for each in plan["components"] if each["id"] != "b"]
    with pytest.raises(WouldBreak):
        write([*make_actors(["other"]), Change("proposals", plan["id"], plan)])
    return [len(write(make_actors(["other"])).written)]


@pytest.mark.parametrize(
    "story",
    [
        _refused_with_a_fault_at_its_end,
        _refused_for_a_referrer,
        _refused_for_a_dependent,
    ],
)
def test_a_refused_changeset_has_no_effect_on_the_next(
    stocked: Ledger, story: Callable[[Write], list[int]]
):
    before = _read_head(stocked)
    with stocked.open_overlay() as overlay:
        rehearsed = story(lambda changes: rehearse_changes(overlay, changes, {}))
    assert _read_head(stocked) == before
    assert rehearsed == story(lambda changes: stocked.append_changes(changes, author="a"))


def _read_head(ledger: Ledger) -> int:
    with ledger.open_reader() as reader:
        return reader.moment.known_at


def test_dry_runs_answer_while_another_connection_holds_the_write_lock(
    databases: Databases, engine: str
):
    with databases.fresh(engine, "fixtures") as url:
        registry = Registry(url)
        registry.make_key()
        other = Database(url)
        with other.begin_write(keep=False):
            answer = registry.client.post(
                "/v1/changesets?dry_run=1&noun=actors",
                data="id,name,kind\nnew,New,state\n",
                content_type="text/csv",
                headers={"Authorization": f"Bearer {registry.key}"},
            )
            assert parse_answer(answer)["written"] == 1
            options = ImportOptions(author="a", message="", dry_run=True, lot=9)
            result = import_files(registry.ledger, [ARTICLE], {}, options)
            assert result.written == result.read > 9
        other.close_connections()
        registry.close()


def test_writers_do_not_wait_for_a_rehearsal(stocked: Ledger):
    with stocked.open_overlay() as overlay:
        rehearse_changes(overlay, make_actors(["one"]), {})
        other = Ledger(
            Database(
                stocked.database.url.render_as_string(hide_password=False),
                Settings(lock_timeout_seconds=1),
            ),
            NOUNS,
        )
        written = other.append_changes(make_actors(["one", "two"]), author="a")
        other.database.close_connections()
        again = rehearse_changes(overlay, make_actors(["one", "two"], note="later"), {})
    assert written.written == {("actors", "one"): 1, ("actors", "two"): 1}
    # The rehearsal goes on from its own state.
    assert again.written == {("actors", "one"): 2, ("actors", "two"): 1}


def _plan(choice: int) -> Draft:
    names = ("a", "b") if choice % 3 else ("a",)
    components = [{"id": each, "propositions": ["truce"]} for each in names]
    return {"id": "plan", "title": f"Plan {choice % 2}", "conflict": "quarrel",
            "proposers": ["state"], "components": components}  # fmt: skip


def _answer(choice: int) -> Draft:
    component = {"component": "b"} if choice % 2 else {}
    return {
        "id": "answer", "holder": "state", "rank": "normal", "negated": False,
        "force": ("accept", "accept_conditionally", "commit")[choice % 3],
        "responds_to": {"proposal": "plan", **component}, "evidence": ["words"],
        **({"under": ["condition"]} if choice % 5 else {}),
    }  # fmt: skip


def _condition(choice: int) -> Draft:
    return {
        "id": "condition", "holder": ("state", "ministry")[choice % 4 == 0], "rank": "normal",
        "antecedents_kind": "stated", "antecedents": [["!truce"]], "consequents": ["truce"],
        "modality": "necessary", "evidence": ["words"],
    }  # fmt: skip


def _audience(choice: int) -> Draft:
    kind = "audience" if choice % 4 == 0 else "state"
    return {**MAKERS["actors", "state"](choice), "kind": kind}


def _narrated(choice: int) -> Draft:
    kind = "narration" if choice % 4 == 0 else "verbatim_sentence"
    words = {"exact": "We reject her.", "end": 14} if choice % 5 == 0 else {}
    return {**MAKERS["statements", "words"](choice), "attestation": kind, **words}


def _paper(choice: int) -> Draft:
    return {**MAKERS["sources", "paper"](choice), "text_public": choice % 4 == 0}


RICH: Mapping[Key, Callable[[int], Draft]] = {
    **MAKERS,
    ("actors", "state"): _audience,
    ("sources", "paper"): _paper,
    ("statements", "words"): _narrated,
    ("proposals", "plan"): _plan,
    ("preconditions", "condition"): _condition,
    ("positions", "answer"): _answer,
}
"""Records that break each other's rules by some of their amendments."""

_records = st.integers(0, 9).flatmap(lambda die: st.none() if die == 0 else st.integers(0, 41))
_expected = st.sampled_from([None] * 12 + [LIVE_RECORD, ABSENT, frozenset({"0" * 32})])
changesets = st.lists(
    st.builds(
        lambda key, choice, expected: Change(
            key[0], key[1], None if choice is None else RICH[key](choice), expected
        ),
        st.sampled_from(sorted(RICH)),
        _records,
        _expected,
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda change: change[:2],
)
Texts = Mapping[Key, str]
Step = tuple[Sequence[Change], Texts]
TEXT: Texts = {("sources", "paper"): WORDS}
worlds = st.sampled_from([[], [Change(*key, make(1)) for key, make in RICH.items()]])
histories = st.lists(
    st.tuples(changesets, st.sampled_from([{}] * 5 + [TEXT])), min_size=3, max_size=10
)

TextWrite = Callable[[Sequence[Change], Texts], Receipt]


def read_outcome(write: TextWrite, changes: Sequence[Change], texts: Texts) -> tuple[Any, ...]:
    """Return the whole result of a write: its receipt, or its error with all faults in order."""
    try:
        receipt = write(changes, texts)
    except SineQuaNonError as error:
        faults = getattr(error, "problems", None) or getattr(error, "referrers", ())
        return type(error), str(error), list(faults)
    return receipt.head, receipt.written, list(receipt.warnings)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@settings(max_examples=max(10, settings().max_examples // 3))
@given(world=worlds, history=histories, reads_texts=st.booleans())
def test_a_dry_run_and_a_rehearsal_tell_what_the_real_write_does(
    databases: Databases,
    engine: str,
    world: list[Change],
    history: list[Step],
    *,
    reads_texts: bool,
):
    history = [(world, {}), *history]
    with databases.fresh(engine) as url:
        ledger = Ledger(Database(url), NOUNS)
        with ledger.open_overlay() as overlay:
            rehearsed = [
                read_outcome(lambda c, t: rehearse_changes(overlay, c, t), *step)
                for step in history
            ]
        write = partial(ledger.append_changes, author="a", reads_texts=reads_texts)
        for step, (*expected, found) in zip(history, rehearsed, strict=True):
            dry = read_outcome(lambda c, t: write(c, texts=t, dry_run=True), *step)
            real = read_outcome(lambda c, t: write(c, texts=t), *step)
            assert dry == real
            if not reads_texts:  # only the command rehearses, and it reads all texts
                continue
            # Dependents are found in the order of an index, which an overlay does not have.
            assert (*expected, sorted(found, key=str)) == (*real[:2], sorted(real[2], key=str))
        ledger.database.close_connections()


def test_only_a_record_that_names_an_actor_keeps_it(ledger: Ledger):
    """The answer's speaker is derived from its statement, which is amended with it."""
    unspoken = {("positions", "first"): 15, ("positions", "second"): 15}
    world = [Change(*key, make(unspoken.get(key, 1))) for key, make in RICH.items()]
    ledger.append_changes(world, author="a")
    without = Change("statements", "words", RICH["statements", "words"](2))
    receipt = ledger.append_changes([without, Change("actors", "speaker", None)], author="a")
    assert receipt.written == {("statements", "words"): 2, ("actors", "speaker"): 2}
    assert ledger.find_faults() == []
