"""The seed: the readings that `serve --prepare` loads, each as one changeset.

Every reading is imported at the head that the readings before it leave behind, and only where they
wrote that head. So a start that was killed is completed by the next one, and a registry in which
anybody else wrote is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from api.bulk.importing import ImportOptions
from api.cli.importing import import_at_head
from api.ledger import Ledger
from api.package_data import SEEDS

AUTHOR = "seed"


@dataclass(frozen=True, slots=True)
class SeedChangeset:
    """The records of some sources: a folder for each."""

    message: str
    names: tuple[str, ...]

    @property
    def folders(self) -> list[Path]:
        """The folders of the records, one for each source."""
        return [SEEDS / name for name in self.names]

    @property
    def texts(self) -> dict[str, Path]:
        """The files of the free texts, by the source to which they belong."""
        return {file.stem: file for folder in self.folders for file in folder.glob("texts/*.txt")}


SEED_CHANGESETS = (
    SeedChangeset(
        "the reading of one article of 31 March 2023",
        ("2023-03-31-kremlin-rules-out-truce",),
    ),
    SeedChangeset(
        "the reading of three White House documents of 2025",
        (
            "2025-03-19-rubio-waltz-on-zelenskyy-call",
            "2025-03-25-us-russia-black-sea-outcomes",
            "2025-11-23-us-ukraine-joint-statement",
        ),
    ),
)


def load_seed(ledger: Ledger) -> None:
    """Import the readings that are missing, unless anybody else wrote in the registry."""
    for head, reading in enumerate(SEED_CHANGESETS):
        if _is_seed_at(ledger, head):
            how = ImportOptions(author=AUTHOR, message=reading.message)
            import_at_head(ledger, head, reading.folders, reading.texts, how)


def _is_seed_at(ledger: Ledger, head: int) -> bool:
    """Whether the newest changeset is `head`, and the seed's; the empty registry's head is 0."""
    with ledger.reading() as reader:
        if reader.moment.known_at != head:
            return False
        if head == 0:
            return True
        newest = reader.changeset(head)
        return (newest["author"], newest["message"]) == (AUTHOR, SEED_CHANGESETS[head - 1].message)
