"""A write warns of a record that is probably on record already; the gold is in duplicates.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.bulk.importing import ImportOptions, import_files
from api.ledger import Change, Ledger, rehearse_changes
from api.ledger.names import Range, range_from
from api.ledger.noun import Noun
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from api.ledger.versions import duplicates
from api.ledger.versions.lookup import MOST_KEYED, PendingLookup
from api.nouns import NOUNS, NOUNS_BY_NAME
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
            yield Change(own, draft["id"], NOUNS_BY_NAME[own].load_draft(draft))


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


def make_actors(count: int, aliases: int) -> list[Change]:
    """Make actors whose aliases have the same keys, and are not alike."""
    return [
        Change("actors", f"a-{n}", {
            "id": f"a-{n}", "name": f"zz{n} nomen", "kind": "state",
            "aliases": [f"{chr(98 + k)}rtpskmlnbvcx" + "qwrtpsdfghjk" * 3 + f" zz{n}"
                        for k in range(aliases)],
        })
        for n in range(count)
    ]  # fmt: skip


def test_so_many_names_of_a_changeset_are_compared(ledger: Ledger, monkeypatch):
    compared: list[str] = []
    monkeypatch.setattr(duplicates, "are_alike", lambda one, _, **_how: compared.append(one))
    ledger.append_changes(make_actors(4, 10), author="a", dry_run=True)
    assert len(compared) == (3 + 2 + 1) * 10 * 11
    compared.clear()
    monkeypatch.setattr(duplicates, "_MOST_NAMES", 300)
    ledger.append_changes(make_actors(4, 10), author="a")
    assert 300 <= len(compared) < 300 + 10 * 11
    [other] = make_actors(1, 10)
    compared.clear()
    ledger.append_changes([other._replace(id="b", record={**other.record, "id": "b"})], author="a")
    assert 300 <= len(compared) < 300 + 10 * 11


def test_a_name_is_compared_with_the_records_that_have_a_key_of_it(ledger: Ledger, monkeypatch):
    first, second = make_actors(2, 10)
    ledger.append_changes([first], author="a")
    compared: list[str] = []
    monkeypatch.setattr(duplicates, "are_alike", lambda one, _, **_how: compared.append(one))
    record = {**second.record, "aliases": ["Oslavia", second.record["aliases"][0]]}
    ledger.append_changes([second._replace(record=record)], author="a")
    assert compared == [record["name"]] * 11 + [record["aliases"][1]] * 11


def make_namesakes(prefix: str, count: int) -> list[Change]:
    """Make actors whose names begin alike, so that each reads the keys of all."""
    return [
        Change("actors", f"{prefix}{n}", {
            "id": f"{prefix}{n}", "kind": "state",
            "name": f"bdfglmnprstvbdfglm{prefix}{chr(98 + n % 20)}{chr(98 + n // 20)}",
        })
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def keys_read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the names that are searched for, and the keys that are read for them."""
    read: Counter[str] = Counter()
    fetch = PendingLookup.find_keyed

    def count_keys(self: PendingLookup, noun: Noun, ranges: Sequence[Range]) -> Any:
        found = fetch(self, noun, ranges)
        read.update(names=1, keys=len(found))
        return found

    monkeypatch.setattr(PendingLookup, "find_keyed", count_keys)
    return read


@pytest.mark.parametrize("dry_run", [True, False])
def test_keys_that_are_read_are_a_part_of_the_budget(
    ledger: Ledger, monkeypatch, keys_read: Counter[str], *, dry_run: bool
):
    ledger.append_changes(make_namesakes("stored", 40), author="a")
    monkeypatch.setattr(duplicates, "_MOST_NAMES", 50)
    counts: list[Mapping[str, int]] = []
    for count, prefix in ((40, "kv"), (80, "vk")):
        keys_read.clear()
        changes = make_namesakes(prefix, count)
        ledger.append_changes(changes, author="a", dry_run=dry_run, message=prefix)
        counts.append(dict(keys_read))
    assert 400 < counts[0]["keys"] < 50 * 20 + 3 * 120
    assert counts[1]["keys"] < 50 * 20 + 3 * 120
    assert max(each["names"] for each in counts) < 40


def test_nouns_of_a_changeset_share_the_budget_and_changesets_do_not(ledger: Ledger, monkeypatch):
    ledger.append_changes([*make_changes(GOLD["before"])], author="a")
    monkeypatch.setattr(duplicates, "_MOST_NAMES", 20)
    one, other = make_changes({"issues": GOLD["before"]["issues"][:2]}, "new")
    with ledger.open_overlay() as overlay:
        told = [
            [each.id for each in rehearse_changes(overlay, changes, {}).warnings]
            for changes in ([*make_actors(20, 2), one], [other])
        ]
    assert one.id not in told[0]
    assert told[1] == [other.id]


def test_stored_keys_are_compared_with_laid_records_at_once(ledger: Ledger):
    statements: list[int] = []
    for count in (20, 40):
        ledger.append_changes(make_namesakes("stored", count), author="a")
        with ledger.open_overlay() as overlay:
            rehearse_changes(overlay, make_namesakes("stored", 1), {})
            rehearse_changes(overlay, make_namesakes("laid", 1), {})
            ran: list[str] = []
            overlay._disk.set_trace_callback(ran.append)
            rehearse_changes(overlay, make_namesakes("new", 1), {})
        statements.append(len(ran))
    assert statements[0] == statements[1]


def test_so_many_keys_of_laid_records_are_read(ledger: Ledger):
    with ledger.open_overlay() as overlay:
        rehearse_changes(overlay, make_namesakes("laid", MOST_KEYED + 20), {})
        found = overlay.find_keyed(overlay.nouns["actors"], [range_from("=bdf")])
    assert len(found) == MOST_KEYED


def test_a_write_and_its_dry_run_tell_the_same_duplicates(ledger: Ledger):
    def make(id: str, name: str, **more: Any) -> Change:
        return Change("actors", id, {"id": id, "name": name, "kind": "state", **more})

    ledger.append_changes([make("quarzia", "Quarzia")], author="a")
    changes = [make("quarzia", "Quarzia", note="Amended."), make("quarzia-again", "Quarzia")]
    tried = ledger.append_changes(changes, author="a", dry_run=True).warnings
    assert [each.id for each in tried] == ["quarzia-again"]
    assert ledger.append_changes(changes, author="a").warnings == tried


def test_actors_of_one_name_are_the_same_unless_one_kind_of_code_differs(ledger: Ledger):
    norway = {"id": "norway", "name": "Norway", "kind": "state", "iso3166": "NOR"}
    ledger.append_changes([Change("actors", "norway", norway)], author="a")
    for codes, is_same in (({"wikidata": "Q20"}, True), ({"iso3166": "SWE"}, False)):
        again = {"id": "again", "name": "Norway", "kind": "state", **codes}
        assert list_doubted(ledger, Change("actors", "again", again)) == is_same
