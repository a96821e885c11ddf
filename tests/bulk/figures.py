"""Figures of the votes of the UN General Assembly: published or counted, and served."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.bench.votes import Assembly
from tests.servers import Server

_FORCES = {"yes": "accept", "no": "reject", "abstain": "abstain"}

# From the NOTICE beside the data.
_VOTES = {"accept": 693_664, "reject": 65_548, "abstain": 110_897}
_RECORDS = {"sources": 6_203, "proposals": 6_203, "propositions": 6_203, "issues": 6,
            "positions": 870_109}  # fmt: skip
_TAGS, _SHARED, _LAST_DAY = 5_745, 6_031, "2020-01-14"
_NO_CODE = {"Yemen Arab Republic": 3_291, "Federal Republic of Germany": 2_151, "Zanzibar": 2}
_TALLIES = {"R/68/262": (100, 11, 58), "A/RES/74/17": (63, 19, 66), "A/RES/74/168": (65, 23, 83)}
_SCORES = {"63": 0.223404, "73": 0.215054, "74": 0.202247}
"""Of China and the United States in 2008, 2018 and 2019, by the session that began then."""

Figure = tuple[str, Any, Any]
"""(what, expected, found)."""


def list_answer_figures(known: Assembly, server: Server) -> Iterator[Figure]:
    """Yield the figures that the API answers."""
    yield "votes by force", _VOTES, _fetch_counts(server, "force")
    holders = _fetch_counts(server, "holder", "holder_label")
    by_state = Counter(row["country"] for row in known.votes)
    odd = [name for name in {*by_state, *holders} if by_state[name] != holders.get(name)]
    yield f"states of {len(by_state)} whose number of votes differs", [], odd
    yield "votes of states without a code", _NO_CODE, {name: holders.get(name) for name in _NO_CODE}
    tallies = {row["rcid"]: _fetch_counts(server, "force", proposition=f"unga-{row['rcid']}")
               for row in known.calls}  # fmt: skip
    counted = _count_tallies(known)
    odd = [rcid for rcid, tally in tallies.items() if tally != counted[rcid]]
    yield f"roll calls of {len(tallies):,} whose tally differs", [], odd
    symbols = {row["unres"]: row["rcid"] for row in known.calls}
    for symbol, tally in _TALLIES.items():
        yield f"tally of {symbol}", tally, tuple(tallies[symbols[symbol]][each] for each in _VOTES)
    last = server.ask("/v1/positions?sort=-attested_on&limit=1").json()["data"][0]
    yield "last day", _LAST_DAY, last["attested_on"]
    scores = {row["group"]: row["score"] for row in _fetch_agreement(server, "china,united-states")}
    for session, score in _SCORES.items():
        yield f"agreement, China and USA, session {session}", score, round(scores[session], 6)
    shared = _fetch_agreement(server, "belarus,russia", unanimous="keep")
    yield "roll calls shared, Belarus and Russia", _SHARED, sum(r["both_voted"] for r in shared)


def _count_tallies(known: Assembly) -> Mapping[str, Counter[str]]:
    """Count the votes of each roll call of the file."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in known.votes:
        counted[row["rcid"]][_FORCES[row["vote"]]] += 1
    return counted


def list_export_figures(known: Assembly, lines: Iterable[bytes]) -> Iterator[Figure]:
    """Yield the figures of an export."""
    records: Counter[str] = Counter()
    tags = 0
    names: dict[str, str] = {}
    left = {(f"unga-{r['rcid']}", r["country"], _FORCES[r["vote"]]) for r in known.votes}
    for line in lines:
        said = orjson.loads(line)
        noun, record = said["noun"], said["record"]
        records[noun] += 1
        if noun == "actors":
            names[record["id"]] = record["name"]
        elif noun == "propositions":
            tags += len(record.get("issues", ()))
        elif noun == "positions":
            left.discard((record["proposition"], names[record["holder"]], record["force"]))
    yield "records in the export", _RECORDS, {noun: records[noun] for noun in _RECORDS}
    yield "topics of roll calls in the export", _TAGS, tags
    yield "votes of the file that the export lacks", 0, len(left)


def _fetch_counts(server: Server, by: str, name: str = "", **more: str) -> dict[str, int]:
    asked = urlencode({"by": by, "conflict": "un-general-assembly", **more})
    groups = server.ask(f"/v1/positions/counts?{asked}").json()["data"]
    return {group[name or by]: group["count"] for group in groups}


def _fetch_agreement(server: Server, actors: str, **more: str) -> list[dict[str, Any]]:
    asked = urlencode({"actors": actors, **more})
    return server.ask(f"/v1/agreement?{asked}").json()["data"]
