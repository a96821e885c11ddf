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
        if head == 0 or _is_seed(ledger, head):
            options = ImportOptions(author=AUTHOR, message=each.message, expected_head=head)
            import_at_head(ledger, each.folders, each.texts, options)


def _is_seed(ledger: Ledger, number: int) -> bool:
    with ledger.open_reader() as reader:
        found = reader.read_changeset(number)
    return (found["author"], found["message"]) == (AUTHOR, SEED_CHANGESETS[number - 1].message)
