"""The importer: NDJSON files, one a noun, written as one changeset or not at all.

A file is named after its noun (`positions.ndjson`), or its lines name their own, as those of an
export do; a folder stands for all such files in it. Each line is checked by the same schemas and
rules as a POST (`lines`). A record that is there is
amended, one that says nothing new writes nothing, so importing a file twice is harmless. A
retracted record is refused rather than revived.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.bulk.lines import BY_NAME, Line, read_lines
from api.errors import Found, Invalid, RulesBroken, SineQuaNonError, WouldBreak
from api.ledger import Ledger, Receipt
from api.ledger.texts import plain_text
from api.sources.rules import text_fault
from api.web.problems import Fault
from api.web.resource import Resource

SUFFIX = ".ndjson"


class Rejected(SineQuaNonError):
    """Files hold faults; nothing was written. `faults` has a sentence for each, with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Placed:
    """A line with the file it was read from."""

    path: Path
    line: Line

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.path}:{self.line.number}"


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
            [each.line.change for each in lines],
            texts=holders,
            author=author,
            message=message,
            expected_head=expected_head,
            dry_run=dry_run,
        )
    except (RulesBroken, WouldBreak) as error:
        places = {(each.line.noun, each.line.id): each.place for each in lines}
        raise Rejected([_placed(found, places) for found in error.found]) from error
    return receipt, len(lines)


def _read(paths: Iterable[Path]) -> list[Placed]:
    faults: list[str] = []
    lines: list[Placed] = []
    for path in _files(paths):
        found, wrong = read_lines(path.read_bytes(), _resource(path))
        lines += (Placed(path, line) for line in found)
        faults += (f"{path}:{_worded(each)}" for each in wrong)
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


def _resource(path: Path) -> Resource | None:
    """Find the noun after which a file is named; None where its lines name their own."""
    if path.suffix != SUFFIX:
        raise Invalid(f"{path}: a file is named after its noun, with {SUFFIX} behind it")
    if path.stem in BY_NAME:
        return BY_NAME[path.stem]
    with path.open("rb") as file:
        if file.readline().startswith(b'{"noun"'):
            return None
    near = difflib.get_close_matches(path.stem, BY_NAME, n=1)
    hint = f"did you mean {near[0]}{SUFFIX}?" if near else f"one of {', '.join(BY_NAME)}"
    raise Invalid(
        f"{path}: a file is named after its noun, with {SUFFIX} behind it, or each of its lines "
        f"begins with its own; {hint}"
    )


def _worded(fault: Fault) -> str:
    return f"{fault['line']}: {fault.get('pointer') or 'the line'}: {fault['detail']}"


def _repeats(lines: Iterable[Placed]) -> Iterator[str]:
    """Find records that stand in two files."""
    seen: dict[tuple[str, str], Placed] = {}
    for each in lines:
        first = seen.setdefault((each.line.noun, each.line.id), each)
        if first.path != each.path:
            yield f"{each.place}: /id: stands at {first.place} already"


def _placed(found: Found, places: Mapping[tuple[str, str], str]) -> str:
    place = places.get((found.noun, found.id))
    if place is None:
        return f"would break {found}"
    return f"{place}: {found.problem.pointer}: {found.problem.detail}"


def _check_hashes(ledger: Ledger, lines: Sequence[Placed], texts: Mapping[str, str]) -> None:
    declared = {p.line.id: p.line.record for p in lines if p.line.noun == "sources"}
    with ledger.reading() as reader:
        lookup = reader.lookup()
        for id, text in texts.items():
            source = declared.get(id) or lookup.get("sources", id)
            if source is None:
                raise Rejected([f"--text {id}: there is no such source"])
            if fault := text_fault(source, text):
                raise Rejected([f"--text {id}: {fault}"])
