"""`sinequanon import countries`: the world's states, and the groups that they belong to.

The table is *Country Codes* of the Data Hub (datasets/country-codes), with a row for each code of
ISO 3166-1. A state gets its code, its Wikidata item, and its names in six languages as aliases.
Rows that are not independent states are left out and listed. A group is a file `group_NAME.csv`
with the columns Code and Name, as in openclimatedata/countrygroups. It becomes an actor, with dated
members if there is a column Member-Since, or one actor for each Region if there is such a column.

An existing actor is amended, never duplicated. It is found by its code, or as a state by its name.
It keeps its id and everything that its author wrote, and gets what it lacks. So a second import of
the same files writes nothing.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.actors import ACTORS
from api.bulk.importing import ImportOptions, ImportResult
from api.errors import Invalid
from api.ledger import Change, Ledger
from api.ledger.noun import Record
from api.ledger.words import make_slug
from api.web.contract.problems import RequestRefused

_CODE, _NAME, _INDEPENDENT = "ISO3166-1-Alpha-3", "CLDR display name", "is_independent"
_ALIASES = (
    "CLDR display name", "official_name_en", "UNTERM English Short", "UNTERM English Formal",
    "official_name_fr", "official_name_es", "official_name_ru", "official_name_ar",
    "official_name_cn",
)  # fmt: skip
_ABBREVIATED = 3
"""A name of at most this length is an abbreviation; the first longer name is used instead."""

MOST_ACTORS = 100_000
_PREFIX = "group_"

_KINDS = {"european-union": "organisation"}
"""The kind of actor that a group is; all others are `collective`, a label for their members."""


@dataclass(slots=True)
class _ActorIndex:
    """All actors, existing and new, indexed by id and code, states also by name."""

    by_id: dict[str, Record] = field(default_factory=dict[str, Record])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    by_code: dict[str, str] = field(default_factory=dict[str, str])
    states: dict[str, str] = field(default_factory=dict[str, str])
    touched: dict[str, Record] = field(default_factory=dict[str, Record])

    def index_actor(self, record: Record) -> None:
        self.by_id[record["id"]] = record
        if code := record.get("iso3166"):
            self.by_code[code] = record["id"]
        if record["kind"] == "state":
            for name in (record["name"], *record.get("aliases", ())):
                self.states.setdefault(name, record["id"])

    def find_state_without_code(self, names: Iterable[str]) -> str | None:
        """Find a state by one of its names, unless it has a code."""
        ids = (self.states.get(each) for each in names)
        return next((id for id in ids if id and "iso3166" not in self.by_id[id]), None)

    def update_actor(self, record: Record) -> None:
        """Add an actor that is to be written, in place of the existing one."""
        self.index_actor(record)
        self.touched[record["id"]] = record


def import_countries(
    ledger: Ledger, table: Path, groups: Path | None, options: ImportOptions
) -> tuple[ImportResult, Sequence[str]]:
    """Import states and groups as one changeset; returns the outcome, and the rows left out.

    Raises Invalid for files in another format.
    """
    rows = _read_table(table, (_CODE, _NAME, _INDEPENDENT, "wikidata_id", *_ALIASES))
    actors = _index_actors(ledger)
    left_out = [*_update_states(actors, rows)]
    for path in sorted(groups.glob(f"{_PREFIX}*.csv")) if groups else ():
        _update_groups(actors, path)
    drafts = map(_load_actor, actors.touched.values())
    changes = [
        Change(ACTORS.name, each["id"], each, actors.revisions.get(each["id"], 0))
        for each in drafts
    ]
    receipt = ledger.append_changes(
        changes, author=options.author, message=options.message, dry_run=options.dry_run
    )
    return ImportResult.from_receipt(len(changes), receipt), left_out


def _load_actor(record: Record) -> Record:
    try:
        return ACTORS.load_draft(record)
    except RequestRefused as error:
        told = (f"{each.get('pointer', '')}: {each['detail']}" for each in error.faults)
        raise Invalid(f"the actor {record['id']}: {'; '.join(told)}") from error


def _index_actors(ledger: Ledger) -> _ActorIndex:
    actors = _ActorIndex()
    with ledger.open_reader() as reader:
        for record in reader.read_all(ACTORS, {}, most=MOST_ACTORS):
            actors.index_actor(ACTORS.load_draft(record))
            actors.revisions[record["id"]] = record["revision"]
    return actors


def _update_states(actors: _ActorIndex, rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Update the independent states; yield a line for each row that is left out."""
    for row in rows:
        if row[_INDEPENDENT] == "Yes":
            _update_state(actors, row)
        else:
            yield f"{(_list_names(row) or [row[_CODE]])[0]}: {row[_INDEPENDENT]}"


def _clean_cell(cell: str | None) -> str:
    return str(cell or "").replace("\xa0", " ").strip()


def _read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # No text counts as a missing value: NA is the code of Namibia.
            reader = csv.DictReader(file)
            rows = [{name: _clean_cell(cell) for name, cell in row.items()} for row in reader]
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8") from error
    except csv.Error as error:
        raise Invalid(f"{path}: {error}") from error
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
    known = actors.by_id.get(id or "") or {"name": name}
    made = make_slug(name)
    made = f"{made}-{code.lower()}" if made in actors.by_id else made
    record: dict[str, Any] = {"id": made, "kind": "state", "iso3166": code, **known}
    if item := row["wikidata_id"].rpartition("/")[2]:
        record.setdefault("wikidata", item)
    names = [*record.get("aliases", ()), *aliases, name]
    record["aliases"] = _drop_duplicates(names, without=record["name"])
    actors.update_actor(record)


def _list_names(row: Mapping[str, str]) -> list[str]:
    """List a state's names, the main one first, without the notes that the table appends."""
    cleaned = (re.sub(r"( \(the\))?( \*)?$", "", row[each]) for each in _ALIASES)
    names = _drop_duplicates(each.removeprefix("the ") for each in cleaned)
    longer = [each for each in names if len(each) > _ABBREVIATED]
    return _drop_duplicates([*longer[:1], *names])


def _update_groups(actors: _ActorIndex, path: Path) -> None:
    name = path.stem.removeprefix(_PREFIX)
    members: dict[str, list[dict[str, Any]]] = {}
    for row in _read_table(path, ("Code", "Name")):
        id = actors.by_code.get(row["Code"]) or make_slug(row["Name"])
        if id not in actors.by_id:
            raise Invalid(f"{path}: {row['Code']} {row['Name']} is not a known actor")
        _add_alias(actors, id, row["Name"])
        since = row.get("Member-Since")
        member = {"actor": id, **({"from": since} if since else {})}
        members.setdefault(row.get("Region") or name, []).append(member)
    for label, listed in members.items():
        _update_group(actors, label, listed)


def _add_alias(actors: _ActorIndex, id: str, name: str) -> None:
    """Add the name that a group uses for an actor to its aliases."""
    record = actors.by_id[id]
    known = {record["name"], *record.get("aliases", ())}
    if name not in known:
        actors.update_actor({**record, "aliases": [*record.get("aliases", ()), name]})


def _update_group(actors: _ActorIndex, label: str, members: Sequence[Mapping[str, Any]]) -> None:
    id = make_slug(label)
    record = dict(actors.by_id.get(id) or {"id": id, "name": _format_group_name(label)})
    record.setdefault("kind", _KINDS.get(id, "collective"))
    record.setdefault("members_kind", "listed")
    known = {each["actor"] for each in record.get("members", ())}
    added = [each for each in members if each["actor"] not in known]
    record["members"] = [*record.get("members", ()), *added]
    actors.update_actor(record)


def _format_group_name(label: str) -> str:
    """Return a group's name: the label as it is, or made from a lower-case file name."""
    if label != label.lower():
        return label
    short = re.fullmatch(r"[a-z]{1,5}[0-9]*", label) is not None
    return label.upper() if short else label.replace("-", " ").title()


def _drop_duplicates(names: Iterable[str], *, without: str = "") -> list[str]:
    return [each for each in dict.fromkeys(names) if each and each != without]
