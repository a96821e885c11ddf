"""The list and the page of any noun's records, from the noun's declaration."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from api.actors import ACTORS
from api.analysis.engine.days import format_day
from api.analysis.questions.queries import AnalysisQuerySchema
from api.explorer.changes import list_revisions
from api.explorer.evidence import EvidenceReader, cut_passages
from api.explorer.fields import FieldWriter
from api.explorer.pages import Context
from api.explorer.query_string import PageQuery
from api.explorer.words import _
from api.ledger.noun import Kind, Noun, Record
from api.ledger.reading.reader import Reader
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.positions import POSITIONS
from api.statements import STATEMENTS
from api.web import reading
from api.web.contract.parameters import NumberParameter
from api.web.queries import ListQuery, make_query_schema

_ORDERS = {"actors": "id", "conflicts": "id", "issues": "id", "sources": "-published",
           "statements": "-attested_on", "proposals": "-made_on"}  # fmt: skip
"""The order of a list where it differs from the API's."""

LIST_SCHEMAS = {
    each.name: make_query_schema(each, sort=_ORDERS.get(each.name, ""), for_page=True)
    for each in NOUNS
}


def build_list_page(reader: Reader, noun: Noun, query: ListQuery) -> Context:
    """Show a page of a noun's records."""
    found = reading.read_list(reader, noun, query)
    records, lookup = found.records, reader.open_lookup()
    write, cursor_at = FieldWriter(lookup), partial(query.next_cursor, reader.moment)
    held = {"holder": [each["id"] for each in records]}
    groups = reader.count_groups(POSITIONS, held, ["holder"]) if noun is ACTORS and records else []
    return {
        "resource": NOUNS_BY_NAME[noun.name],
        "query": query,
        "entries": [*zip(records, write.link_records(noun.name, records), strict=True)],
        "find_label": lookup.find_label,
        "counts": {each.values[0]: each.count for each in groups},
        "chosen": [(each, (each.noun and write.name_record(each.noun, value)) or value)
                   for each in noun.filters if isinstance(query.given.get(each.name), list)
                   for value in query.given[each.name]],
        "cursor_at": cursor_at,
        "next": cursor_at(found.after) if found.after else None,
    }  # fmt: skip


_SHOWN, _MAX_STATEMENTS, _PASSAGES = 5, 2_000, 15
"""Records shown of each kind that names one; statements read of a source, and shown on a page."""

_OWN = ("id", "holder", "co_holder")
"""Filters that find a record itself, or what the page of an actor shows by issue."""


class RecordPageSchema(AnalysisQuerySchema):
    """The query of a record's page."""

    page = NumberParameter("Which page of a long list, from 1.")

    def read_parameters(self, data: dict[str, Any]) -> PageQuery:
        return PageQuery(data.get("open"), data.get("since"), page=max(data.get("page", 1), 1))


def build_record(reader: Reader, noun: str, id: str, page: int = 1) -> Context:
    """Show a record; raises NotFound or Gone.

    `texts` has the hashes of the source texts that are shown, for the ETag.
    """
    kind = NOUNS_BY_NAME[noun]
    record = reader.read_record(kind, id).record
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(noun, record)])
    write, evidence = FieldWriter(lookup), EvidenceReader(reader, lookup)
    quotes = evidence.list_quotes(noun, record)
    text = evidence.read_public_text(record) if noun == "sources" else None
    texts = [each["source"]["text_sha256"] for each in quotes if each["place"]]
    revisions, more = list_revisions(reader, kind, id)
    return {
        "noun": noun,
        "id": id,
        "kind": kind.singular,
        "record": record,
        "sentence": _name_page(write, noun, record),
        "conflict": record.get("conflict"),
        "conflict_label": lookup.find_label("conflicts", record.get("conflict")),
        "quotes": quotes,
        "facts": [*write.list_facts(noun, record)] if noun != "statements" else [],
        "passages": _list_passages(reader, write, id, text, page) if noun == "sources" else None,
        "incoming": [*_list_incoming(reader, write, kind, id)],
        "revisions": revisions,
        "more_revisions": more,
        "texts": " ".join([*texts, record["text_sha256"]] if text else texts),
    }


def _name_page(write: FieldWriter, noun: str, record: Record) -> str:
    """Say what a record is in a sentence; of a statement by speaker and day."""
    if noun in ("positions", "preconditions"):
        return write.say.describe_record(noun, record)
    if noun != "statements":
        return write.describe_record(noun, record)
    speaker = record["speaker"]
    who = write.say.name_actor(speaker) if speaker else record["speaker_as"] or _("The source")
    return f"{who}, {format_day(record['stated_on'] or record['attested_on'])}"


def _list_passages(
    reader: Reader, write: FieldWriter, id: str, text: str | None, page: int
) -> Context:
    """List a page of what is said in a source, in its order, in its place if that is public."""
    found = reader.read_page(STATEMENTS, {"source": [id]}, limit=_MAX_STATEMENTS)
    # Those without a place come last.
    said = sorted(found.records, key=lambda e: (e["start"] is None, e["start"] or 0, e["end"] or 0))
    part, rest = said[(page - 1) * _PASSAGES :][:_PASSAGES], len(said) > page * _PASSAGES
    told = [{**each, "name": _name_page(write, "statements", each["said"])}
            for each in cut_passages(text, part)]  # fmt: skip
    return {"told": told, "more": rest, "count": len(said)}


def _list_incoming(reader: Reader, write: FieldWriter, noun: Noun, id: str) -> Iterator[Context]:
    """Yield the records that name a record, by the filter that finds them."""
    for other in NOUNS:
        sort = other.default_sort.lstrip("-")
        for each in other.filters:
            if each.noun != noun.name or each.kind is not Kind.EQUAL or each.name in _OWN:
                continue
            given = {each.name: [id]}
            page = reader.read_page(other, given, sort=sort, descending=True, limit=_SHOWN)
            if records := page.records:
                rest = f"/{other.name}?{each.name}={id}" if page.after else None
                yield {"noun": other.name, "about": each.about, "rest": rest,
                       "records": write.link_records(other.name, records)}  # fmt: skip
