"""The page of any record: its fields, its evidence, what names it, and its revisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.engine.days import format_day
from api.analysis.questions.queries import AnalysisQuerySchema
from api.explorer.addresses import current_page
from api.explorer.evidence import EvidenceReader, cut_passages
from api.explorer.fields import FieldWriter
from api.explorer.history import list_revisions
from api.explorer.linked_data import LinkedData, annotate_source, describe_claim
from api.explorer.pages import Context
from api.explorer.query_string import PageQuery
from api.ledger.noun import Kind, Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.statements import STATEMENTS
from api.web.contract.parameters import NumberParameter

_SHOWN, _MAX_STATEMENTS, _PASSAGES = 5, 2_000, 15
"""Records shown of each kind that names one; statements read of a source, and shown on a page."""

_IN_GROUPS = ("id", "holder", "co_holder")
"""Filters by which a record is itself, or whose records the page of an actor shows by issue."""


@dataclass(frozen=True, slots=True)
class RecordPageQuery(PageQuery):
    """The parsed query of a record's page, besides the clocks."""

    page: int


class RecordPageSchema(AnalysisQuerySchema):
    """The query of a record's page."""

    page = NumberParameter("Which page of a long list, from 1.")

    def read_parameters(self, data: dict[str, Any]) -> RecordPageQuery:
        page = max(data.get("page", 1), 1)
        return RecordPageQuery(data.get("open"), data.get("since"), page)


def build_record(reader: Reader, noun: str, id: str, page: int = 1) -> Context:
    """Show a record; raises NotFound or Gone.

    `texts` has the hashes of the source texts that are shown, for the ETag.
    """
    kind = NOUNS_BY_NAME[noun]
    record = parse_bytes(reader.read_record(kind, id).body)
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(noun, record)])
    write, evidence = FieldWriter(lookup), EvidenceReader(reader, lookup)
    quotes = evidence.list_quotes(noun, record)
    text = evidence.read_public_text(record) if noun == "sources" else None
    shown = [record, *(each["source"] for each in quotes if each["place"])]
    return {
        "noun": noun,
        "id": id,
        "kind": kind.singular,
        "record": record,
        "sentence": _name_page(write, noun, record),
        "conflict": record.get("conflict"),
        "conflict_label": lookup.find_label("conflicts", record.get("conflict")),
        "quotes": quotes,
        "facts": [*write.list_facts(noun, record)],
        "passages": _list_passages(reader, write, id, text, page) if noun == "sources" else None,
        "incoming": [*_list_incoming(reader, write, kind, id)],
        "revisions": list_revisions(reader, kind, id),
        "linked_data": _describe_for_machines(write, noun, record, quotes),
        "texts": " ".join(each.get("text_sha256") or "" for each in shown)
        if text or quotes
        else "",
    }


def _name_page(write: FieldWriter, noun: str, record: Record) -> str:
    """Say what a record is in a sentence; of a statement by speaker and day."""
    if noun in ("positions", "preconditions"):
        return write.say.describe_record(noun, record)
    if noun != "statements":
        return write.describe_record(noun, record)
    speaker = record["speaker"]
    who = write.say.name_actor(speaker) if speaker else record["speaker_as"] or "The source"
    return f"{who}, {format_day(record['stated_on'] or record['attested_on'])}"


def _describe_for_machines(
    write: FieldWriter, noun: str, record: Record, quotes: Sequence[Context]
) -> LinkedData | None:
    page, sources = current_page(), {each["source"]["id"]: each["source"] for each in quotes}
    if noun == "statements":
        return annotate_source(page, record, quotes[0]["source"])
    if noun not in ("positions", "preconditions"):
        return None
    said, holder = write.say.describe_record(noun, record), write.say.name_actor(record["holder"])
    return describe_claim(page, said, holder, record, [*sources.values()])


def _list_passages(
    reader: Reader, write: FieldWriter, id: str, text: str | None, page: int
) -> Context:
    """List a page of what is said in a source, in its order, in its place if that is public."""
    found = reader.read_page(STATEMENTS, {"source": [id]}, limit=_MAX_STATEMENTS).whole_bodies
    said = sorted(map(parse_bytes, found), key=lambda each: (each["start"], each["end"]))
    part = said[(page - 1) * _PASSAGES : page * _PASSAGES]
    told = (
        [{"said": each, "words": None} for each in part]
        if text is None
        else cut_passages(text, part)
    )
    names = {each["id"]: _name_page(write, "statements", each) for each in part}
    return {"told": [*told], "names": names, "more": len(said) > page * _PASSAGES,
            "count": len(said)}  # fmt: skip


def _list_incoming(reader: Reader, write: FieldWriter, noun: Noun, id: str) -> Iterator[Context]:
    """Yield the records that name a record, by the filter that finds them."""
    found = [
        (other, each, reader.read_page(other, {each.name: [id]}, limit=_SHOWN,
                                       sort=other.default_sort.lstrip("-"), descending=True))
        for other in NOUNS for each in other.filters
        if each.noun == noun.name and each.kind is Kind.EQUAL and each.name not in _IN_GROUPS
    ]  # fmt: skip
    for other, each, page in found:
        if records := [*map(parse_bytes, page.whole_bodies)]:
            rest = f"/{other.name}?{each.name}={id}" if page.after else None
            yield {"noun": other.name, "about": each.about, "rest": rest,
                   "records": write.link_records(other.name, records)}  # fmt: skip
