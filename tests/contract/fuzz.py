"""Try a running server against its contract: `python -m tests.contract.fuzz`.

Schemathesis (all checks, all phases, operations chained by the contract's own links) against
`sinequanon serve` over a SQLite database with the invented world in it, and with the seed, from
which the contract's examples are taken. What the contract promises and a general check objects to
stands in `schemathesis.toml`, each with its reason; bodies that no schema words are in
`odd_bodies`. Afterwards the database must be sound: no request, however odd, damages the registry.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from api.keys import SCOPES
from tests.servers import run_sinequanon, start_server
from tests.worlds import ARTICLE, FIXTURES, PROJECT, RESOURCE, TEXTS, read_records

_SUBMISSIONS = 9
"""How many submissions of somebody else are there."""

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))


def main() -> int:
    """Run, print the summary, and return the exit code: 0 without any failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--max-examples", type=int, default=1_000, help="examples an operation")
    parser.add_argument("--seed", type=int, default=1, help="of the chance that makes requests")
    parser.add_argument("--anonymous", action="store_true", help="send no key")
    options, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="sqn-fuzz-") as folder:
        return fuzz_registry(Path(folder), options, more)


def fuzz_registry(folder: Path, options: argparse.Namespace, more: list[str]) -> int:
    """Fill a registry in a folder, serve it, and run schemathesis against it."""
    url = f"sqlite:///{folder / 'sinequanon.db'}"
    run_sinequanon("db", "upgrade", url=url)
    texts = [f"--text={source}={path}" for source, path in TEXTS.items()]
    run_sinequanon("import", FIXTURES, *texts, url=url)
    run_sinequanon("import", ARTICLE, url=url)
    _propose_changes(folder, url)
    scopes = [f"--scope={scope}" for scope in SCOPES]
    key = run_sinequanon("keys", "create", "fuzz", *scopes, url=url).stdout.strip()
    header = [] if options.anonymous else ["--header", f"Authorization: Bearer {key}"]
    with start_server(url, folder) as server:
        command = [
            SCHEMATHESIS,
            "--config-file",
            str(_write_configuration(folder, options)),
            "run",
            f"{server.address}/openapi.json",
            "--checks=all",
            "--workers=1",
            f"--seed={options.seed}",
            "--generation-database=none",
            *header,
            *more,
        ]
        # In the folder, so that what it leaves behind goes with it.
        variables = {**os.environ, "PYTHONPATH": str(PROJECT)}
        failures = subprocess.run(command, cwd=folder, env=variables, check=False).returncode
    soundness = run_sinequanon("db", "check", url=url, check=False)
    sys.stdout.write(soundness.stdout + soundness.stderr)
    return failures or soundness.returncode


def _propose_changes(folder: Path, url: str) -> None:
    """Propose what the key may decide on: nobody decides on a submission of one's own."""
    for number in range(1, _SUBMISSIONS + 1):
        actor = {"id": f"proposed-{number}", "name": f"Proposed {number}", "kind": "state"}
        file = folder / "proposed.ndjson"
        file.write_text(json.dumps({"noun": "actors", "record": actor}))
        run_sinequanon("submissions", "propose", file, "--by", "coder", url=url)


def _write_configuration(folder: Path, options: argparse.Namespace) -> Path:
    """Add the ids of the world to what is committed, so that requests name what there is."""
    committed, max_examples = (PROJECT / "schemathesis.toml").read_text(), options.max_examples
    if options.anonymous:
        # Whoever sends no key is refused by each operation that needs one.
        committed = committed.replace('"missing_auth", ', "")
    lines = [
        'hooks = "tests.contract.odd_bodies"',
        committed,
        f"[phases.fuzzing.generation]\nmax-examples = {max_examples}",
        # All operations share these, so even a bounded run has some hundred chains.
        f"[phases.stateful.generation]\nmax-examples = {max(300, max_examples)}",
        '[dictionaries.tags]\nvalues = ["*"]',
        f"[dictionaries.submissions]\nvalues = {[*range(1, _SUBMISSIONS + 1)]}",
        '[[operations]]\ninclude-path-regex = "^/v1/submissions/"',
        f'[operations.parameters]\n"path.id" = {_drawn("submissions")}',
        f'"header.If-Match" = {_drawn("tags")}',
    ]
    for noun, resource in RESOURCE.items():
        ids = [each["id"] for folder in (FIXTURES, ARTICLE) for each in read_records(noun, folder)]
        lines.append(f"[dictionaries.{noun}]\nvalues = {json.dumps(ids)}")
        bound = [
            f'"path.id" = {_drawn(noun)}',
            f'"header.If-Match" = {_drawn("tags")}',
            *(
                f'"body.{_schema_path(each.path)}" = {_drawn(each.to)}'
                for each in resource.references
            ),
        ]
        lines.append(f'[[operations]]\ninclude-path-regex = "^/v1/{noun}([./]|$)"')
        lines.append("\n".join(["[operations.parameters]", *bound]))
    file = folder / "schemathesis.toml"
    file.write_text("\n\n".join(lines) + "\n")
    return file


def _drawn(dictionary: str) -> str:
    return f'{{ dictionary = "{dictionary}", probability = 0.7 }}'


def _schema_path(path: str) -> str:
    """Write a reference's path as schemathesis has it: `a[][]` as `a[*].[*]`."""
    return path.replace("[]", "[*]").replace("][", "].[")


if __name__ == "__main__":
    sys.exit(main())
