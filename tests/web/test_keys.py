"""Keys: their form, their end, their last use, and two keys of one name."""

from __future__ import annotations

import string
import zlib
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text

from api import clock, keys
from api.ledger.store.database import Database
from tests.worlds import TEXTS, Databases, Registry, make_draft, parse_answer

PLAN = "kestrian-plan-2024-04-02"
ALPHABET = string.digits + string.ascii_letters


def test_every_mistyped_character_of_a_key_is_noticed(registry: Registry):
    key = registry.key
    assert keys.is_well_formed(key)
    swapped = [key[:n] + key[n + 1] + key[n] + key[n + 2 :] for n in range(4, len(key) - 1)]
    changed = [key[:n] + each + key[n + 1 :] for n in range(len(key)) for each in ALPHABET]
    cut = [key[:-1], key[1:], key + "a", f"{key}\n", key.upper(), key[:30] + " " + key[30:], ""]
    for mistyped in {*swapped, *changed, *cut} - {key}:
        assert not keys.is_well_formed(mistyped), mistyped


def test_a_mistyped_key_is_refused_before_the_database_is_asked(databases: Databases):
    key = f"sqn_{40 * 'a'}{zlib.crc32(40 * b'a'):08x}"
    with databases.fresh("sqlite", "bare") as url:  # it has no table of keys
        registry = Registry(url)
        registry.key = key
        asked = registry.post("/v1/actors", make_draft("actors"))
        registry.key = key[:-1] + ("a" if key[-1] != "a" else "b")
        refused = registry.post("/v1/actors", make_draft("actors"))
        registry.close()
    assert asked.status_code == 503
    assert "mistyped" in parse_answer(refused, 401)["detail"]
    assert registry.key not in refused.get_data(as_text=True)


def test_a_key_ends_when_it_expires(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    end = clock.now() + clock.DAY
    registry.key = keys.create_key(registry.ledger.database, "guest", ["write"], end)
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    monkeypatch.setattr("api.clock.now", lambda: end)
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors", id="b")), 401)
    assert problem["detail"].startswith("The key of guest expired 2")
    assert registry.get("/v1/actors").status_code == 200


def test_old_and_new_key_write_under_one_name_until_one_is_revoked(registry: Registry):
    database, old = registry.ledger.database, registry.key
    new = keys.create_key(database, "analyst", ())
    for n, registry.key in enumerate((old, new)):
        made = parse_answer(registry.post("/v1/actors", make_draft("actors", id=f"a-{n}")), 201)
        assert made["recorded_by"] == "analyst"

    [revoked] = keys.revoke_keys(database, old[:12])

    assert old.startswith(revoked.prefix)
    registry.key = old
    assert registry.post("/v1/actors", make_draft("actors", id="c")).status_code == 401
    registry.key = new
    assert registry.post("/v1/actors", make_draft("actors", id="c")).status_code == 201
    keys.revoke_keys(database, "analyst")
    assert registry.post("/v1/actors", make_draft("actors", id="d")).status_code == 401


def test_the_day_of_the_last_use_is_stored_once_a_day(
    registry_of, engine: str, monkeypatch: pytest.MonkeyPatch
):
    registry = registry_of("fixtures", engine=engine)
    database = registry.ledger.database
    assert read_use(database) is None
    parse_answer(registry.post("/v1/actors", {"nonsense": 1}), 422)
    assert read_use(database) == clock.today()
    monkeypatch.setattr("api.clock.now", lambda: 2_000_000_000_000_000)
    parse_answer(registry.post("/v1/actors", {"nonsense": 1}), 422)
    assert read_use(database) == "2033-05-18"


def read_use(database: Database) -> str | None:
    [holder] = [each for each in keys.list_keys(database) if each.name == "analyst"]
    return holder.used_on


def test_no_read_with_a_key_waits_for_a_write(registry_of, engine: str):
    registry = registry_of("fixtures", engine=engine)
    parse_answer(registry.put_text(PLAN, TEXTS[PLAN].read_text(encoding="utf-8")))
    key = keys.create_key(registry.ledger.database, "reader", ["texts"])
    headers = {"Authorization": f"Bearer {key}"}
    other = Database(registry.url)
    with other.begin_write(keep=False) as write:
        write.connection.execute(text("UPDATE api_key SET used_on = NULL"))
        before = perf_counter()
        answer = registry.get(f"/v1/sources/{PLAN}/text", headers=headers)
        assert perf_counter() - before < 5  # for a write it would wait 30 s
    other.close_connections()
    assert answer.status_code == 200
    uses = {each.name: each.used_on for each in keys.list_keys(registry.ledger.database)}
    assert uses["reader"] is None
    assert registry.get(f"/v1/sources/{PLAN}/text", headers=headers).status_code == 200
    uses = {each.name: each.used_on for each in keys.list_keys(registry.ledger.database)}
    assert uses["reader"] == clock.today()


def test_a_key_reads_where_nothing_can_be_written(registry_of):
    registry: Any = registry_of("fixtures", engine="postgresql")
    parse_answer(registry.put_text(PLAN, TEXTS[PLAN].read_text(encoding="utf-8")))
    key = keys.create_key(registry.ledger.database, "reader", ["texts"])
    with registry.ledger.database.begin_write() as write:
        name = registry.ledger.database.url.database
        write.connection.execute(
            text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        )
    standby = Registry(registry.url)
    headers = {"Authorization": f"Bearer {key}"}
    assert standby.get(f"/v1/sources/{PLAN}/text", headers=headers).status_code == 200
    standby.close()


def test_a_key_with_a_name_that_is_reserved_by_now_writes_no_more(registry: Registry):
    with registry.ledger.database.begin_write() as write:
        write.connection.execute(text("UPDATE api_key SET name = 'seed'"))
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors")), 401)
    assert "reserved" in problem["detail"]


@pytest.mark.parametrize("name", ["key", "api_key", "apikey", "access_token", "token", "X-API-Key"])
def test_a_key_in_an_address_is_refused_and_not_repeated(registry: Registry, name: str):
    """Addresses are logged, and sent to other sites as Referer."""
    key, registry.key = registry.key, ""
    for answer in (
        registry.post("/v1/actors", make_draft("actors"), **{name: key}),
        registry.get(f"/v1/sources/{PLAN}/text?{name}={key}"),
        registry.get(f"/v1/actors?{name}={key}"),
    ):
        assert answer.status_code in (401, 422)
        assert key not in answer.get_data(as_text=True)


def test_a_key_is_shown_by_no_description_of_its_holder(registry: Registry):
    with registry.ledger.database.read_snapshot() as snapshot:
        holder = keys.find_holder(snapshot, registry.key)
    assert holder is not None
    assert registry.key not in repr(holder)
    assert keys.hash_secret(registry.key) == holder.sha256
    assert "sha256" not in repr(holder)
