"""`sinequanon import countries`: the world's states, and the groups that they belong to.

The table is the one that the Data Hub keeps as *Country Codes* (datasets/country-codes), a row for
each code of ISO 3166-1: a state gets its codes, its item in Wikidata, and its names in six
languages as aliases. Rows that are no independent state are left out, and named. A group is a file
`group_NAME.csv` with the columns Code and Name, as openclimatedata/countrygroups has them: an actor
with dated members where there is a column Member-Since, and one for each Region where there is one.

An actor that is there is amended, never doubled: it is found by its code, else as a state by its
name; it keeps its id and all that its author wrote, and gets what it lacks. So a second import of
the same files writes nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.actors.routes import RESOURCE as ACTORS
from api.errors import Invalid
from api.ledger import Change, Ledger, Receipt
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.reader import Reader
from api.web.names import slug

_CODE, _NAME, _INDEPENDENT = "ISO3166-1-Alpha-3", "CLDR display name", "is_independent"
_ALIASES = (
    "CLDR display name", "official_name_en", "UNTERM English Short", "UNTERM English Formal",
    "official_name_fr", "official_name_es", "official_name_ru", "official_name_ar",
    "official_name_cn",
)  # fmt: skip
_ABBREVIATED = 3
"""A name no longer than this is an abbreviation: the official one is taken instead."""

_MOST_ACTORS = 100_000
_PREFIX = "group_"

_KINDS = {"european-union": "organisation"}
"""What a group is: a body of its own, or (all others) a label for its members."""


@dataclass(frozen=True, slots=True)
class CountryImportResult:
    """What came of an import: the receipt, how many actors were read, which rows were left out."""

    receipt: Receipt
    read: int
    left_out: Sequence[str]


@dataclass(slots=True)
class _ActorIndex:
    """The actors that are there and those to be written, found by code and by name."""

    by_id: dict[str, Record] = field(default_factory=dict[str, Record])
    by_code: dict[str, str] = field(default_factory=dict[str, str])
    states: dict[str, str] = field(default_factory=dict[str, str])
    touched: dict[str, Record] = field(default_factory=dict[str, Record])

    def index_actor(self, record: Record) -> None:
        """Take note of an actor."""
        self.by_id[record["id"]] = record
        if code := record.get("iso3166"):
            self.by_code[code] = record["id"]
        if record["kind"] == "state":
            for name in (record["name"], *record.get("aliases", ())):
                self.states.setdefault(name, record["id"])

    def find_state_without_code(self, names: Iterable[str]) -> str | None:
        """Find a state by one of its names, unless that has another code."""
        found = (self.states.get(each) for each in names)
        return next((id for id in found if id and "iso3166" not in self.by_id[id]), None)

    def update_actor(self, record: Record) -> str:
        """Write an actor over the one that is there."""
        self.index_actor(record)
        self.touched[record["id"]] = record
        return record["id"]


def import_countries(
    ledger: Ledger,
    table: Path,
    groups: Path | None,
    *,
    author: str,
    message: str,
    dry_run: bool = False,
) -> CountryImportResult:
    """Import states and groups as one changeset; raises Invalid for files of another form."""
    rows = _read_table(table, (_CODE, _NAME, _INDEPENDENT, "wikidata_id", *_ALIASES))
    with ledger.reading() as reader:
        actors = _ActorIndex()
        for record in _load_actors(reader):
            actors.index_actor(record)
    left_out: list[str] = []
    for row in rows:
        if row[_INDEPENDENT] == "Yes":
            _update_state(actors, row)
        else:
            left_out.append(f"{(_list_names(row) or [row[_CODE]])[0]}: {row[_INDEPENDENT]}")
    for path in sorted(groups.glob(f"{_PREFIX}*.csv")) if groups else ():
        _update_groups(actors, path)
    changes = [
        Change(ACTORS.noun.name, id, ACTORS.load(record)) for id, record in actors.touched.items()
    ]
    receipt = ledger.append(changes, author=author, message=message, dry_run=dry_run)
    return CountryImportResult(receipt, len(changes), left_out)


def _load_actors(reader: Reader) -> Iterator[Record]:
    for record in reader.every(ACTORS.noun, {}, most=_MOST_ACTORS):
        yield ACTORS.load(parse(reader.record(ACTORS.noun, record["id"]).body))


def _read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Nothing is read as a missing value: Namibia's code is NA.
            reader = csv.DictReader(file)
            rows = [
                {name: str(value or "").replace("\xa0", " ").strip() for name, value in row.items()}
                for row in reader
            ]
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: it is not UTF-8") from error
    missing = [each for each in columns if each not in (reader.fieldnames or ())]
    if missing:
        raise Invalid(f"{path} has no column {', '.join(missing)}")
    return rows


def _update_state(actors: _ActorIndex, row: Mapping[str, str]) -> None:
    code, names = row[_CODE], _list_names(row)
    if not names:
        raise Invalid(f"the state with the code {code!r} has no name")
    name, *aliases = names
    id = actors.by_code.get(code) or actors.find_state_without_code((name, *aliases))
    there: dict[str, Any] = dict(actors.by_id.get(id or "") or {"name": name})
    there.setdefault("id", _make_state_id(actors, name, code))
    there.setdefault("kind", "state")
    there.setdefault("iso3166", code)
    if item := row["wikidata_id"].rpartition("/")[2]:
        there.setdefault("wikidata", item)
    there["aliases"] = _drop_duplicates(
        [*there.get("aliases", ()), *aliases, name], without=there["name"]
    )
    actors.update_actor(there)


def _list_names(row: Mapping[str, str]) -> list[str]:
    """Give a state's name and then its others, without the notes that lists put behind them."""
    cleaned = (re.sub(r"( \(the\))?( \*)?$", "", row[each]) for each in _ALIASES)
    names = _drop_duplicates(each.removeprefix("the ") for each in cleaned)
    longer = [each for each in names if len(each) > _ABBREVIATED]
    return _drop_duplicates([*longer[:1], *names])


def _update_groups(actors: _ActorIndex, path: Path) -> None:
    name = path.stem.removeprefix(_PREFIX)
    members: dict[str, list[dict[str, Any]]] = {}
    for row in _read_table(path, ("Code", "Name")):
        id = actors.by_code.get(row["Code"]) or slug(row["Name"])
        if id not in actors.by_id:
            raise Invalid(f"{path}: {row['Code']} {row['Name']} is no known actor")
        _add_alias(actors, id, row["Name"])
        since = row.get("Member-Since")
        member = {"actor": id, **({"from": since} if since else {})}
        members.setdefault(row.get("Region") or name, []).append(member)
    for label, listed in members.items():
        _update_group(actors, label, listed)


def _add_alias(actors: _ActorIndex, id: str, name: str) -> None:
    """Let an actor be known by the name that a group has for it, too."""
    there = actors.by_id[id]
    known = {there["name"], *there.get("aliases", ())}
    if name not in known:
        actors.update_actor({**there, "aliases": [*there.get("aliases", ()), name]})


def _update_group(actors: _ActorIndex, label: str, members: Sequence[Mapping[str, Any]]) -> None:
    id = slug(label)
    there = dict(actors.by_id.get(id) or {"id": id, "name": _format_group_name(label)})
    there.setdefault("kind", _KINDS.get(id, "collective"))
    there.setdefault("members_kind", "listed")
    known = {each["actor"] for each in there.get("members", ())}
    added = [each for each in members if each["actor"] not in known]
    there["members"] = [*there.get("members", ()), *added]
    actors.update_actor(there)


def _format_group_name(label: str) -> str:
    """Give a group's name: as it is written, or from a file's name."""
    if label != label.lower():
        return label
    short = re.fullmatch(r"[a-z]{1,5}[0-9]*", label) is not None
    return label.upper() if short else label.replace("-", " ").title()


def _make_state_id(actors: _ActorIndex, name: str, code: str) -> str:
    id = slug(name)
    return f"{id}-{code.lower()}" if id in actors.by_id else id


def _drop_duplicates(names: Iterable[str], *, without: str = "") -> list[str]:
    return [each for each in dict.fromkeys(names) if each and each != without]
