"""The lines of one request body, parsed, with the faults of all of them together."""

import io
from collections.abc import Iterable, Mapping

from api.bulk.cells import FindRecord
from api.bulk.lines import Line, read_lines, read_rows
from api.ledger.versions.lookup import Key
from api.web.contract.limits import FAULTS, LINES
from api.web.contract.problems import Fault, refuse_excess
from api.web.resource import Resource


def collect_lines(
    raw: bytes, resource: Resource | None, find: FindRecord
) -> tuple[list[Line], list[Fault]]:
    """Parse a table of one noun, or lines of mixed ones; return the valid lines and the faults.

    Reading ends after more faults than a problem lists: each takes longer than many valid lines.
    """
    file, lines, faults, seen = io.BytesIO(raw), list[Line](), list[Fault](), dict[Key, int]()
    for each in read_lines(file, None) if resource is None else read_rows(file, resource, find):
        if each.number > LINES.most:
            raise refuse_excess(LINES)
        if not isinstance(each, Line):
            faults += each.faults
        elif (first := seen.setdefault(each.key, each.number)) == each.number:
            lines.append(each)
        else:
            faults.append(_make_duplicate(each, first))
        if len(faults) > FAULTS:
            break
    return lines, faults


def _make_duplicate(line: Line, first: int) -> Fault:
    detail = f"{line.noun}/{line.id} is already in line {first}"
    return {"line": str(line.number), "pointer": "/id", "detail": detail}


def map_line_numbers(lines: Iterable[Line]) -> Mapping[Key, int]:
    """Map each record to the number of its line."""
    return {line.key: line.number for line in lines}
