"""Translate a coded source into the changes of a changeset."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from itertools import accumulate
from time import monotonic
from typing import Any, TypeVar, cast

from api import clock
from api.coding.documents import SHOWN, list_records
from api.coding.naming import NameResolver, UnresolvedName
from api.coding.records import CodedRecord
from api.coding.schemas import CodedSourceSchema
from api.concurrency import dry_runs
from api.errors import Conflict, Gone, RecordProblem, RevisionMoved, RulesBroken, WouldBreak
from api.ledger import Change, Receipt, rehearse_changes
from api.ledger.reading.reader import Reader
from api.ledger.rules import drop_repeats, text_hash
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS_BY_NAME, list_named
from api.sources.rules import find_text_fault
from api.web.contract.limits import FAULTS
from api.web.contract.problems import Fault, RequestRefused, locate_faults, locate_record
from api.web.requests import load_body

W = TypeVar("W")

_SCHEMA = CodedSourceSchema()

_MOST_FOUND = 10 * FAULTS
"""How many faults are found at most; one in what a group gives is found in each of its records."""

_PATIENCE = 5.0
"""For how many seconds it is translated again while others amend what it adds evidence to."""


class CodedSource:
    """A coded source as a changeset: `changes`, `texts` to attach, and its `records` by key.

    It is translated against what the reader sees. Raises RequestRefused with pointers into the
    document; the ledger checks the changes as those of any write. If some records are faulty, it
    checks the others at once, so that all faults come back together; `reads_texts` is for these,
    as in `Ledger.append_changes`.
    """

    def __init__(self, document: Any, reader: Reader, *, reads_texts: bool = False) -> None:
        self._document = load_body(_SCHEMA, document)
        self._reader, self._lookup = reader, reader.open_lookup()
        self._faults: dict[str, Fault] = {}
        self._found = 0
        self.records: dict[Key, CodedRecord] = {}
        self.texts: dict[Key, str] = {}
        for record in list_records(self._document, self._add_fault):
            self._add_record(record)
        named = ((key, each.data) for key, each in self.records.items())
        self._resolver = NameResolver(reader, named)
        self._conflict = self._find_conflict()
        made = map(self._make_change, self.records.values())
        self.changes: list[Change] = [each for each in made if each is not None]
        self._check_text()
        if self._faults:
            self._try_the_others(reads_texts)
            raise _make_refusal(self._faults.values())

    def locate(self, found: RecordProblem) -> Fault:
        """Return the place of a problem in the document, or that of another record."""
        if record := self.records.get((found.noun, found.id)):
            return {"pointer": record.locate(found.problem.pointer)}
        return locate_record(found)

    def describe(self, receipt: Receipt) -> dict[str, Any]:
        """Return the ids of the records, and the warnings, by their places."""
        return {
            "ids": {each.pointer: "/".join(key) for key, each in self.records.items()},
            "warnings": locate_faults(receipt.warnings, self.locate),
        }

    def _add_fault(self, pointer: str, detail: str) -> None:
        """Add a fault, unless one is told of the same place or of what it is in."""
        if self._faults.keys().isdisjoint(accumulate(pointer.split("/"), "{}/{}".format)):
            self._faults[pointer] = {"pointer": pointer, "detail": detail}
        self._found += 1
        if len(self._faults) > FAULTS or self._found >= _MOST_FOUND:
            raise _make_refusal(self._faults.values())

    def _try_the_others(self, reads_texts: bool) -> None:  # noqa: FBT001
        """Add the faults of the changes that rest on no faulty record."""
        written = {each[:2] for each in self.changes}
        if "/source/text" in self._faults:
            written.discard(next(iter(self.records)))
        faulty = {key for key in self.records.keys() - written if self._lookup.get(*key) is None}
        sound = _drop_resting(self.changes, faulty)
        texts = self.texts if any(each[:2] in self.texts for each in sound) else {}
        with dry_runs.hold_slot(), closing(self._reader.open_overlay()) as overlay:
            overlay.withheld_at = None if reads_texts else overlay.head.number
            try:
                rehearse_changes(overlay, sound, texts)
            except (RulesBroken, WouldBreak) as error:
                own = [each for each in error.problems if (each.noun, each.id) in self.records]
                for fault in locate_faults(own, self.locate):
                    self._add_fault(fault["pointer"], fault["detail"])
            except (Conflict, Gone):
                pass  # told as soon as nothing is faulty

    def _complete_statement(self, statement: CodedRecord) -> None:
        """Add to the fields of a statement what its source and what it shows imply."""
        source, written = next(iter(self.records.values())), statement.written[0][1]
        known = self._lookup.get(*source.key) if source.is_only_named else source.data
        attestation = _guess_attestation({**written, **statement.data})
        implied = {"source": source.key[1], "attestation": attestation}
        with suppress(AttributeError, TypeError, ValueError):  # no day, or not a single one
            implied["attested_on"] = clock.parse_day((known or {}).get("published", ""))
        statement.data = {**implied, **statement.data}

    def _add_record(self, record: CodedRecord) -> None:
        """Add a record under its id, or under one made from what is written of it.

        Where it is only named, the statement above it joins those of the record itself.
        """
        if record.noun == "statements" and not record.is_only_named:
            self._complete_statement(record)
        if record.data.get("id") is None:
            content = {**record.data, "statements": record.statements}
            record.data["id"] = NOUNS_BY_NAME[record.noun].make_id(content)
        first = self.records.setdefault(record.key, record)
        if first is record:
            return
        if record.is_only_named:
            first.statements += record.statements
        elif first.is_only_named:
            record.statements += first.statements
            self.records[record.key] = record
        else:
            self._add_fault(
                f"{record.pointer}/id", f"{record.key[1]} is already at {first.pointer}"
            )

    def _find_conflict(self) -> str | None:
        if (named := self._document.get("conflict")) is not None:
            try:
                return self._resolver.find_id("conflicts", named)
            except UnresolvedName as error:  # every record in it would be faulty, too
                self._add_fault("/conflict", str(error))
                raise _make_refusal(self._faults.values()) from error
        own = [id for noun, id in self.records if noun == "conflicts"]
        return own[0] if len(own) == 1 else None

    def _make_change(self, record: CodedRecord) -> Change | None:
        """Return the change that writes a record; None if it only stands for a stored one."""
        resource = NOUNS_BY_NAME[record.noun]
        data: Any = dict(record.data)
        expected: int | None = None
        if record.is_only_named:
            if (stored := self._lookup.get(*record.key)) is None:
                self._add_fault(record.pointer, f"is no id of {record.noun}, here or on record")
            if stored is None or not record.statements:
                return None
            data = {name: stored.get(name) for name in resource.draft_schema.fields}
            expected = stored["revision"]
        if self._conflict is not None and "conflict" in resource.draft_schema.fields:
            data.setdefault("conflict", self._conflict)
        data = self._replace_names(record, data)
        if record.statements:
            _join_evidence(record, data)
        try:
            return Change(*record.key, resource.load_draft(data), expected)
        except RequestRefused as error:
            for each in error.faults:
                self._add_fault(record.locate(each.get("pointer", "")), each["detail"])
            return None

    def _replace_names(self, record: CodedRecord, data: dict[str, Any]) -> Any:
        """Return what is written of a record with ids in the place of names."""
        targets = {ref.path.rpartition(".")[2].rstrip("[]"): ref.to
                   for ref in NOUNS_BY_NAME[record.noun].references}  # fmt: skip

        def replace(value: Any, pointer: str, to: str | None) -> Any:
            if isinstance(value, dict):
                items = cast("dict[str, Any]", value).items()
                return {name: replace(each, f"{pointer}/{name}", targets.get(name))
                        for name, each in items}  # fmt: skip
            if isinstance(value, list):
                listed = enumerate(cast("list[Any]", value))
                return [replace(each, f"{pointer}/{index}", to) for index, each in listed]
            if to is None or not isinstance(value, str):
                return value
            sign = "!" if to == "propositions" and value.startswith("!") else ""
            return sign + self._find_id(to, value.removeprefix(sign), record.locate(pointer))

        return replace(data, "", None)

    def _find_id(self, noun: str, name: str, pointer: str) -> str:
        try:
            return self._resolver.find_id(noun, name)
        except UnresolvedName as error:
            self._add_fault(pointer, str(error))
            return name

    def _check_text(self) -> None:
        """Refuse a text that the source does not declare; attach it unless it is attached."""
        if (given := self._document["source"].get("text")) is None:
            return
        key = next(iter(self.records))
        written = next((each.record for each in self.changes if each[:2] == key), None)
        source = written or self._lookup.get(*key) or {}
        text = given if isinstance(given, str) else ""
        if fault := find_text_fault(source, text) if text.strip() else "must be text":
            self._add_fault("/source/text", fault)
        elif self._reader.read_text(text_hash(text)) is None:
            self.texts[key] = text


def write_coded(
    translate: Callable[[], CodedSource], append: Callable[..., W]
) -> tuple[CodedSource, W]:
    """Translate a coded source, and write or try its changes by a function.

    It is translated again if a record that it adds to was amended meanwhile; raises RevisionMoved
    if that happens for too long. Faults of the document's own records are told by their places in
    it: raises RequestRefused, or what the function raises for other records.
    """
    end = monotonic() + _PATIENCE
    while True:
        coded = translate()
        try:
            return coded, append(coded.changes, texts=coded.texts)
        except (RulesBroken, WouldBreak) as error:
            if not all((each.noun, each.id) in coded.records for each in error.problems):
                raise
            raise _make_refusal(locate_faults(error.problems, coded.locate)) from error
        except RevisionMoved:
            if monotonic() > end:
                raise


def _drop_resting(changes: list[Change], faulty: set[Key]) -> list[Change]:
    """Drop the changes whose records name faulty ones, and those whose records name these."""
    naming = defaultdict[Key, list[Key]](list)
    for each in changes:
        for target in list_named(each.noun, each.record or {}):
            naming[target].append(each[:2])
    dropped, ahead = set[Key](), list(faulty)
    while ahead:
        found = set(naming[ahead.pop()]) - dropped
        dropped |= found
        ahead += found
    return [each for each in changes if each[:2] not in dropped]


def _make_refusal(faults: Iterable[Fault]) -> RequestRefused:
    detail = "The coded source does not fit, so nothing was written; see errors."
    return RequestRefused(422, detail, [*faults])


def _guess_attestation(data: Mapping[str, Any]) -> str:
    """Return how the source most likely gives a statement.

    Words to the letter are a sentence, or a fragment if they begin with a small letter. Without
    them a speaker is reported; or the source says it itself, as context if it shows nothing.
    """
    if isinstance(exact := data.get("exact"), str):
        first = next(filter(str.isalpha, exact), "a")
        return "verbatim_fragment" if first.islower() else "verbatim_sentence"
    if data.get("speaker") or data.get("speaker_as"):
        return "indirect"
    return "narrated_no_speaker" if any(map(data.get, SHOWN)) else "narration"


def _join_evidence(record: CodedRecord, data: dict[str, Any]) -> None:
    """Add the statements that show a record; the one under which it is written comes first."""
    if not isinstance(given := data.get("evidence"), list | None):
        return  # for the schema to refuse
    listed, above = cast("list[str]", given or []), record.statements
    if not record.is_only_named and record.pointer.startswith("/statements/"):
        record.leading = int(above[0] not in listed)
    data["evidence"] = drop_repeats([*above[: record.leading], *listed, *above])
