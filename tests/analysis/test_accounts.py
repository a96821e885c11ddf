"""Whose word a record is: the account beside each line, worked out by hand."""

from __future__ import annotations

import pytest

from api.analysis.engine.sentences import Sentences
from tests.analysis.quarrels import Quarrel


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce")
    made.put("actors", "pavel", name="Pavel Ardosh", kind="person")
    made.put("sources", "wire", title="War goes on", publisher="Allied Press")
    made.put(
        "sources",
        "leaflet",
        title="A leaflet",
        publisher=None,
        doubts=[{"field": "published", "kind": "inferred", "text": "The print tells no day."}],
    )
    return made  # fmt: skip


def quote(speaker_as: str | None) -> dict[str, str | None]:
    return {"speaker_as": speaker_as, "exact": None, "gist": "x", "source": "wire"}


@pytest.mark.parametrize(
    ("facts", "account"),
    [
        ({"voice": "own", "speaker": "ardo"}, "by its own word"),
        ({"voice": "own", "speaker": "pavel", "holder": "pavel"}, "by their own word"),
        ({"voice": "authorised", "speaker": "pavel"}, "by Pavel Ardosh, for Ardo"),
        ({"voice": "relayed", "speaker": "belm"}, "as Belm says"),
        ({"voice": "narrated", "sources": ["wire"]}, "as Allied Press reports"),
        ({"voice": "narrated", "sources": ["wire", "leaflet"]},
         "as Allied Press and “A leaflet” report"),
        ({"voice": "narrated", "attestation": "recorded_vote", "sources": ["wire"]},
         "by recorded vote"),
        ({"voice": "anonymous", "quotes": [quote(None), quote("An Ardish official")]},
         "by an unnamed Ardish official"),
        ({"voice": "anonymous", "quotes": [quote("three officials")]},
         "by three officials (not named)"),
        ({"voice": "anonymous", "quotes": [quote("unnamed officials")]}, "by unnamed officials"),
    ],
)  # fmt: skip
def test_each_voice_names_whose_account_it_is(quarrel: Quarrel, facts, account: str):
    holder = facts.pop("holder", "ardo")
    id = quarrel.position(holder, "reject", "truce", **facts)
    record = quarrel.records["positions", id]
    say = Sentences(quarrel)
    assert say.describe_account(record) == account


def test_a_joint_holder_is_told_whose_word_it_is(quarrel: Quarrel):
    id = quarrel.position("ardo", "reject", "truce", speaker="ardo", co_holders=["belm"])
    record = quarrel.records["positions", id]
    assert Sentences(quarrel).describe_account(record, "belm") == "by Ardo, jointly with Belm"


def test_the_doubts_of_a_record_and_of_its_sources_are_told(quarrel: Quarrel):
    doubt = {"field": "holder", "kind": "weak_attribution", "text": "Nobody else heard it."}
    id = quarrel.position("ardo", "reject", "truce", doubts=[doubt], sources=["wire", "leaflet"])
    assert Sentences(quarrel).list_doubts(quarrel.records["positions", id]) == [
        "holder (weak attribution): Nobody else heard it.",
        "source “A leaflet”, published (inferred): The print tells no day.",
    ]
