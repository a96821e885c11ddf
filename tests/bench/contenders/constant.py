"""The upper limits: one prepared answer, as raw WSGI and as a bare Flask view.

`BENCH_ANSWER` names a file with the headers and body of our answer. At our address it is sent with
all its headers, or as 304 if the request has its ETag; at `/body` with its media type alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response

_answer = json.loads(Path(os.environ["BENCH_ANSWER"]).read_text(encoding="utf-8"))
BODY = _answer["body"].encode()
HEADERS = [(name, value) for name, value in _answer["headers"]]
_FEW = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
_KNOWN = [each for each in HEADERS if not each[0].startswith("content-")]
_ETAG = dict(HEADERS)["etag"]


def answer_raw(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send the answer without any framework."""
    if environ.get("HTTP_IF_NONE_MATCH") == _ETAG:
        start_response("304 NOT MODIFIED", _KNOWN)
        return [b""]
    start_response("200 OK", _FEW if environ["PATH_INFO"] == "/body" else HEADERS)
    return [BODY]


flask = Flask(__name__, static_folder=None)


@flask.get("/v1/positions")
def send_answer() -> Response:
    """Send the answer with all its headers."""
    return Response(BODY, headers=HEADERS)


@flask.get("/body")
def send_body() -> Response:
    """Send the answer with its media type alone."""
    return Response(BODY, content_type="application/json")
