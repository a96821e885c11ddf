"""Read the three tables as they were published, and find invalid rows."""

import csv
import gzip
import io
import re
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from api.bulk.files import DECOMPRESSION_ERRORS
from api.bulk.unga.records import FORCES
from api.errors import Invalid

_VOTES = ("rcid", "country_code", "country", "vote")
_ROLL_CALLS = ("rcid", "session", "date", "unres", "amend", "para", "short", "descr")
_TOPICS = ("rcid", "short_name", "issue")


@dataclass(frozen=True, slots=True)
class VoteFiles:
    """The paths of the three tables."""

    votes: Path
    roll_calls: Path
    topics: Path


@dataclass(frozen=True, slots=True)
class VoteTables:
    """The contents of the tables, by roll call (`rcid`).

    `topics` holds the short names of its topics, `votes` the vote of each country. `issues` maps
    the short name of a topic to its name, `rejected` has a sentence for each invalid row of votes.
    """

    roll_calls: Mapping[str, Mapping[str, str]]
    topics: Mapping[str, Sequence[str]]
    issues: Mapping[str, str]
    votes: Mapping[str, Mapping[str, str]]
    rejected: Sequence[str]


def read_tables(files: VoteFiles) -> VoteTables:
    """Read all tables; raises Invalid for files in another format."""
    roll_calls = {
        row[0]: dict[str, str](zip(_ROLL_CALLS, map(_clean_cell, row), strict=True))
        for _, row in _read_rows(files.roll_calls, _ROLL_CALLS)
    }
    topics: defaultdict[str, list[str]] = defaultdict(list)
    issues: dict[str, str] = {}
    for _, (rcid, short_name, issue) in _read_rows(files.topics, _TOPICS):
        topics[rcid].append(short_name)
        issues[short_name] = issue
    rejected: list[str] = []
    votes = _read_votes(files.votes, roll_calls, rejected)
    return VoteTables(roll_calls, topics, issues, votes, rejected)


def _clean_cell(text: str) -> str:
    """Replace control characters, of which a few descriptions hold one in the place of a blank."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text)


@contextmanager
def _open_table(path: Path) -> Generator[io.TextIOBase]:
    opened = partial(gzip.open, path) if path.suffix == ".gz" else path.open
    try:
        with opened("rt", encoding="utf-8-sig", newline="") as file:
            yield cast("io.TextIOBase", file)
    except (UnicodeDecodeError, csv.Error, *DECOMPRESSION_ERRORS) as error:
        raise Invalid(f"{path}: {error}") from error


def _read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the named columns of each row, with its line; no text counts as a missing value."""
    with _open_table(path) as file:
        reader = csv.reader(file)
        header = next(reader, list[str]())
        if missing := [each for each in columns if each not in header]:
            raise Invalid(f"{path} has no column {', '.join(missing)}")
        places = [header.index(each) for each in columns]
        for row in reader:
            if len(row) != len(header):
                detail = f"has {len(row)} cells, but the header has {len(header)}"
                raise Invalid(f"{path}:{reader.line_num}: {detail}")
            yield reader.line_num, [row[place] for place in places]


def _read_votes(
    path: Path, roll_calls: Mapping[str, object], rejected: list[str]
) -> Mapping[str, Mapping[str, str]]:
    """Map each roll call to the votes of its countries; invalid rows are added to `rejected`."""
    votes: dict[str, dict[str, str]] = {rcid: {} for rcid in roll_calls}
    intern = sys.intern  # a few hundred names and three votes, 870,109 times
    for number, (rcid, _, country, vote) in _read_rows(path, _VOTES):
        cast = votes.get(rcid)
        if cast is not None and country and vote in FORCES and country not in cast:
            cast[intern(country)] = intern(vote)
        else:
            fault = _describe_fault(rcid, country, vote, cast)
            rejected.append(f"{path}:{number}: {fault}")
    return votes


def _describe_fault(rcid: str, country: str, vote: str, cast: Mapping[str, str] | None) -> str:
    if cast is None:
        return f"rcid: there is no roll call {rcid}"
    if not country:
        return "country: is empty"
    if vote not in FORCES:
        return f"vote: {vote!r} is not one of {', '.join(FORCES)}"
    return f"country: {country} votes twice in roll call {rcid}"
