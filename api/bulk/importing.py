"""The importer: NDJSON files, one a noun, written as one changeset or not at all.

A file is named after its noun (`positions.ndjson`); a folder stands for all such files in it. Each
line is a record as POST takes it, checked by the same schemas and rules. A record that is there is
amended, one that says nothing new writes nothing, so importing a file twice is harmless. A
retracted record is refused rather than revived.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.errors import Found, Invalid, RulesBroken, SineQuaNonError, WouldBreak
from api.ledger import Change, Ledger, Receipt
from api.ledger.noun import Record
from api.ledger.texts import plain_text
from api.nouns import RESOURCES
from api.sources.rules import text_fault
from api.web.requests import RequestRefused, strictly_parsed
from api.web.resource import Resource

SUFFIX = ".ndjson"

_BY_NAME = {resource.noun.name: resource for resource in RESOURCES}


class Rejected(SineQuaNonError):
    """Files hold faults; nothing was written. `faults` has a sentence for each, with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Line:
    """A record with the place it was read from."""

    place: str
    noun: str
    record: Record


def import_files(
    ledger: Ledger,
    paths: Iterable[Path],
    texts: Mapping[str, Path],
    *,
    author: str,
    message: str,
    expected_head: int | None = None,
    dry_run: bool = False,
) -> tuple[Receipt, int]:
    """Import files and attach sources' texts, as one changeset.

    `texts` maps a source's id to a file of UTF-8 text. Returns the receipt and how many records
    were read. Raises Rejected with every fault found.
    """
    lines = _read(paths)
    attached = {id: plain_text(path.read_bytes()) for id, path in texts.items()}
    holders = {("sources", id): text for id, text in attached.items()}
    _check_hashes(ledger, lines, attached)
    try:
        receipt = ledger.append(
            [Change(line.noun, line.record["id"], line.record) for line in lines],
            texts=holders,
            author=author,
            message=message,
            expected_head=expected_head,
            dry_run=dry_run,
        )
    except (RulesBroken, WouldBreak) as error:
        places = {(line.noun, line.record["id"]): line.place for line in lines}
        raise Rejected([_placed(found, places) for found in error.found]) from error
    return receipt, len(lines)


def _read(paths: Iterable[Path]) -> list[Line]:
    faults: list[str] = []
    lines: list[Line] = []
    for path in _files(paths):
        resource = _resource(path)
        for number, raw in enumerate(path.read_bytes().splitlines(), 1):
            place = f"{path}:{number}"
            if not raw.strip():
                continue
            try:
                record = resource.load(strictly_parsed(raw))
            except RequestRefused as error:
                faults += [f"{place}: {each}" for each in _worded(error)]
            else:
                lines.append(Line(place, resource.noun.name, record))
    faults += _repeats(lines)
    if faults:
        raise Rejected(faults)
    return lines


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob(f"*{SUFFIX}"))
            if not found:
                raise Invalid(f"{path} holds no {SUFFIX} files")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise Invalid(f"there is no file {path}")


def _resource(path: Path) -> Resource:
    resource = _BY_NAME.get(path.stem) if path.suffix == SUFFIX else None
    if resource is None:
        near = difflib.get_close_matches(path.stem, _BY_NAME, n=1)
        hint = f"did you mean {near[0]}{SUFFIX}?" if near else f"one of {', '.join(_BY_NAME)}"
        raise Invalid(f"{path}: a file is named after its noun, with {SUFFIX} behind it; {hint}")
    return resource


def _worded(error: RequestRefused) -> Iterator[str]:
    if not error.faults:
        yield error.detail
    for fault in error.faults:
        yield f"{fault.get('pointer') or 'the line'}: {fault['detail']}"


def _repeats(lines: Iterable[Line]) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for line in lines:
        key = (line.noun, line.record["id"])
        if key in seen:
            yield f"{line.place}: /id: stands at {seen[key]} already"
        seen.setdefault(key, line.place)


def _placed(found: Found, places: Mapping[tuple[str, str], str]) -> str:
    place = places.get((found.noun, found.id))
    if place is None:
        return f"would break {found}"
    return f"{place}: {found.problem.pointer}: {found.problem.detail}"


def _check_hashes(ledger: Ledger, lines: Sequence[Line], texts: Mapping[str, str]) -> None:
    declared = {line.record["id"]: line.record for line in lines if line.noun == "sources"}
    with ledger.reading() as reader:
        lookup = reader.lookup()
        for id, text in texts.items():
            source = declared.get(id) or lookup.get("sources", id)
            if source is None:
                raise Rejected([f"--text {id}: there is no such source"])
            if fault := text_fault(source, text):
                raise Rejected([f"--text {id}: {fault}"])
