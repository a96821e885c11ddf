"""The seed: the changesets that `serve --prepare` loads into an empty registry.

Each is imported only if the newest changeset is the seed's changeset before it. So if loading is
killed, the next start completes it, and a registry in which anybody else wrote is left alone.
"""

from dataclasses import dataclass
from pathlib import Path

from api.bulk.importing import ImportOptions
from api.cli.import_kinds import import_at_head
from api.ledger import Ledger
from api.package_data import SEEDS

AUTHOR = "seed"


@dataclass(frozen=True, slots=True)
class SeedChangeset:
    """The records of some sources, with a folder for each source."""

    message: str
    names: tuple[str, ...]

    @property
    def folders(self) -> list[Path]:
        """The folders of records, one for each source."""
        return [SEEDS / name for name in self.names]

    @property
    def texts(self) -> dict[str, Path]:
        """The files of freely licensed texts, by the id of their source."""
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
    """Import the seed's missing changesets, unless anybody else wrote in the registry."""
    for head, each in enumerate(SEED_CHANGESETS):
        if _is_seed_at(ledger, head):
            options = ImportOptions(author=AUTHOR, message=each.message, expected_head=head)
            import_at_head(ledger, each.folders, each.texts, options)


def _is_seed_at(ledger: Ledger, head: int) -> bool:
    """Whether the newest changeset is `head` and written by the seed; an empty registry has 0."""
    with ledger.open_reader() as reader:
        if reader.moment.known_at != head:
            return False
        if head == 0:
            return True
        newest = reader.read_changeset(head)
        return (newest["author"], newest["message"]) == (AUTHOR, SEED_CHANGESETS[head - 1].message)
