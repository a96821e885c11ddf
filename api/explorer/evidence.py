"""The evidence for a record: its quotes, their place in the sources, and who said them.

Positions, preconditions and statements have such a page, which also opens beside other pages. A
quote is shown in its context where the source's text is attached and public, else by offsets and
hash. A journalist's text is not ours to publish, so it is shown as an analyst's gist, never quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api import vocabulary
from api.analysis.engine.days import format_day
from api.analysis.engine.sentences import Sentences, spell_out
from api.explorer import words
from api.explorer.history import list_revisions
from api.explorer.pages import Context
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import AsOfLookup
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.sources.routes import is_public
from api.statements import STATEMENTS

Fact = tuple[str, Sequence[tuple[str, str | None]]]
"""A term and its values, each with the path of the page about it."""

_NOUNS: Mapping[str, Noun] = {each.name: each for each in (POSITIONS, PRECONDITIONS, STATEMENTS)}

_PARAGRAPH = re.compile(r"\s*\n\s*")

_CONTEXT_LENGTH = 280
"""Characters of a text shown before and after a quote."""

_MAX_RENDERINGS, _MAX_USES = 200, 50


def build_evidence(reader: Reader, noun: str, id: str) -> Context:
    """Show the evidence for a record; raises NotFound or Gone.

    `texts` has the hashes of the source texts that are shown, for the ETag.
    """
    record = parse_bytes(reader.read_record(_NOUNS[noun], id).body)
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(noun, record)])
    builder = _EvidenceBuilder(reader, lookup)
    quotes = builder.list_quotes(noun, record)
    means = vocabulary.DOUBT_KIND.values
    return {
        "noun": noun,
        "id": id,
        "record": record,
        "sentence": builder.describe_record(noun, record),
        "conflict_label": lookup.find_label("conflicts", record.get("conflict")),
        "quotes": quotes,
        "sources": [_load_source(lookup, each) for each in record.get("sources", ())],
        "facts": builder.list_facts(noun, record),
        "doubts": [{**each, "means": means[each["kind"]]} for each in record["doubts"]],
        "uses": builder.list_uses(id) if noun == "statements" else [],
        "revisions": list_revisions(reader, _NOUNS[noun], id),
        "texts": " ".join(each["source"]["text_sha256"] for each in quotes if each["place"]),
    }


class _EvidenceBuilder:
    def __init__(self, reader: Reader, lookup: AsOfLookup) -> None:
        self._reader, self._lookup = reader, lookup
        self._say = Sentences(lookup)

    def describe_record(self, noun: str, record: Record) -> str:
        """Describe the record in a sentence; a statement by speaker and day."""
        if noun != "statements":
            return self._say.describe_record(noun, record)
        who = self._actor_label(record["speaker"]) or record["speaker_as"] or "The source"
        return f"{who}, {format_day(record['stated_on'] or record['attested_on'])}"

    def list_quotes(self, noun: str, record: Record) -> list[Context]:
        """List the statements in evidence, then other renderings of the same words."""
        if noun == "statements":
            found = [record]
        else:
            found = [s for e in record["evidence"] if (s := self._lookup.get("statements", e))]
        others = [*self._find_renderings(found)]
        self._lookup.prefetch_referenced(("statements", each) for each in (*found, *others))
        return [self._describe_quote(s, other=s in others) for s in (*found, *others)]

    def _describe_quote(self, said: Record, *, other: bool) -> Context:
        source = _load_source(self._lookup, said["source"])
        names = {n: self._actor_label(said[n]) for n in ("speaker", "on_behalf_of", "audience")}
        return {
            "said": said,
            "names": names,
            "source": source,
            "place": self._quote_in_context(said, source),
            "other_rendering": other,
        }

    def _quote_in_context(self, said: Record, source: Record) -> Context | None:
        """Return the quote with the text around it, or None where that may not be shown."""
        digest = source["text_sha256"]
        text = self._reader.read_text(digest) if digest and said["verified"] else None
        if text is None or not is_public(digest):
            return None
        return _cut_context(text, said["start"], said["end"])

    def _find_renderings(self, found: Sequence[Record]) -> Iterator[Record]:
        """Yield other renderings of these statements, such as translations."""
        shown, roots = {each["id"] for each in found}, {*map(self._first_wording, found)}
        speakers = sorted({each["speaker"] for each in found if each["speaker"]})
        if not speakers:
            return
        page = self._reader.read_page(STATEMENTS, {"speaker": speakers}, limit=_MAX_RENDERINGS)
        for each in map(parse_bytes, page.whole_bodies):
            if each["id"] not in shown and self._first_wording(each) in roots:
                yield each

    def _first_wording(self, said: Record) -> str:
        """Return the id of the statement that this one, in the end, is a rendering of."""
        seen = said
        while seen["rendering_of"]:
            before = self._lookup.get("statements", seen["rendering_of"])
            if before is None:
                return seen["rendering_of"]
            seen = before
        return seen["id"]

    def list_uses(self, id: str) -> list[tuple[str, str]]:
        """List the positions and preconditions that rest on a statement, with their paths."""
        found: list[tuple[str, str]] = []
        evident = {"evidence": [id]}
        for noun in (POSITIONS, PRECONDITIONS):
            for each in map(
                parse_bytes, self._reader.read_page(noun, evident, limit=_MAX_USES).whole_bodies
            ):
                said = self._say.describe_record(noun.name, each)
                found.append((said, f"/{noun.name}/{each['id']}"))
        return found

    def list_facts(self, noun: str, record: Record) -> list[Fact]:
        """List the other fields of a record as terms and values."""
        if noun == "statements":
            return []
        is_position = noun == "positions"
        own = self._position_facts(record) if is_position else self._precondition_facts(record)
        holders = self._link_actors([record["holder"], *record["co_holders"]])
        facts = [("Held by", holders), *own, *self._shared_facts(noun, record)]
        return [(term, values) for term, values in facts if values]

    def _shared_facts(self, noun: str, record: Record) -> list[Fact]:
        replaced = [record["replaces"]] if record["replaces"] else []
        rank = None if record["rank"] == "normal" else record["rank"]
        shown = record.get("end_evidence", ())
        return [
            ("In force", [(_describe_period(record), None)]),
            ("What shows its end", self._link_records("statements", shown)),
            ("Voice", [(words.VOICES[record["voice"]], None)]),
            ("Replaces", self._link_records(noun, replaced)),
            ("Rank", _explain_code(vocabulary.RANK.values, rank)),
            ("Coded by", _tell_if_given(record["coder"])),
        ]

    def _position_facts(self, record: Record) -> list[Fact]:
        return [
            ("What it does", _explain_code(vocabulary.FORCE.values, record["force"])),
            ("Directed at", self._link_actors(record["targets"])),
            ("Only if", self._link_records("preconditions", record["under"])),
            ("In answer to", self._link_answered(record["responds_to"] or {})),
            ("Reasons", self._link_records("positions", record["reason"])),
        ]

    def _precondition_facts(self, record: Record) -> list[Fact]:
        kind, deadline = record["antecedents_kind"], record["deadline"]
        modality = record["modality"] if kind == "stated" else None
        complete = {True: "yes, the words say so", False: "no, there may be more", None: None}
        return [
            ("Conditions", [(vocabulary.ANTECEDENTS_KIND.values[kind], None)]),
            ("Necessary or sufficient", _explain_code(vocabulary.MODALITY.values, modality)),
            ("What comes first", _explain_code(vocabulary.TIMING.values, record["timing"])),
            ("How much is asked", _explain_code(vocabulary.SCOPE.values, record["scope"])),
            ("Deadline", _tell_if_given(deadline and format_day(deadline))),
            ("Complete", _tell_if_given(complete[record["exhaustive"]])),
            ("Words that show it", _tell_if_given(record["cue"] and f"“{record['cue']}”")),
            ("Who must act", self._link_actors(record["obligors"])),
        ]

    def _link_answered(self, to: Mapping[str, str | None]) -> list[tuple[str, str | None]]:
        if position := to.get("position"):
            return self._link_records("positions", [position])
        if (proposal := to.get("proposal")) is None:
            return []
        title = self._lookup.find_label("proposals", proposal) or proposal
        part = to.get("component")
        return [(f"{title}, part {part}" if part else f"{title}, as a whole",
                 f"/proposals/{proposal}")]  # fmt: skip

    def _link_records(self, noun: str, ids: Iterable[str]) -> list[tuple[str, str | None]]:
        self._lookup.prefetch((noun, id) for id in ids)
        return [
            (self._say.describe_record(noun, record), f"/{noun}/{id}")
            for id in ids
            if (record := self._lookup.get(noun, id))
        ]

    def _link_actors(self, ids: Iterable[str]) -> list[tuple[str, str | None]]:
        return [(self._say.name_actor(id), f"/actors/{id}") for id in ids]

    def _actor_label(self, id: str | None) -> str | None:
        return self._lookup.find_label("actors", id)


def _explain_code(values: Mapping[str, str], code: str | None) -> list[tuple[str, str | None]]:
    """Say what a code means, without the example that may follow in brackets."""
    if code is None:
        return []
    return [(f"{spell_out(code)}: {values[code].partition(' (')[0]}", None)]


def _load_source(lookup: AsOfLookup, id: str) -> Record:
    return lookup.get("sources", id) or {}


def _describe_period(record: Record) -> str:
    start, end = record["valid_from"], record["valid_to"]
    since = f"since {format_day(start)}" if start else (
        f"no beginning recorded, counted from {format_day(record['attested_on'])}"
    )  # fmt: skip
    until = f"no end recorded; attested last on {format_day(record['last_attested_on'])}"
    if end:
        why = vocabulary.END_REASON.values[record["end_reason"]] if record["end_reason"] else ""
        until = f"until {format_day(end)}{f' ({why})' if why else ''}"
    return f"{since}; {until}"


def _tell_if_given(text: str | None) -> list[tuple[str, str | None]]:
    return [(text, None)] if text else []


def _cut_context(text: str, start: int, end: int) -> Context:
    """Return the words from `start` to `end` with whole words of the text around them."""
    first, last = max(0, start - _CONTEXT_LENGTH), end + _CONTEXT_LENGTH
    before, after = text[first:start], text[end:last]
    if first:
        before = "…" + before.partition(" ")[2]
    if last < len(text):
        after = after.rpartition(" ")[0] + "…"
    breaks = _PARAGRAPH.sub
    return {"before": breaks("\n", before), "words": text[start:end], "after": breaks("\n", after)}
