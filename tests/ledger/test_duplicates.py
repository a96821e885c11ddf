"""A write warns of a record that is probably on record already; the gold is in duplicates.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.bulk.importing import ImportOptions, import_files
from api.ledger import Change, Ledger
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from api.nouns import NOUNS, RESOURCES_BY_NAME
from api.package_data import SEEDS
from tests.worlds import Databases

GOLD: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("duplicates.json").read_text(encoding="utf-8")
)
CONFLICT = {"conflict": "conflict-0"}
MORE: Mapping[str, Mapping[str, Any]] = {
    "actors": {"kind": "organisation"},
    "conflicts": {"kind": "dispute"},
    "issues": CONFLICT,
    "propositions": CONFLICT,
    "sources": {"kind": "news_report", "language": "en"},
}


def make_changes(told: Mapping[str, Any], prefix: str = "") -> Iterator[Change]:
    for noun, texts in told.items():
        for place, text in enumerate(texts if isinstance(texts, list) else ()):
            own = "sources" if noun == "hashes" else noun
            name = {"propositions": "text", "sources": "title"}.get(own, "name")
            draft = {"id": f"{prefix or own[:-1]}-{place}", name: text, **MORE[own]}
            if own == "sources":
                draft |= {"title": f"Report {place}"}
                draft |= {"text_sha256": text_hash(text)} if noun == "hashes" else {"url": text}
            if aliases := told.get("aliases", {}).get(text):
                draft["aliases"] = aliases
            yield Change(own, draft["id"], RESOURCES_BY_NAME[own].load_draft(draft))


def list_doubted(ledger: Ledger, change: Change) -> bool:
    receipt = ledger.append_changes([change], author="a", dry_run=True)
    return any("on record already" in each.problem.detail for each in receipt.warnings)


@pytest.fixture
def known(ledger: Ledger) -> Ledger:
    ledger.append_changes([*make_changes(GOLD["before"])], author="a")
    texts = GOLD["duplicates"]["same text"]
    ledger.append_changes([*make_changes(texts, "text")], author="a")
    return ledger


def test_duplicates_are_warned_of_and_honest_records_are_not(known: Ledger):
    changes = [c for told in GOLD["duplicates"].values() for c in make_changes(told, "new")]
    assert len(changes) == 50
    missed = [each.record for each in changes if not list_doubted(known, each)]
    honest = [*make_changes(GOLD["honest"], "new")]
    false = [each.record for each in honest if list_doubted(known, each)]
    assert len(missed) <= 5, missed
    assert len(false) <= 2, false


def test_the_records_of_the_seed_are_no_duplicates(databases: Databases):
    with databases.fresh("sqlite", "empty") as url:
        ledger = Ledger(Database(url), NOUNS)
        options = ImportOptions(author="a", message="", lot=20, dry_run=True)
        rehearsed = import_files(ledger, sorted(SEEDS.glob("2*")), {}, options)
        done = import_files(ledger, sorted(SEEDS.glob("2*")), {}, replace(options, dry_run=False))
        ledger.database.close_connections()
    assert done.read > 200
    assert rehearsed.warnings == done.warnings
    assert not [each for each in done.warnings if "on record already" in each.problem.detail]


def test_a_lot_is_compared_with_those_before(databases: Databases, tmp_path: Path):
    names = ["Oslavia", "Norland", "Oslavja", "Norlund", "Republic of Norland"]
    drafts = [{"id": f"a-{n}", "name": name, "kind": "state"} for n, name in enumerate(names)]
    file = tmp_path / "actors.ndjson"
    file.write_text("\n".join(map(json.dumps, drafts)), encoding="utf-8")
    with databases.fresh("sqlite", "empty") as url:
        ledger = Ledger(Database(url), NOUNS)
        options = ImportOptions(author="a", message="", lot=2, dry_run=True)
        doubted = [
            [each.id for each in import_files(ledger, [file], {}, each).warnings]
            for each in (options, replace(options, dry_run=False), options)
        ]
        ledger.database.close_connections()
    assert doubted == [["a-2", "a-3"], ["a-2", "a-3"], []]
