"""Attack the server that `sinequanon serve` starts, and tell what others felt: `make chaos`.

Everything stays on this machine. Each attack runs for some seconds against a server of its own,
while a process asks for the probe, a cached and an uncached page; it is asked again a second after.
`--short` takes the attacks of CI, `--only WORDS` those with the words in their name, `--rivals` the
servers of the benchmark that are comparable.
"""

from __future__ import annotations

import argparse
import atexit
import importlib
import pkgutil
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import psutil

import tests.chaos
from tests.bench.votes import importer_options, make_assembly, write_tables
from tests.chaos.attack import MOST_LIVEZ, MOST_PAGE, Attack, Check, Target
from tests.chaos.watching import Watch, Watched, start_watching
from tests.nginx import is_installed, start_nginx
from tests.servers import run_sinequanon, start_server

_SCOPES = ("--scope", "write", "--scope", "texts")

_SHORT = 2.5
"""Seconds of an attack in the short form."""


@dataclass(frozen=True)
class Outcome:
    """What others felt of an attack: before it, while it ran, and a second after."""

    before: Watch
    during: Watch
    after: Watch
    memory: tuple[float, float]
    """Before and at the end, in MB."""

    def list_faults(self, attack: Attack) -> Iterator[str]:
        """Yield the bounds that broke."""
        for when, watch in (("during", self.during), ("after", self.after)):
            for what, most in (
                ("probe", MOST_LIVEZ),
                ("cached", MOST_PAGE),
                ("uncached", MOST_PAGE),
            ):
                found: Watched = getattr(watch, what)
                if found.failed or found.worst > most:
                    why = found.failed or f"{found.worst:.2f} s"
                    yield f"{attack.name}: {what} {when}: {why}"
        for what in ("probe", "cached", "uncached"):
            usual, now = getattr(self.before, what).usual, getattr(self.after, what).usual
            if now > 3 * usual + 0.02:
                yield f"{attack.name}: {what} takes {now:.3f} s after it, {usual:.3f} s before"


def find_all(name: str, words: str) -> list[Any]:
    """Return the ATTACKS or CHECKS of all modules of this folder with the words in their name."""
    names = sorted(each.name for each in pkgutil.iter_modules(tests.chaos.__path__))
    modules = [importlib.import_module(f"tests.chaos.{each}") for each in names if each[0] != "_"]
    found = [each for module in modules for each in getattr(module, name, ())]
    return [each for each in found if words in each.name]


def run_checks(checks: Sequence[Check]) -> list[str]:
    """Run checks, each against a server of its own; return what is not as it must be."""
    broken: list[str] = []
    for check in checks:
        with (
            tempfile.TemporaryDirectory(prefix="chaos-") as folder,
            serve_registry(Path(folder), check.variables) as up,
        ):
            wrong = check.run(*up)
        print(f"{check.name}: {wrong or 'as it must be'}", flush=True)
        broken += [f"{check.name}: {wrong}"] if wrong else []
    return broken


@contextmanager
def serve_registry(
    folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[tuple[Target, psutil.Process]]:
    """Serve a registry with the seed, as users do."""
    file, key = _fill_registry()
    shutil.copy(file, folder)
    url = f"sqlite:///{folder / file.name}"
    with start_server(url, folder, variables=variables) as server:
        yield Target(server.port, url, key), psutil.Process(server.process.pid)


@contextmanager
def serve_behind_nginx(folder: Path) -> Iterator[tuple[Target, psutil.Process]]:
    """Serve a registry behind nginx, as the example that we ship does."""
    with (
        serve_registry(folder) as (target, process),
        start_nginx(target.port, folder, tls=False) as port,
    ):
        yield replace(target, port=port), process


@cache
def _fill_registry() -> tuple[Path, str]:
    """Make a registry with the seed, 4,800 votes and a key; return its file and the key."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    atexit.register(shutil.rmtree, folder)
    url = f"sqlite:///{folder / 'sinequanon.db'}"
    with start_server(url, folder, "--prepare"):
        pass
    files = write_tables(folder, make_assembly(400), 4_800)
    run_sinequanon("import", "unga-votes", *importer_options(files), url=url)
    made = run_sinequanon("keys", "create", "chaos", *_SCOPES, url=url)
    return folder / "sinequanon.db", made.stdout.strip()


def run_attack(target: Target, process: psutil.Process, attack: Attack, seconds: float) -> Outcome:
    """Run an attack, and ask the server before, meanwhile and afterwards."""
    attack.before(target)
    before = start_watching(target, 1)()
    memory = measure_memory(process)
    finish = start_watching(target, seconds + 0.5)
    time.sleep(0.5)  # until the other process asks
    with attack.run(target):
        during = finish()
        grown = measure_memory(process)
    time.sleep(attack.settling)
    return Outcome(before, during, start_watching(target, 1)(), (memory, grown))


def measure_memory(process: psutil.Process) -> float:
    """Return the resident memory of a process and all that it started, in MB."""
    family = [process, *process.children(recursive=True)]
    return sum(each.memory_info().rss for each in family) / 1e6


Serving = Callable[[Path], AbstractContextManager[tuple[Target, psutil.Process]]]


def run_all(name: str, serve: Serving, attacks: Sequence[Attack], longest: float) -> list[str]:
    """Run attacks, each against a server of its own; print the table, and return what broke."""
    print(f"{name}: worst seconds while attacked, then a second after it\n")
    print(
        "| attack | probe | cached | uncached | probe after | cached after | uncached after | MB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    broken: list[str] = []
    for attack in attacks:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder, serve(Path(folder)) as up:
            found = run_attack(*up, attack, min(attack.seconds, longest))
        watched = [getattr(w, what) for w in (found.during, found.after)
                   for what in ("probe", "cached", "uncached")]  # fmt: skip
        cells = [f"{each.worst:.3f}{each.failed and f' ({each.failed})'}" for each in watched]
        memory = " → ".join(f"{each:.0f}" for each in found.memory)
        print("| " + " | ".join([attack.name, *cells, memory]) + " |", flush=True)
        broken += found.list_faults(attack)
    print()
    return broken


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the attacks of CI, each shorter")
    parser.add_argument("--only", default="", help="attacks with these words in their name")
    parser.add_argument("--rivals", action="store_true", help="the benchmark's servers, too")
    asked = parser.parse_args()
    found: list[Attack] = find_all("ATTACKS", asked.only)
    attacks = [each for each in found if not each.behind_nginx]
    behind = [each for each in found if each.behind_nginx and not asked.short]
    if asked.short:
        attacks = [each for each in attacks if each.in_short]
    longest = _SHORT if asked.short else 600.0
    broken = run_all("Sine Qua Non", serve_registry, attacks, longest)
    if not asked.short:
        broken += run_checks(find_all("CHECKS", asked.only))
    if behind and is_installed():
        broken += run_all("behind nginx", serve_behind_nginx, behind, longest)
    if asked.rivals:
        from tests.chaos import rivals  # noqa: PLC0415, needs what only the benchmark installs

        for name, serve in rivals.SERVED.items():
            run_all(name, serve, [each for each in attacks if not each.ours_alone], longest)
    for each in broken:
        print(f"broken: {each}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
