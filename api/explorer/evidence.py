"""The evidence for a record: its quotes, their place in the sources, and who said them.

A quote is shown in its context where the source's text is attached and public, else by offsets and
hash. A journalist's text is not ours to publish, so it is shown as an analyst's gist, never quoted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.explorer.pages import Context
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import AsOfLookup
from api.sources.routes import is_public
from api.statements import STATEMENTS

_PARAGRAPH = re.compile(r"\s*\n\s*")

_CONTEXT_LENGTH = 280
"""Characters of a text shown before and after a quote."""

_MAX_RENDERINGS = 200


@dataclass(frozen=True, slots=True)
class EvidenceReader:
    """Reads the quotes of records and their place in public texts."""

    _reader: Reader
    _lookup: AsOfLookup

    def list_quotes(self, noun: str, record: Record) -> list[Context]:
        """List the statements in evidence, then other renderings of the same words."""
        if noun == "statements":
            found = [record]
        else:
            ids = record.get("evidence", ())
            self._lookup.prefetch(("statements", each) for each in ids)
            found = [said for each in ids if (said := self._lookup.get("statements", each))]
        others = [*self._find_renderings(found)]
        self._lookup.prefetch_referenced(("statements", each) for each in (*found, *others))
        return [self._describe_quote(s, other=s in others) for s in (*found, *others)]

    def _describe_quote(self, said: Record, *, other: bool) -> Context:
        source = self._lookup.get("sources", said["source"]) or {}
        names = {name: self._lookup.find_label("actors", said[name])
                 for name in ("speaker", "on_behalf_of", "audience")}  # fmt: skip
        text = self.read_public_text(source) if said["verified"] else None
        return {
            "said": said,
            "names": names,
            "source": source,
            "place": None if text is None else _cut_context(text, said["start"], said["end"]),
            "other_rendering": other,
        }

    def read_public_text(self, source: Record) -> str | None:
        """Return the text of a source, or None where none is attached and public."""
        digest = source.get("text_sha256")
        return self._reader.read_text(digest) if digest and is_public(digest) else None

    def _find_renderings(self, found: Sequence[Record]) -> Iterator[Record]:
        """Yield other renderings of these statements, such as translations."""
        shown, roots = {each["id"] for each in found}, {*map(self._first_wording, found)}
        speakers = sorted({each["speaker"] for each in found if each["speaker"]})
        if not speakers:
            return
        page = self._reader.read_page(STATEMENTS, {"speaker": speakers}, limit=_MAX_RENDERINGS)
        for each in page.records:
            if each["id"] not in shown and self._first_wording(each) in roots:
                yield each

    def _first_wording(self, said: Record) -> str:
        """Return the id of the statement that this one, in the end, is a rendering of."""
        id, seen = said["id"], said
        while seen and seen["rendering_of"]:
            id = seen["rendering_of"]
            seen = self._lookup.get("statements", id)
        return id


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


def cut_passages(text: str | None, statements: Sequence[Record]) -> Iterator[Context]:
    """Yield statements in the order of a text, with their words there and what stands before.

    No words are repeated; `words` is None where there is no text, or it lacks the statement.
    """
    shown = 0
    for each in statements:
        start, end = each["start"], each["end"]
        if text is None or not each["verified"]:
            yield {"said": each, "words": None}
            continue
        first = max(shown, start - _CONTEXT_LENGTH)
        words = text[max(start, shown) : end]
        yield {"said": each, "gap": first > shown, "before": text[first:start], "words": words}
        shown = max(shown, end)
