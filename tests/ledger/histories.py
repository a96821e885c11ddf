"""Random histories of a few related records, which are amended, retracted and revived.

The world is small, so that changes often affect other records: a ministry that is part of a state
or not, a spokesman whose office speaks for it or not, propositions that move between issues, a
source that changes its declared text, positions whose voice, issues and quotes are derived from all
of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from hypothesis import strategies as st

from api.errors import SineQuaNonError
from api.ledger import Asked, Change, Ledger
from api.ledger.truth.canonical import parse_bytes

WORDS = "We reject it."
HASHES = [sha256(each.encode()).hexdigest() for each in (WORDS, "Another text.")]

Draft = dict[str, Any]


def _conflict(choice: int) -> Draft:
    kinds = ("dispute", "negotiation")
    return {"id": "quarrel", "name": "The quarrel", "kind": kinds[choice % 2], "parties": [
        {"actor": "state", "status": "party"},
    ]}  # fmt: skip


def _actor(name: str, kind: str, choice: int) -> Draft:
    drafts: Mapping[str, Draft] = {
        "state": {"name": ("State", "The State", "Étát")[choice % 3]},
        "ministry": {"name": "Ministry", **({"part_of": "state"} if choice % 2 else {})},
        "speaker": {"name": "Speaker", "offices": [
            {"title": "spokesman", "of": "ministry",
             **({"speaks_for": ("ministry", "state")[choice % 2]} if choice % 3 else {})},
        ]},
    }  # fmt: skip
    return {"id": name, "kind": kind, **drafts[name]}


def _proposition(choice: int) -> Draft:
    issues = ([], ["one"], ["two"], ["one", "two"])[choice % 4]
    belongs = {"issues": issues} if issues else {}  # the schemas omit empty fields, too
    by = {"by": ["state"]} if choice % 2 else {}
    return {"id": "truce", "text": "A truce holds.", "conflict": "quarrel", **belongs, **by}


def _source(choice: int) -> Draft:
    declared: Draft = {"text_sha256": HASHES[choice % 2], "text_length": 13} if choice % 3 else {}
    return {"id": "paper", "title": "Paper", "kind": "news_report", "language": "en",
            "text_public": False, **declared}  # fmt: skip


def _statement(choice: int) -> Draft:
    return {
        "id": "words", "source": "paper", "start": 0, "end": 13, "exact": WORDS,
        "exact_sha256": HASHES[0], "attestation": "verbatim_sentence", "attested_on": "2024-01-01",
        **({"speaker": "speaker"} if choice % 2 else {"speaker_as": "an official"}),
        **({"stated_on": "2024-01"} if choice % 3 else {}),
    }  # fmt: skip


def _position(name: str, choice: int) -> Draft:
    return {
        "id": name, "holder": ("state", "ministry", "speaker")[choice % 3], "rank": "normal",
        "force": ("reject", "demand")[choice % 2], "proposition": "truce", "negated": False,
        "evidence": ["words"], "attestation": "verbatim_sentence", "attested_on": "2024-01-01",
        **({"speaker": "speaker"} if choice % 5 else {}),
        **({"valid_to": "2024-06", "end_reason": "dropped"} if choice % 7 == 0 else {}),
    }  # fmt: skip


def _issue(name: str, choice: int) -> Draft:
    return {"id": name, "conflict": "quarrel", "name": f"{name} {choice}"}


MAKERS = {
    ("conflicts", "quarrel"): _conflict,
    ("actors", "state"): lambda c: _actor("state", "state", c),
    ("actors", "ministry"): lambda c: _actor("ministry", "institution", c),
    ("actors", "speaker"): lambda c: _actor("speaker", "person", c),
    ("issues", "one"): lambda c: _issue("one", c),
    ("issues", "two"): lambda c: _issue("two", c),
    ("propositions", "truce"): _proposition,
    ("sources", "paper"): _source,
    ("statements", "words"): _statement,
    ("positions", "first"): lambda c: _position("first", c),
    ("positions", "second"): lambda c: _position("second", c),
}

Step = tuple[tuple[str, str], int | None]
"""A record, and a choice of its new contents, or None to retract it."""

KEYS = sorted(MAKERS)
LEAVES = [key for key in KEYS if key[0] == "positions"]
"""Records without referrers, which can be retracted."""

amendments = st.tuples(st.sampled_from(KEYS), st.integers(0, 41))
retractions = st.tuples(st.sampled_from(LEAVES * 4 + KEYS), st.none())
# Weighted, so that most changes are amendments that the rules allow.
changesets = st.sampled_from([1, 1, 1, 2, 3]).flatmap(
    lambda size: st.lists(
        st.integers(0, 5).flatmap(lambda die: retractions if die == 0 else amendments),
        min_size=size, max_size=size, unique_by=lambda step: step[0],
    )
)  # fmt: skip
histories = st.lists(
    st.integers(0, 7).flatmap(lambda die: st.just("text") if die == 0 else changesets),
    min_size=4,
    max_size=10,
)


def make_world() -> list[Change]:
    """Return the changes that create the whole small world."""
    return [Change(noun, id, make(1)) for (noun, id), make in MAKERS.items()]


def write_steps(ledger: Ledger, steps: Sequence[Step] | str) -> int | None:
    """Write one changeset; returns the head, or None if the rules refuse it."""
    try:
        if steps == "text":
            return ledger.append_changes([], texts={("sources", "paper"): WORDS}, author="a").head
        changes = [_make_change(ledger, key, choice) for key, choice in steps]  # type: ignore[misc]
        return ledger.append_changes(changes, author="a").head
    except SineQuaNonError:
        return None


def _make_change(ledger: Ledger, key: tuple[str, str], choice: int | None) -> Change:
    noun, id = key
    record = None if choice is None else MAKERS[key](choice)
    return Change(noun, id, record, frozenset({newest_tag(ledger, noun, id)}))


def newest_tag(ledger: Ledger, noun: str, id: str) -> str:
    """Return the tag of a record's newest revision, even of a tombstone."""
    from api.ledger.truth.revisions import revision_tag  # noqa: PLC0415

    with ledger.open_reader() as reader:
        return revision_tag(reader.read_history(ledger.nouns[noun], id, limit=1000)[-1]["hash"])


def read_lists(ledger: Ledger, known_at: int | None = None) -> dict[str, list[bytes]]:
    """Read the bytes of every list on any day, as known at a changeset or now."""
    with ledger.open_reader(Asked(number=known_at, valid_at="any")) as reader:
        return {
            name: list(reader.read_page(noun, {}, limit=1000).whole_bodies)
            for name, noun in ledger.nouns.items()
        }


def derive_again(ledger: Ledger, known_at: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Derive the facts of each record from the records as known at a changeset."""
    authored = {
        (noun, body["id"]): _read_authored(ledger, noun, body["id"], known_at)
        for noun, bodies in read_lists(ledger, known_at).items()
        for body in map(parse_bytes, bodies)
    }

    class AuthoredLookup:
        def get(self, noun: str, id: str) -> dict[str, Any] | None:
            return authored.get((noun, id))

        def text(self, sha256: str) -> None:
            del sha256

    return {
        key: ledger.nouns[key[0]].derive(record, AuthoredLookup())
        for key, record in authored.items()
    }


def _read_authored(ledger: Ledger, noun: str, id: str, known_at: int) -> dict[str, Any]:
    with ledger.open_reader(Asked(number=known_at)) as reader:
        return parse_bytes(reader.read_history(ledger.nouns[noun], id, limit=1000)[-1]["body"])
