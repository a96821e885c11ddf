"""Records that are right, nearly right or wrong, and the bytes in which they come."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.worlds import FIXTURES, RESOURCE, SEED_FOLDERS, read_records

VOTE: dict[str, Any] = {
    "id": "roll-call-9-norland",
    "holder": "norland",
    "force": "accept",
    "proposition": "roll-call-9",
    "responds_to": {"proposal": "roll-call-9", "component": "a"},
    "sources": ["roll-call-9"],
    "attestation": "recorded_vote",
    "attested_on": "2019-12-18",
    "valid_from": "2019-12-18",
}

_TEXTS = [
    "", " ", "\t\n", "a", "a\n", " a ", "a--b", "-a", "!a", "A", "é", "٣", "😀",
    "x" * 97, "x" * 201, "x" * 20_001, "counts", "!counts", "normal", "stated", "none", "note",
    "verbatim_sentence", "2024-02-29", "2024-02-30", "2024-2-9", "2024", "201X", "2024-21",
    "2024/2025", "2025/2024", "../2024", "/", "../..", "en", "zh-Hant", "English",
    "https://a.example/", "javascript:alert(1)", "f" * 64, "UKR", "Q212",
    ":", 'a": "b', "\\", "\\u0000", "\0", "\ud800", "\u2028", "{", ",",
]  # fmt: skip
_NUMBERS = [0, 1, -1, 5, 19, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, 0.0, -0.0, 1.0,
            0.5, 5.0, 1e300, float("nan"), float("inf")]  # fmt: skip
_REST: list[Any] = [None, True, False, [], {}, [None], [[]], [{}], [[None]], {"a": None}, ["a"],
                    [["a"], ["a"]], ["a"] * 2, ["a", "b"], [str(n) for n in range(201)],
                    {"proposal": "a"}, {"proposal": None, "position": "a"}, {"position": "a"},
                    [{"field": "note", "kind": "inferred", "text": "a"}]]  # fmt: skip

anything = st.recursive(
    st.sampled_from([*_TEXTS, *_NUMBERS, *_REST]) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                                 max_size=3),
    max_leaves=6,
).map(copy.deepcopy)  # fmt: skip


def load_sound_records(noun: str) -> list[dict[str, Any]]:
    """Give all records that are known to be right, sparse and as they are served."""
    known = [each for folder in (FIXTURES, *SEED_FOLDERS) for each in read_records(noun, folder)]
    sparse = known + [VOTE] * (noun == "positions")
    fixed = {"negated": False, "rank": "normal", "text_public": False}
    served = {name: fixed.get(name) for name in RESOURCE[noun].record_schema.fields}
    return sparse + [{**served, **each} for each in sparse]


@st.composite
def draw_drafts(draw: st.DrawFn, noun: str) -> Any:
    """Draw a record that is right, or changed in a few places, or anything."""
    if draw(st.integers(0, 15)) == 0:
        return draw(anything)
    draft: Any = json.loads(json.dumps(draw(st.sampled_from(load_sound_records(noun)))))
    for _ in range(draw(st.integers(0, 2))):
        _draw_change(draw, noun, draft)
    return draft


def _draw_change(draw: st.DrawFn, noun: str, draft: Any) -> None:
    holder, key = draw(st.sampled_from(list(_list_places(draft)) or [(draft, "id")]))
    how = draw(st.sampled_from(["put", "put", "put", "drop", "add", "repeat", "turn"]))
    if how == "put":
        holder[key] = draw(anything)
    elif how == "drop":
        del holder[key]
    elif isinstance(holder, list):
        holder.append(holder[0] if how == "repeat" else draw(anything))
    elif how == "turn":
        holder[key] = holder.pop(key)
    else:
        name = draw(st.sampled_from([*RESOURCE[noun].record_schema.fields, "from", "x", "a:b"]))
        holder[name] = draw(anything)


def _list_places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in list(items):
        yield value, key
        if isinstance(each, (dict, list)):
            yield from _list_places(each)


@st.composite
def draw_bytes(draw: st.DrawFn, data: Any) -> bytes:
    """Draw bytes that say the data, maybe damaged, or with a key that stands twice."""
    raw = json.dumps(
        data,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :\t")])),
    ).encode("utf-8", "surrogatepass")
    how = draw(st.sampled_from(["whole"] * 6 + ["twice", "spliced", "cut", "deep"]))
    place = draw(st.sampled_from([n for n, each in enumerate(raw) if each in b'{[,:"'] or [0]))
    if how == "twice":
        key = draw(st.sampled_from([b'"id"', b'"i\\u0064"', b'"note"', b'"a"', b'"\\u003a"']))
        value = draw(st.sampled_from([b"1", b'":"', b'"\\u003a"', b"{}", b'{":":":"}', b"null"]))
        return raw.replace(b"{", b"{" + key + b":" + value + b",", 1)
    if how == "spliced":
        bits = [b"\0", b"\\u0000", b"\\", b"\\ud800", b"\xff", b'"', b":", b"NaN,", b" ", b'"a":1,']
        return raw[: place + 1] + draw(st.sampled_from(bits)) + raw[place + 1 :]
    if how == "cut":
        return raw[:place]
    if how == "deep":
        depth = draw(st.sampled_from([100, 253, 254, 255, 256, 600, 1_100]))
        return raw.replace(b"null", b"[" * depth + b"]" * depth, 1)
    return raw
