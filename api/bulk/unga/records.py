"""Make records of states, roll calls and votes; `api.bulk.unga` describes them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from api.actors import ACTORS
from api.bulk.countries import MOST_ACTORS
from api.ledger import Change, Ledger
from api.ledger.noun import Record
from api.ledger.rules import fold_text
from api.ledger.words import make_slug
from api.nouns import NOUNS_BY_NAME
from api.web.contract.fields import ID_LENGTH

CONFLICT, ASSEMBLY = "un-general-assembly", "un-general-assembly"
FORCES = {"yes": "accept", "no": "reject", "abstain": "abstain"}
_LONGEST_TITLE, _LONGEST_LABEL = 400, 200


def make_change(noun: str, record: Mapping[str, Any]) -> Change:
    """Make a change of a record that its noun's schema has loaded."""
    loaded = NOUNS_BY_NAME[noun].load_draft(dict(record))
    return Change(noun, loaded["id"], loaded)


def make_assembly_records(issues: Mapping[str, str]) -> list[Change]:
    """Make the records that all roll calls need: the Assembly, the conflict, its topics."""
    assembly = {"id": ASSEMBLY, "name": "UN General Assembly", "kind": "organisation",
                "aliases": ["UNGA"], "wikidata": "Q47423"}  # fmt: skip
    summary = "The recorded votes of the General Assembly, roll call by roll call."
    forum = {"id": CONFLICT, "name": "UN General Assembly", "kind": "forum", "summary": summary}
    named = [
        make_change("issues", {"id": _make_issue_id(each), "name": name, "conflict": CONFLICT})
        for each, name in sorted(issues.items())
    ]
    return [make_change("actors", assembly), make_change("conflicts", forum), *named]


def _make_issue_id(short_name: str) -> str:
    return f"unga-{short_name}"


def make_roll_call_records(call: Mapping[str, str], topics: Sequence[str]) -> list[Change]:
    """Make a roll call's source, proposition and proposal."""
    id, symbol = f"unga-{call['rcid']}", _format_symbol(call)
    about = call["short"].strip() or call["descr"].strip()
    title = f"{symbol}: {about}" if about else symbol
    adopted = f"The General Assembly adopts {symbol}"
    words = call["descr"].strip() or about
    source = {"id": id, "kind": "recorded_vote", "language": "en", "published": call["date"],
              "title": f"Recorded vote on {title}"[:_LONGEST_TITLE]}  # fmt: skip
    proposition = {"id": id, "conflict": CONFLICT, "by": [ASSEMBLY],
                   "issues": [_make_issue_id(each) for each in dict.fromkeys(topics)],
                   "text": f"{adopted}: {words}." if words else f"{adopted}."}  # fmt: skip
    component: dict[str, Any] = {"id": "a", "phase": f"session {call['session']}",
                                 "propositions": [id]}  # fmt: skip
    if about:
        component["label"] = about[:_LONGEST_LABEL]
    proposal = {"id": id, "conflict": CONFLICT, "title": title[:_LONGEST_TITLE],
                "proposers": [ASSEMBLY], "made_on": call["date"],
                "components": [component]}  # fmt: skip
    return [
        make_change("sources", source),
        make_change("propositions", proposition),
        make_change("proposals", proposal),
    ]


def _format_symbol(call: Mapping[str, str]) -> str:
    """Format what is voted on; R/68/262 and A/RES/68/262 are one resolution."""
    symbol = re.sub(r"^R/", "A/RES/", call["unres"].strip()) or f"roll call {call['rcid']}"
    parts = [what for name, what in (("amend", "an amendment to"), ("para", "a part of"))
             if call[name] == "1"]  # fmt: skip
    return " ".join([*parts, symbol])


def make_position(call: Mapping[str, str], force: str) -> Change:
    """Make a vote's position, with the Assembly in place of the state."""
    roll_call = f"unga-{call['rcid']}"
    record = {
        "id": f"{roll_call}-{ASSEMBLY}",
        "holder": ASSEMBLY,
        "force": force,
        "proposition": roll_call,
        "responds_to": {"proposal": roll_call, "component": "a"},
        "sources": [roll_call],
        "attestation": "recorded_vote",
        **dict.fromkeys(("attested_on", "valid_from"), call["date"]),
    }
    return make_change("positions", record)


def copy_for_state(state: str, like: Change) -> Change:
    """Copy a vote for a state, without validating it again.

    The schemas have validated the vote and the state's id. Two ids joined by a hyphen are a valid
    id unless it is too long; then the schema is asked, for its error message.
    """
    id = f"{like.id.removesuffix(ASSEMBLY)}{state}"
    record = {**cast("Record", like.record), "id": id, "holder": state}
    return Change(like.noun, id, record) if len(id) <= ID_LENGTH else make_change(like.noun, record)


class VotingStates:
    """The states that are known, by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._by_name: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        """By country, of those for which `make_missing_state` was called."""
        with ledger.open_reader() as reader:
            self._taken = {*reader.retracted_ids(ACTORS)}
            for record in reader.read_all(ACTORS, {}, most=MOST_ACTORS):
                self._taken.add(record["id"])
                for name in (record["name"], *record["aliases"]):
                    if record["kind"] == "state":
                        self._by_name.setdefault(fold_text(name), record["id"])

    def make_missing_state(self, country: str) -> list[Change]:
        """Return the change that adds a state of this name; none if the state is known."""
        if country in self.ids:
            return []
        plain = re.sub(r"\s*\(.*\)$", "", country.replace("&", "and"))
        for name in (country, plain):
            if id := self._by_name.get(fold_text(name)):
                self.ids[country] = id
                return []
        slug = make_slug(plain)
        id = f"{slug}-state" if slug in self._taken else slug
        self.ids[country] = id
        self._taken.add(id)
        return [make_change("actors", {"id": id, "name": country, "kind": "state"})]
