"""`sinequanon import unga-votes`: the recorded votes of the UN General Assembly.

Three tables in the form of the package *unvotes* (Erik Voeten's data): votes (rcid, country_code,
country, vote), roll calls (rcid, session, date, unres, amend, para, short, descr) and topics (rcid,
short_name, issue), each as CSV, also gzipped. All records belong to one conflict of kind `forum`:

- A roll call becomes a source (its record), a proposal with one component (what is voted on; its
  phase is the session, because sessions run into the next year) and a proposition (its adoption).
- A topic becomes an issue.
- A vote becomes a position: yes accepts, no rejects, abstain abstains; absences are no votes.

States are found among the actors by their names and aliases. Codes are not used: the code NA is
Namibia's, and some former states have none. Unknown states are added under their names.

The roll calls are written in the order of the file, in lots of one changeset each. So memory stays
small, a second run after a crash continues where the first one ended, and a second import of the
same files writes nothing.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence

from api.bulk.importing import ImportOptions, ImportRejected, ImportResult
from api.bulk.unga import records
from api.bulk.unga.records import VotingStates
from api.bulk.unga.tables import VoteFiles, VoteTables, read_tables
from api.ledger import Change, Ledger

__all__ = ["VoteFiles", "import_votes"]

_LOT_SIZE = 10_000
"""About how many votes are written as one changeset; a roll call is never split."""


def import_votes(ledger: Ledger, files: VoteFiles, options: ImportOptions) -> ImportResult:
    """Import all votes; `options` say by whom, and whether invalid rows are skipped.

    Raises ImportRejected with all invalid rows before anything is written, unless they are.
    """
    tables = read_tables(files)
    if tables.rejected and not options.skip:
        raise ImportRejected(tables.rejected)
    result = ImportResult(rejected=len(tables.rejected), sentences=tables.rejected)
    states = VotingStates(ledger)
    options.watch.begin_part("votes", sum(map(len, tables.votes.values())))
    gc.freeze()  # otherwise every collection traverses all votes again

    def write_changeset(changes: Sequence[Change], message: str) -> None:
        with ledger.database.begin_write() as write:
            pending = ledger.begin_changeset(write, options.author, message)
            pending.warns = False  # of roll calls that are named alike
            receipt = pending.write_changes(changes)
        result.written += len(receipt.written)
        result.heads.append(receipt.head)

    shared = records.make_assembly_records(tables.issues)
    write_changeset(shared, "the General Assembly and its topics")
    for lot in _group_roll_calls(tables.votes):
        changes = [each for rcid in lot for each in _make_changes(tables, rcid, states)]
        result.read += sum(len(tables.votes[rcid]) for rcid in lot)
        write_changeset(changes, f"votes of the General Assembly, roll calls {lot[0]} to {lot[-1]}")
        options.watch.report_progress(result.read, rows=result.read, rejected=result.rejected)
    return result


def _group_roll_calls(votes: Mapping[str, Mapping[str, str]]) -> Iterator[list[str]]:
    """Group whole roll calls into lots, in the order of their file."""
    lot: list[str] = []
    size = 0
    for rcid, cast in votes.items():
        if lot and size + len(cast) > _LOT_SIZE:
            yield lot
            lot, size = [], 0
        lot.append(rcid)
        size += len(cast)
    if lot:
        yield lot


def _make_changes(tables: VoteTables, rcid: str, states: VotingStates) -> Iterator[Change]:
    """Yield a roll call's records and its votes, each after its state if that is unknown."""
    roll_call = tables.roll_calls[rcid]
    yield from records.make_roll_call_records(roll_call, tables.topics.get(rcid, ()))
    forces = records.FORCES.items()
    ballot = {vote: records.make_position(roll_call, force) for vote, force in forces}
    for country, vote in tables.votes[rcid].items():
        yield from states.make_missing_state(country)
        yield records.copy_for_state(states.ids[country], ballot[vote])
