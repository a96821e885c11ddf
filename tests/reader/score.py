"""`python -m tests.reader.score FOLDER`: score the reader on texts with a gold of their own.

Each file `*.txt` is a text in which a person marked what is said: `⟦speaker|the words⟧`. A turn of
a transcript is marked at its first word: `⟦=label|Well⟧`. The reader reads it without the marks. A
quotation is found if start and end are equal, a turn if a candidate begins at its word. A speaker
is right if the marked name is part of the words that the reader gives, or of the actor's names.
Beside it stands what bare pairs of quotation marks would give.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from api.reader.candidates import Candidate, read_text
from tests.worlds import PROJECT

_GOLD = re.compile(r"⟦([^|⟧]*)\|([^⟧]*)⟧")
_BARE = re.compile(r"“([^”]+)”|«\s?([^»]+?)\s?»|„([^“”]+)[“”]|\"([^\"]+)\"|‘([^’]+)’")
ACTORS = [
    json.loads(line)
    for file in sorted((PROJECT / "seeds").glob("*/actors.ndjson"))
    for line in file.read_text(encoding="utf-8").splitlines()
]
_NAMES = {each["id"]: " ".join((each["name"], *each.get("aliases", ()))) for each in ACTORS}


class Said(NamedTuple):
    """A marked statement, or a turn that begins."""

    start: int
    end: int
    speaker: str


def read_gold(marked: str) -> tuple[str, list[Said]]:
    """Return the text without marks, and what was marked."""
    text, at, gold = "", 0, list[Said]()
    for found in _GOLD.finditer(marked):
        text += marked[at : found.start()]
        gold.append(Said(len(text), len(text) + len(found[2]), found[1]))
        text, at = text + found[2], found.end()
    return text + marked[at:], gold


def is_right(candidate: Candidate, speaker: str) -> bool:
    """Whether the candidate's speaker is the marked one."""
    told = candidate.speaker
    words = f"{told.words} {_NAMES.get(told.id or '', '')} {told.id}" if told else ""
    return speaker.casefold() in words.casefold()


def score(text: str, gold: list[Said]) -> dict[str, int]:
    """Count what was marked, given and right, and how many speakers are right."""
    found = [each for each in read_text(text, ACTORS) if each.attestation.startswith("verbatim")]
    if turns := [each for each in gold if each.speaker.startswith("=")]:
        by_start = {each.start: each for each in found}
        met = [by_start[each.start] for each in turns if each.start in by_start]
        right = sum(
            is_right(by_start[t.start], t.speaker[1:]) for t in turns if t.start in by_start
        )
        return {"turns": len(turns), "turns found": len(met), "turns' speakers": right}
    own = [each for each in found if each.number]  # not the source's own voice
    spans = {(each.start, each.end): each for each in own}
    hits = [(spans[each[:2]], each.speaker) for each in gold if each[:2] in spans]
    bare = [match.span(match.lastindex or 0) for match in _BARE.finditer(text)]
    return {
        "marked": len(gold), "given": len(own), "found": len(hits),
        "speakers": sum(is_right(*each) for each in hits),
        "bare given": len(bare), "bare found": sum(each[:2] in bare for each in gold),
    }  # fmt: skip


def main(folder: Path) -> None:
    """Print the counts of each file, and of each language (the letters of the file's name)."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for file in sorted(folder.glob("*.txt")):
        counts = score(*read_gold(file.read_text(encoding="utf-8")))
        print(file.stem, counts)
        for name, count in counts.items():
            for key in (file.stem.rstrip("0123456789"), "all"):
                sums[key][name] += count
    for key, counts in sums.items():
        print(key, dict(counts), end=" ")
        if counts["marked"]:
            found, given = counts["found"], counts["given"]
            print(f"recall {found / counts['marked']:.3f}, precision {found / max(given, 1):.3f}, "
                  f"speakers {counts['speakers'] / max(found, 1):.3f}", end="")  # fmt: skip
        print()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
