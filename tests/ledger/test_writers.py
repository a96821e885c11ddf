"""Many writers at once lose nothing, and readers never wait."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from api import clock
from api.actors import ACTORS
from api.errors import HeadMoved, Problem, RevisionMoved
from api.ledger import Asked, Change, Ledger
from api.ledger.noun import Lookup, Record
from api.ledger.store import database
from api.ledger.store.database import Database
from api.ledger.store.tables import text
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS
from tests.ledger.counting import increment_counter, make_actor
from tests.ledger.histories import newest_tag
from tests.worlds import Databases

THREADS, PROCESSES, EACH = 8, 4, 10
PROJECT = Path(__file__).parents[2]


def read_counter(ledger: Ledger) -> int:
    with ledger.open_reader() as reader:
        body = reader.read_record(ledger.nouns["actors"], "counter").body
    return int(parse_bytes(body)["note"].removeprefix("counted "))


def test_eight_threads_lose_no_acknowledged_write_and_refuse_no_reader(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    stop, refused, read = threading.Event(), [], []

    def read_repeatedly() -> None:
        while not stop.is_set():
            try:
                read.append(read_counter(ledger))
            except Exception as error:  # noqa: BLE001
                refused.append(error)

    watcher = threading.Thread(target=read_repeatedly)
    watcher.start()
    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(lambda _: increment_counter(ledger, EACH), range(THREADS)))
    stop.set()
    watcher.join()
    assert read_counter(ledger) == done == THREADS * EACH
    assert refused == []
    assert read == sorted(read)


def test_four_processes_lose_no_acknowledged_write(ledger: Ledger, database_url: str):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    command = [sys.executable, "-m", "tests.ledger.counting", database_url, str(EACH)]
    running = [subprocess.Popen(command, cwd=PROJECT) for _ in range(PROCESSES)]
    assert [each.wait(timeout=120) for each in running] == [0] * PROCESSES
    assert read_counter(ledger) == PROCESSES * EACH
    assert ledger.find_faults() == []


def test_a_writer_that_expected_another_head_fails_and_writes_nothing(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    with pytest.raises(HeadMoved):
        ledger.append_changes(
            [Change("actors", "counter", make_actor(1))], author="a", expected_head=0
        )
    assert read_counter(ledger) == 0
    receipt = ledger.append_changes(
        [Change("actors", "counter", make_actor(1))], author="a", expected_head=1
    )
    assert receipt.head == 2


def test_only_one_of_two_amendments_of_a_revision_succeeds(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    seen = frozenset({newest_tag(ledger, "actors", "counter")})
    ledger.append_changes([Change("actors", "counter", make_actor(1), seen)], author="a")
    with pytest.raises(RevisionMoved):
        ledger.append_changes([Change("actors", "counter", make_actor(2), seen)], author="a")


def test_an_instant_read_during_a_slow_write_never_changes_its_answer(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    begun, may_end = threading.Event(), threading.Event()

    def check_slowly(record: Record, lookup: Lookup) -> Iterator[Problem]:
        begun.set()
        may_end.wait(timeout=30)
        yield from ACTORS.check(record, lookup)

    slow = [replace(ACTORS, check=check_slowly) if each is ACTORS else each for each in NOUNS]
    writing = Ledger(ledger.database, slow)
    writer = threading.Thread(
        target=lambda: writing.append_changes(
            [Change("actors", "counter", make_actor(1))], author="a"
        )
    )
    writer.start()
    assert begun.wait(timeout=30)
    instant = clock.now() - 1
    with ledger.open_reader(Asked(instant=instant)) as reader:
        during = reader.read_record(ledger.nouns["actors"], "counter").body
        assert reader.moment.known_at == 1
    may_end.set()
    writer.join()
    with ledger.open_reader(Asked(instant=instant)) as reader:
        assert reader.read_record(ledger.nouns["actors"], "counter").body == during
        assert reader.moment.known_at == 1
    assert read_counter(ledger) == 1


def test_instants_read_while_writers_race_never_change_their_answer(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    promised: list[tuple[int, int]] = []
    stop = threading.Event()

    def read_instants() -> None:
        while not stop.is_set():
            instant = clock.now() - 1
            with ledger.open_reader(Asked(instant=instant)) as reader:
                promised.append((instant, reader.moment.known_at))

    reader = threading.Thread(target=read_instants)
    reader.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: increment_counter(ledger, EACH), range(4)))
    stop.set()
    reader.join()
    assert promised
    for instant, number in promised:
        with ledger.open_reader(Asked(instant=instant)) as later:
            assert later.moment.known_at == number


def test_times_are_strictly_increasing_even_when_the_clock_stands_still(
    ledger: Ledger, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: 1_000_000)
    monkeypatch.setattr(database, "close_barrier", lambda _: 1_000_000)
    for count in range(3):
        ledger.append_changes([Change("actors", "counter", make_actor(count))], author="a")
    with ledger.open_reader() as reader:
        times = [row["recorded_at"] for row in reader.list_changesets(limit=10)]
    assert times == [1_000_002, 1_000_001, 1_000_000]


def test_a_writer_that_dies_before_its_commit_leaves_nothing(ledger: Ledger, monkeypatch):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    monkeypatch.setattr(clock, "now", lambda: 1 / 0)
    monkeypatch.setattr(database, "close_barrier", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ledger.append_changes([Change("actors", "counter", make_actor(1))], author="a")
    monkeypatch.undo()
    assert read_counter(ledger) == 0
    assert ledger.find_faults() == []


def write_half(ledger: Ledger) -> None:
    with ledger.database.begin_write() as write:
        write.connection.execute(insert(text), {"sha256": "x", "body": "half a write"})
        write.connection.exec_driver_sql("DELETE FROM revision")


def test_a_write_that_the_database_refuses_leaves_nothing_and_hinders_no_other(ledger: Ledger):
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    with pytest.raises(DBAPIError):
        write_half(ledger)
    ledger.append_changes([Change("actors", "counter", make_actor(1))], author="a")
    with ledger.database.begin_write(keep=False) as write:
        assert write.connection.execute(select(text)).all() == []
    assert read_counter(ledger) == 1


def test_what_is_not_to_be_kept_is_gone_for_the_next_write(ledger: Ledger):
    for _ in range(2):
        with ledger.database.begin_write(keep=False) as write:
            assert write.connection.execute(select(text)).all() == []
            write.connection.execute(insert(text), {"sha256": "x", "body": "for now"})


def test_a_write_goes_to_the_file_that_has_taken_the_place_of_another(databases: Databases):
    with databases.fresh("sqlite") as url, databases.fresh("sqlite") as copy:
        ledger = Ledger(Database(url), NOUNS)
        ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
        ledger.database.close_connections()
        ledger.append_changes([Change("actors", "counter", make_actor(1))], author="a")
        file_of(copy).replace(file_of(url))
        for suffix in ("-wal", "-shm"):
            Path(f"{file_of(url)}{suffix}").unlink(missing_ok=True)
        assert (
            ledger.append_changes([Change("actors", "counter", make_actor(2))], author="a").head
            == 1
        )
        assert read_counter(ledger) == 2
        ledger.database.close_connections()


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_second_ledger_on_the_same_database_sees_the_write_at_once(
    ledger: Ledger, database_url: str
):
    other = Ledger(Database(database_url), NOUNS)
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")
    assert read_counter(other) == 0
    ledger.append_changes([Change("actors", "counter", make_actor(7))], author="a")
    assert read_counter(other) == 7
    other.database.close_connections()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_acknowledged_writes_survive_a_power_loss(stocked: Ledger):
    """With `synchronous = NORMAL` a power loss could lose the newest commits."""
    with stocked.database.begin_write(keep=False) as write:
        assert write.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert write.connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("rows", [1, 3, 150, 1_000])
def test_a_row_that_cannot_be_inserted_undoes_the_whole_write(ledger: Ledger, rows: int):
    """Few, some and many rows are inserted by different statements."""
    once = [(f"{n:064}", "words") for n in range(rows)]
    with pytest.raises(IntegrityError), ledger.database.begin_write() as write:
        write.insert_rows(text, [*once, *once])
    with ledger.open_reader() as reader:
        assert reader.read_text(once[0][0]) is None
