"""What each line of the plainer questions tells of its record: whose word it is, and its doubts."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.analysis.declarations import about, answer, list_columns
from api.analysis.engine.days import format_day, has_passed
from api.analysis.engine.in_force import MOST_DISPUTED
from api.analysis.engine.scene import DEFAULT_VOICES, Labels, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.stances import day_of, list_holders, noun_of
from api.analysis.engine.weighing import Weighing
from api.ledger.noun import Record
from api.vocabulary import LINE_STATE, VOICE
from api.web.contract.parameters import ListParameter


def make_voices_parameter() -> ListParameter:
    """Make the parameter that chooses whose word is a fact; a deadlock chooses alike."""
    return ListParameter(
        "In whose voice a record must speak to count; several, separated by commas. What other "
        f"voices say is `reported`. Default: {','.join(DEFAULT_VOICES)}.",
        codes=VOICE,
    )


def read_voices(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the voices asked for."""
    return tuple(data.get("voices", DEFAULT_VOICES))


@answer
class RecordLine:
    """Whose word a record is, how it counts, and what is doubtful; null where there is none."""

    state: str | None = about(codes=LINE_STATE)
    voice: str | None = about("who speaks, seen from the holder", codes=VOICE)
    account: str | None = about("whose account it is, in words")
    stated_on: str | None = about("when it was said, where that is known", form="edtf")
    last_attested_on: str | None = about("when it is attested last", form="day")
    denied_by: str | None = about("the denial of its supposed holder", noun="positions")
    disputed_with: Sequence[str] = about(
        f"equal records of that day that say the opposite, the first {MOST_DISPUTED} of them; the "
        "list of positions, filtered by holder and proposition, has all"
    )
    deadline: str | None = about("by when it asks for something", form="edtf")
    deadline_passed: bool = about("that day lies before the day asked for")
    doubts: Sequence[str] = about("what is doubtful in it and its sources", each="a sentence")
    sentence: str | None = about("it in plain English, and whose account it is")


LINE_COLUMNS = list_columns(RecordLine)
NO_LINE: Mapping[str, Any] = {
    **dict.fromkeys(LINE_COLUMNS), "disputed_with": (), "doubts": (), "deadline_passed": False
}  # fmt: skip


class LineWriter:
    """Writes the lines of records, weighed in the voices asked for."""

    def __init__(self, lookup: Labels, weighing: Weighing, day: str | None) -> None:
        self.say, self.weighing, self._day = Sentences(lookup), weighing, day

    def describe_line(
        self, record: Record, holder: str = "", consequent: str | None = None
    ) -> dict[str, Any]:
        """Return the fields of a `RecordLine`, seen from one of the holders.

        Of conditions, they are of one `consequent`, where that is given.
        """
        holder = holder if holder in list_holders(record) else record["holder"]
        state, disputed_with = self.weighing.weigh(record, holder, consequent)
        denial = self.weighing.overrides.find_denial(record, holder)
        deadline = record.get("deadline")
        passed = has_passed(deadline, self._day)
        account = self.say.describe_account(record, holder)
        said = f"{self.say.describe_record(noun_of(record), record)}, {account}"
        if denial is not None:
            said += f", which {self.say.name_actor(holder)} denies ({format_day(day_of(denial))})"
        if passed:
            said += f"; the deadline, {format_day(deadline)}, has passed"
        return {
            "state": state,
            "voice": record["voice"],
            "account": account,
            "stated_on": record["stated_on"],
            "last_attested_on": record["last_attested_on"],
            "denied_by": denial and denial["id"],
            "disputed_with": disputed_with,
            "deadline": deadline,
            "deadline_passed": passed,
            "doubts": self.say.write_doubts(record),
            "sentence": said,
        }


def make_line_writer(scene: Scene, voices: Sequence[str], *, over_time: bool = False) -> LineWriter:
    """Make the writer of a scene's lines."""
    records = (*scene.positions, *scene.denials, *scene.preconditions)
    return LineWriter(scene.lookup, Weighing(records, voices, over_time=over_time), scene.day)
