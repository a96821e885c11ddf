"""Translate a coded source into the changes of a changeset."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar, cast

from api import clock
from api.coding.naming import NameResolver, UnresolvedName
from api.coding.schemas import CodedSourceSchema
from api.errors import RecordProblem, RulesBroken, WouldBreak
from api.ledger import Change, Receipt
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import drop_repeats, text_hash
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS, NOUNS_BY_NAME, RESOURCES_BY_NAME
from api.sources.rules import find_text_fault
from api.vocabulary import FORCE
from api.web.contract.limits import FAULTS
from api.web.contract.problems import Fault, RequestRefused, locate_faults, suggest_name
from api.web.requests import load_body

EVIDENCED = ("positions", "preconditions")
"""The nouns whose records may stand under a statement."""

_SHOWN = (*EVIDENCED, *FORCE.values)
"""The names under which a statement holds records: `demand: X` is a position of that force."""

W = TypeVar("W")

_SCHEMA = CodedSourceSchema()

_PASSED_ON = (
    frozenset(name for noun in EVIDENCED for name in RESOURCES_BY_NAME[noun].draft_schema.fields)
    - RESOURCES_BY_NAME["statements"].draft_schema.fields.keys()
)
"""The fields that a statement, or a group of them, gives to the records under it."""


class _Shorthand(dict[str, Any]):
    """The fields for which a text stands; they have no places of their own."""


Written = tuple[tuple[str, Mapping[str, Any]], ...]
"""Objects of a document, each with its pointer; those around an object follow it."""


@dataclass(slots=True, eq=False)
class CodedRecord:
    """A record of a coded source: `written` has its fields, `statements` are those above it."""

    noun: str
    written: Written
    data: dict[str, Any]
    statements: list[str] = field(default_factory=list[str])

    @property
    def key(self) -> Key:
        """Its noun and id."""
        return self.noun, str(self.data["id"])

    @property
    def pointer(self) -> str:
        """Its place in the document."""
        return self.written[0][0]

    @property
    def is_only_named(self) -> bool:
        """Whether nothing is written of it but its id."""
        return self.data.keys() <= {"id"}

    def locate(self, pointer: str) -> str:
        """Return the place in the document of a place in the record."""
        name = pointer.split("/")[1] if pointer else ""
        for place, fields in self.written:
            if name in fields:
                return place if isinstance(fields, _Shorthand) else place + pointer
        # What is missing belongs to the record; what the document implies stands nowhere.
        return self.pointer + (pointer if pointer.count("/") == 1 else "")


class CodedSource:
    """A coded source as a changeset: `changes`, `texts` to attach, and its `records` by key.

    It is translated against what the reader sees. Raises RequestRefused with pointers into the
    document; the ledger checks the changes as those of any write.
    """

    def __init__(self, document: Any, reader: Reader) -> None:
        self._document = load_body(_SCHEMA, document)
        self._reader, self._lookup = reader, reader.open_lookup()
        self._faults: list[Fault] = []
        self.records: dict[Key, CodedRecord] = {}
        self.texts: dict[Key, str] = {}
        for record in self._list_records():
            self._add_record(record)
        self._raise_faults()
        named = ((key, each.data) for key, each in self.records.items())
        self._resolver = NameResolver(reader, named)
        self._conflict = self._find_conflict()
        self._raise_faults()
        made = map(self._make_change, self.records.values())
        self.changes: list[Change] = [each for each in made if each is not None]
        self._raise_faults()
        self._check_text()
        self._raise_faults()

    def locate(self, found: RecordProblem) -> Fault:
        """Return the place of a problem in the document, or that of another record."""
        if record := self.records.get((found.noun, found.id)):
            return {"pointer": record.locate(found.problem.pointer)}
        return {"record": f"{found.noun}/{found.id}", "pointer": found.problem.pointer}

    def write(self, append: Callable[..., W], *given: Any, **more: Any) -> W:
        """Write or try the changes by a function; its faults become those of the document.

        Raises RequestRefused, or what that function raises for other records.
        """
        try:
            return append(self.changes, *given, texts=self.texts, **more)
        except (RulesBroken, WouldBreak) as error:
            if not all((each.noun, each.id) in self.records for each in error.problems):
                raise
            raise _make_refusal(locate_faults(error.problems, self.locate)) from error

    def describe(self, receipt: Receipt) -> dict[str, Any]:
        """Return the ids of the records, and the warnings, by their places."""
        return {
            "ids": {each.pointer: "/".join(key) for key, each in self.records.items()},
            "warnings": [{**self.locate(each), "detail": each.problem.detail}
                         for each in receipt.warnings],
        }  # fmt: skip

    def _add_fault(self, pointer: str, detail: str) -> None:
        self._faults.append({"pointer": pointer, "detail": detail})
        if len(self._faults) > FAULTS:
            self._raise_faults()

    def _raise_faults(self) -> None:
        if self._faults:
            raise _make_refusal(self._faults)

    def _list_records(self) -> Iterator[CodedRecord]:
        source = {**self._document["source"]}
        self._text = source.pop("text", None)
        if isinstance(self._text, str) and not source.keys() <= {"id"}:
            source = {
                "text_sha256": text_hash(self._text),
                "text_length": len(self._text),
                **source,
            }
        yield CodedRecord("sources", (("/source", self._document["source"]),), source)
        for noun in NOUNS:
            yield from self._list_noun(noun.name, self._document.get(noun.name), f"/{noun.name}")

    def _list_noun(
        self, noun: str, listed: Any, pointer: str, around: Written = ()
    ) -> Iterator[CodedRecord]:
        """Yield the records of a list, those of groups with the group's fields, and those below."""
        for place, given in self._list_objects(listed, pointer):
            written = ((place, given), *around)
            if noun in given:
                self._check_group(noun, place, given)
                yield from self._list_noun(noun, given[noun], f"{place}/{noun}", written)
                continue
            data = _merge_fields(written, noun)
            if noun == "statements":
                data = self._complete_statement(data, given)
            above = CodedRecord(noun, written, data)
            yield above
            for below in EVIDENCED if noun == "statements" else ():
                shown_here = self._list_objects(given.get(below), f"{place}/{below}")
                for shown in chain(shown_here, _list_by_force(given, place, below)):
                    data = _merge_fields((shown, *written), below, _PASSED_ON)
                    yield CodedRecord(below, (shown, *written), data, [above.key[1]])

    def _check_group(self, noun: str, place: str, given: Mapping[str, Any]) -> None:
        fields = RESOURCES_BY_NAME[noun].draft_schema.fields.keys() - {"id"}
        known = sorted({*fields, noun, *(_PASSED_ON if noun == "statements" else ())})
        for name in given.keys() - set(known):
            self._add_fault(f"{place}/{name}", f"unknown field; {suggest_name(name, known)}")

    def _list_objects(self, listed: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the objects of a list with their pointers; a text stands for a record's id."""
        if not isinstance(listed, list | None):
            self._add_fault(pointer, "must be a list")
            return
        for index, given in enumerate(cast("list[Any]", listed or [])):
            if isinstance(given, dict):
                yield f"{pointer}/{index}", cast("dict[str, Any]", given)
            elif isinstance(given, str):
                yield f"{pointer}/{index}", {"id": given}
            else:
                self._add_fault(f"{pointer}/{index}", "must be an object, or the id of a record")

    def _complete_statement(self, data: dict[str, Any], given: Record) -> dict[str, Any]:
        """Add to the fields of a statement what its source and what it shows imply."""
        if data.keys() <= {"id"}:
            return data
        source = next(iter(self.records.values()))
        known = self._lookup.get(*source.key) if source.is_only_named else source.data
        implied = {"source": source.key[1], "attestation": _guess_attestation({**given, **data})}
        with suppress(AttributeError, TypeError, ValueError):  # no day, or not a single one
            implied["attested_on"] = clock.parse_day((known or {}).get("published", ""))
        return {**implied, **data}

    def _add_record(self, record: CodedRecord) -> None:
        """Add a record under its id, or under one made from what is written of it.

        Where it is only named, the statement above it joins those of the record itself.
        """
        if record.data.get("id") is None:
            content = {**record.data, "statements": record.statements}
            record.data["id"] = RESOURCES_BY_NAME[record.noun].make_id(content)
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
            return self._find_id("conflicts", named, "/conflict")
        own = [id for noun, id in self.records if noun == "conflicts"]
        return own[0] if len(own) == 1 else None

    def _make_change(self, record: CodedRecord) -> Change | None:
        """Return the change that writes a record; None if it only stands for a stored one."""
        resource = RESOURCES_BY_NAME[record.noun]
        data: Any = dict(record.data)
        if record.is_only_named:
            if (stored := self._lookup.get(*record.key)) is None:
                self._add_fault(record.pointer, f"is no id of {record.noun}, here or on record")
            if stored is None or not record.statements:
                return None
            data = {name: stored.get(name) for name in resource.draft_schema.fields}
        if self._conflict is not None and "conflict" in resource.draft_schema.fields:
            data.setdefault("conflict", self._conflict)
        data = self._replace_names(record, data)
        if record.statements:
            is_under = not record.is_only_named and record.pointer.startswith("/statements/")
            data["evidence"] = _join_evidence(data.get("evidence"), record.statements, is_under)
        try:
            return Change(*record.key, resource.load_draft(data))
        except RequestRefused as error:
            told = {each["pointer"] for each in self._faults}
            for each in error.faults:
                if (place := record.locate(each.get("pointer", ""))) not in told:
                    self._add_fault(place, each["detail"])
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
        if self._text is None:
            return
        key = next(iter(self.records))
        written = next((each.record for each in self.changes if each[:2] == key), None)
        source = written or self._lookup.get(*key) or {}
        text = self._text if isinstance(self._text, str) else ""
        if fault := find_text_fault(source, text) if text.strip() else "must be text":
            self._add_fault("/source/text", fault)
        elif self._reader.read_text(text_hash(text)) is None:
            self.texts[key] = text


def _make_refusal(faults: list[Fault]) -> RequestRefused:
    detail = "The coded source does not fit, so nothing was written; see errors."
    return RequestRefused(422, detail, faults)


def _merge_fields(
    written: Written, noun: str, passed_on: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return the fields of a record, with those that the objects around it give to it.

    A group gives those that its noun has. With `passed_on` the record is under a statement, which
    gives those alone.
    """
    own = {name: each for name, each in written[0][1].items() if name not in _SHOWN}
    if own.keys() <= {"id"}:
        return own
    if noun == "statements" and any(name in written[0][1] for name in _SHOWN):
        own = {name: each for name, each in own.items() if name not in _PASSED_ON}
    fields = RESOURCES_BY_NAME[noun].draft_schema.fields.keys() - {"id"}
    given = {name: each for _, around in reversed(written[1:]) for name, each in around.items()}
    taken = fields if passed_on is None else fields & passed_on
    return {**{name: each for name, each in given.items() if name in taken}, **own}


def _list_by_force(
    given: Mapping[str, Any], place: str, noun: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the positions of a statement that stand under their force, with their pointers."""
    for force in FORCE.values if noun == "positions" else ():
        yield from _spell_out(force, given.get(force), f"{place}/{force}")


def _spell_out(force: str, written: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield positions of a force: a text stands for one with that proposition."""
    if isinstance(written, list):
        for index, each in enumerate(cast("list[Any]", written)):
            yield from _spell_out(force, each, f"{pointer}/{index}")
    elif isinstance(written, dict):
        yield pointer, {**written, "force": force}
    elif written is not None:
        yield pointer, _Shorthand(force=force, proposition=written)


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
    return "narrated_no_speaker" if any(map(data.get, _SHOWN)) else "narration"


def _join_evidence(given: Any, statements: list[str], is_under: bool) -> Any:  # noqa: FBT001
    """Add the statements that show a record; the one under which it is written comes first."""
    if not isinstance(given, list | None):
        return given  # for the schema to refuse
    listed = cast("list[str]", given or [])
    first = statements[:1] if is_under and statements[0] not in listed else []
    return drop_repeats([*first, *listed, *statements])
