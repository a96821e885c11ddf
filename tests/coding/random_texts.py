"""Random texts with quotes of them: emoji, combining marks, right to left, blanks, CRLF."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import assume
from hypothesis import strategies as st

from api.statements.placing import normalise_draft
from api.statements.rules import check_record
from api.statements.schemas import StatementDraftSchema
from tests.rules.worlds import World

_ODD = (
    "a b éé\u0301\u0323😀👩\u200d👩\u200d👧🇺🇦"
    "\u05d0\u05d1\u05b0\u0634\u0644\u0627\u202e\u202c\u00a0\u2009\u3000\t"
    "“”«»\u2019\ufeffßİ中文ไทย\U0001d11e"
)
_PIECES = st.sampled_from(
    [*_ODD, "\r\n", "\n", "\r", "\u2028", "the truce", "“No.”"]
) | st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_SCHEMA = StatementDraftSchema()


@st.composite
def quotes_in_texts(draw: st.DrawFn) -> tuple[str, int, int]:
    """Draw a text, and the start and the end of a quote of it that is not blank."""
    text = "".join(draw(st.lists(_PIECES, min_size=1, max_size=60)))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    assume(text[start:end].strip())
    return text, start, end


def check_places(drawn: tuple[str, int, int]) -> None:
    """Check that a quote is found at its place, if need be by all that is around it."""
    text, start, end = drawn
    words = text[start:end]
    found = place(text, exact=words)
    if is_single(text, words):
        assert (found["start"], found["end"]) == (start, end)
    else:
        assert "start" not in found
    around = {"prefix": text[max(0, start - 400) : start], "suffix": text[end : end + 400]}
    found = place(text, exact=words, **{n: each for n, each in around.items() if each.strip()})
    if "start" in found:
        assert text[found["start"] : found["end"]] == words
        assert found["verified_sha256"]
    if all(each.strip() for each in around.values()):
        assert (found["start"], found["end"]) == (start, end)


def is_single(text: str, words: str) -> bool:
    return text.find(words) == text.rfind(words)


def place(text: str, **said: Any) -> dict[str, Any]:
    """Return a statement as it is stored beside the text; refused ones have no place."""
    world = World()
    world.put_record("sources", "report", text_sha256=world.attach_text(text))
    given = {"id": "said", "source": "report", "attestation": "indirect", "gist": "It is said.",
             "attested_on": "2024-03-05", **said}  # fmt: skip
    stored = dict(normalise_draft(cast("Any", _SCHEMA.load(given)), None, world))
    refused = [each for each in check_record(stored, world) if not each.warning]
    assert bool(refused) == ("start" not in stored)
    return stored
