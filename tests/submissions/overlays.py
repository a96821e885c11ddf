"""Random changes: a dry run must show analysis the very records that are served once written."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from api.analysis.loading import load_whole_scene
from api.errors import SineQuaNonError
from api.ledger import Asked, Change, Ledger, write_changes
from api.ledger.noun import Record
from api.ledger.reading.overlaid import open_readers
from api.ledger.reading.reader import Reader
from api.ledger.store.database import Database
from api.ledger.writing import PendingChangeset
from api.nouns import NOUNS
from api.web.contract.problems import RequestRefused
from tests.worlds import RESOURCE, Databases

_OF_A_WRITE = {"revision", "changeset", "recorded_at", "recorded_by", "links"}

Records = Mapping[str, Sequence[Record]]


def count_equal_overlays(databases: Databases, chance: random.Random, times: int) -> int:
    """Compare so many random changes, each after the other; returns how many were accepted."""
    with databases.fresh("sqlite", "both") as url:
        ledger = Ledger(Database(url), NOUNS)
        with ledger.open_reader(Asked(valid_at="any")) as reader:
            records = {each.name: reader.read_all(each, {}, most=4_000) for each in NOUNS}
        conflicts = [each["id"] for each in records["conflicts"]]
        accepted = 0
        for _ in range(times):
            changes = [_invent_change(records, chance) for _ in range(chance.choice((1, 1, 2, 3)))]
            accepted += _compare_scenes(ledger, changes, conflicts)
        ledger.database.close_connections()
    return accepted


def _invent_change(records: Records, chance: random.Random) -> Change:
    """Retract a record, or give it or a copy of it some values of another one."""
    while True:
        noun = chance.choice([name for name, some in records.items() if some])
        record, other = (dict(chance.choice(records[noun])) for _ in range(2))
        if chance.random() < 0.3:
            return Change(noun, record["id"], None)
        for name in chance.sample(sorted(RESOURCE[noun].draft_schema.fields), 3):
            record |= {} if name == "id" else {name: other.get(name)}
        if chance.random() < 0.3:
            record["id"] += "-copy"
        try:
            draft = RESOURCE[noun].load_draft(record)
        except RequestRefused:
            continue
        return Change(noun, draft["id"], draft)


def _compare_scenes(ledger: Ledger, changes: Sequence[Change], conflicts: Sequence[str]) -> bool:
    """Check that the scenes of a dry run are those after the write; False if it is refused."""
    with ledger.open_overlay() as overlay:
        pending = PendingChangeset(overlay, overlay.head)
        try:
            write_changes(pending, changes, {})
        except SineQuaNonError:
            return False
        _, reader = open_readers(overlay, [*pending.changed, *pending.affected])
        told = [_read_scene(reader, each) for each in conflicts]
    ledger.append_changes(changes, author="a", reads_texts=True)
    with ledger.open_reader() as reader:
        assert told == [_read_scene(reader, each) for each in conflicts], changes
    return True


def _read_scene(reader: Reader, conflict: str) -> Any:
    """Read what analysis draws on; where a record moves to another conflict, the order differs."""
    try:
        scene = load_whole_scene(reader, conflict)
    except SineQuaNonError as error:
        return type(error)
    listed = ([scene.conflict], scene.positions, scene.preconditions, scene.axioms, scene.met)
    return [
        [
            {k: v for k, v in each.items() if k not in _OF_A_WRITE}
            for each in sorted(some, key=itemgetter("id"))
        ]
        for some in listed
    ]
