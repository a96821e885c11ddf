"""Twenty clients that ask one heavy question each, again and again, never twice the same."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import partial

from api.analysis.questions.agreement import GENERAL_ASSEMBLY
from tests.chaos.attack import ATTACKER, Attack, Target, repeat_in_threads
from tests.chaos.parsing import post_body
from tests.chaos.watching import choose_day

_CLIENTS, _CHANGESETS = 20, "/v1/changesets"
_WAR, _VOTES = "/v1/conflicts/war-in-ukraine", f"/v1/conflicts/{GENERAL_ASSEMBLY}"
_STATES = "russia,united-states"
_HEADERS = {"Content-Type": "application/json", "If-Range": '"none"'}
"""No cached answer is sent to a request with If-Range."""

QUESTIONS = {
    "deadlock": f"{_WAR}/deadlock?goal=peace&attested_since=%s",
    "conflict page": "/conflicts/war-in-ukraine?attested_since=%s",
    "picture": f"{_WAR}/timeline.svg?valid_at=%s",
    "diff": f"{_VOTES}/diff?from=1900-01-01&to=2020-01-01",
    "timeline": f"{_VOTES}/timeline?valid_at=any",
    "matrix": f"{_VOTES}/matrix?valid_at=any",
    "agreement": f"/v1/agreement?conflict={GENERAL_ASSEMBLY}&actors={_STATES}",
    "search by relevance": "/v1/search?q=proposal&sort=relevance",
    "counts": "/v1/positions/counts?by=holder,issue&valid_at=any",
    "large CSV": "/v1/positions.csv?limit=1000&valid_at=any",
    "export": "/v1/export.ndjson",
    "export of a table": "/v1/export/positions.csv",
}


def ask_together(target: Target, path: str) -> AbstractContextManager[object]:
    """Ask a question with twenty clients."""
    return repeat_in_threads(_CLIENTS, lambda: _send(target, "GET", _vary(path)))


def suppose_together(target: Target) -> AbstractContextManager[object]:
    """Ask a what-if with twenty clients."""
    path, body = f"{_WAR}/deadlock?goal=peace&attested_since=%s", json.dumps({})
    return repeat_in_threads(_CLIENTS, lambda: _send(target, "POST", _vary(path), body))


def ask_in_turn(
    target: Target, questions: Iterable[str], clients: int
) -> AbstractContextManager[object]:
    """Ask questions in turn with so many clients."""
    paths = iter([*questions] * 100_000)
    return repeat_in_threads(clients, lambda: _send(target, "GET", _vary(next(paths))))


_OF_RIVALS = (
    "/v1/conflicts/rivalry/timeline?attested_since=%s", "/v1/conflicts/rivalry/matrix?valid_at=%s",
    "/v1/actors/rival/dossier?valid_at=%s", "/actors/rival?valid_at=%s",
)  # fmt: skip


def write_rivals(target: Target) -> None:
    """Write 2,000 positions of one actor on one proposition, which contradict each other."""
    first, source = date(1960, 1, 1), {"kind": "news_report", "language": "en"}
    said = {"source": "rivalry-report", "exact": "It is so.", "attestation": "verbatim_sentence"}
    written = [
        ("conflicts", {"id": "rivalry", "name": "Rivalry", "kind": "dispute"}),
        ("actors", {"id": "rival", "name": "Rival", "kind": "state"}),
        ("propositions", {"id": "rival-claim", "text": "It is so.", "conflict": "rivalry"}),
        ("sources", {"id": "rivalry-report", "title": "Rivalry", **source}),
        ("statements", {"id": "rival-said", "attested_on": str(first), **said}),
        *(("positions", {
            "id": f"rival-{n}", "holder": "rival", "proposition": "rival-claim",
            "force": "accept" if n % 2 else "reject", "evidence": ["rival-said"],
            "attested_on": str(first + timedelta(n)),
        }) for n in range(2_000)),
    ]  # fmt: skip
    lines = (json.dumps({"noun": noun, "record": record}) for noun, record in written)
    told = post_body(target, _CHANGESETS, "application/x-ndjson", "\n".join(lines).encode())
    assert b'"created":2005' in told, told[:1_000]


_LONG_TEXT = json.dumps({"text": '"We agree," said Putin. ' * 36_000})
_MANY_ACTORS = json.dumps({"changeset": [
    {"noun": "actors", "record": {"id": f"tried-{n}", "name": f"Tried {n}", "kind": "state"}}
    for n in range(3_000)
]})  # fmt: skip


def read_texts_together(target: Target) -> AbstractContextManager[object]:
    """Have a text of 800 kB read by eight clients without a key."""
    return repeat_in_threads(8, lambda: _send(target, "POST", "/v1/candidates", _LONG_TEXT))


def propose_much(target: Target) -> None:
    """Propose 3,000 records, as the first submission."""
    post_body(target, "/v1/submissions", "application/json", _MANY_ACTORS.encode())


def show_submission_together(target: Target) -> AbstractContextManager[object]:
    """Have a large submission tried and shown by twenty clients."""
    return repeat_in_threads(
        _CLIENTS, lambda: _send(target, "GET", "/v1/submissions/1", key=target.key)
    )


def _vary(path: str) -> str:
    return path % choose_day() if "%s" in path else path


def _send(target: Target, method: str, path: str, body: str | None = None, key: str = "") -> int:
    headers = {**_HEADERS, "Authorization": f"Bearer {key}"} if key else _HEADERS
    connection = http.client.HTTPConnection(
        "127.0.0.1", target.port, timeout=30, source_address=(ATTACKER, 0)
    )
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


ATTACKS = (
    *(
        Attack(f"20 clients: {name}", partial(ask_together, path=path), ours_alone=True)
        for name, path in QUESTIONS.items()
    ),
    Attack("20 clients: what-if", suppose_together, ours_alone=True),
    # The last text is read to its end, which takes long after the attack.
    Attack("8 clients: long texts read", read_texts_together, ours_alone=True, settling=25.0),
    Attack(
        "20 clients: a large submission",
        show_submission_together,
        before=propose_much,
        ours_alone=True,
    ),
    Attack(
        "60 clients: all questions",
        partial(ask_in_turn, questions=QUESTIONS.values(), clients=60),
        in_short=True,
        ours_alone=True,
    ),
    Attack(
        "20 clients: an actor with 2,000 rivals",
        partial(ask_in_turn, questions=_OF_RIVALS, clients=_CLIENTS),
        before=write_rivals,
        ours_alone=True,
    ),
)
