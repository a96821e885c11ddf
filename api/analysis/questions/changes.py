"""Lists the positions and preconditions that differ between two moments."""

from collections.abc import Sequence

from api.analysis.declarations import about, answer, fill
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.loading import HELD
from api.errors import Gone
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.vocabulary import DIFFERENCE, END_REASON

_OURS = frozenset({"revision", "changeset", "recorded_at", "recorded_by", "links", "warnings"})
"""Fields that differ without being amended."""


@answer
class DifferingRecord:
    """A record that differs between two moments."""

    change: str = about(codes=DIFFERENCE)
    noun: str = about("`positions` or `preconditions`")
    id: str = about("the record")
    holder: str = about("whose it is", noun="actors")
    valid_from: str | None = about("since when it holds", form="edtf")
    valid_to: str | None = about("the first day on which it no longer holds", form="edtf")
    dated_by: str = about("where its beginning comes from: `valid_from`, or merely `attested_on`")
    end_reason: str | None = about("why it ended", codes=END_REASON)
    amended: Sequence[str] = about("what was amended", each="a field")
    revision: int = about("its revision at the second moment; if it is gone, the last known")
    sentence: str = about("it in plain English")


def list_changes(before: Scene, after: Scene, reader: Reader) -> list[DifferingRecord]:
    """List the positions and preconditions that differ; the reader is of the second moment."""
    say_before, say_after = Sentences(before.lookup), Sentences(after.lookup)
    found: list[DifferingRecord] = []
    for noun in HELD:
        was, now = ({r["id"]: r for r in getattr(scene, noun.name)} for scene in (before, after))
        for id, record in now.items():
            if id not in was:
                found.append(_make_change("opened", noun.name, record, say_after))
            elif amended := _list_amended(was[id], record):
                found.append(_make_change("amended", noun.name, record, say_after, amended))
        for id, record in was.items():
            if id not in now:
                how, newest = _find_end(reader, noun, id)
                found.append(_make_change(how, noun.name, newest or record, say_before))
    return found


def _find_end(reader: Reader, noun: Noun, id: str) -> tuple[str, Record | None]:
    """Find out how a record ended that is no longer in force, and what it was in the end."""
    try:
        return "closed", reader.read_record(noun, id).record
    except Gone:
        return "retracted", None


def _list_amended(old: Record, new: Record) -> list[str]:
    return [name for name in new if name not in _OURS and old.get(name) != new[name]]


def _make_change(
    change: str, noun: str, record: Record, say: Sentences, amended: Sequence[str] = ()
) -> DifferingRecord:
    dated_by = "valid_from" if record["valid_from"] else "attested_on"
    said = say.describe_record(noun, record)
    return fill(DifferingRecord, record, change=change, noun=noun, dated_by=dated_by,
                amended=amended, sentence=said)  # fmt: skip
