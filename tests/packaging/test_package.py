"""The package as others get it: built from a checkout, installed elsewhere, served from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import __version__
from tests.conftest import require_part
from tests.servers import free_port, start_process
from tests.worlds import PROJECT

BUILD = """
import sys
from setuptools import build_meta
folder = sys.argv[1]  # which building changes
build_meta.build_sdist(folder)
build_meta.build_wheel(folder)
"""
SHIPPED = ("api/", "fixtures/", "openapi/", "seeds/", "wsgi.py")
FOR_DEVELOPERS = ("api/README.md",)


@dataclass(frozen=True)
class Installation:
    """An environment of its own, and an empty folder to work in."""

    command: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user who has set nothing and has no checkout."""
        strange = ("PYTHONPATH", "SINEQUANON_")
        return {n: value for n, value in os.environ.items() if not n.startswith(strange)}

    def run(self, *arguments: str) -> str:
        ran = subprocess.run(
            [self.command, *arguments],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


def list_files_of_checkout() -> list[str]:
    """List the files that git tracks, and the new ones that it does not ignore."""
    require_part(
        "git with a checkout", shutil.which("git") and (PROJECT / ".git").exists(), "clone it"
    )
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if (PROJECT / name).is_file()]


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """List the files of the checkout that an installation needs."""
    names = (name for name in list_files_of_checkout() if name.startswith(SHIPPED))
    return set(names).difference(FOR_DEVELOPERS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel in a copy, because building leaves files behind.

    The copy holds only what an image is built from, so a file that it lacks is noticed.
    """
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {line[1:] for line in ignored if line.startswith("!")}
    for name in list_files_of_checkout():
        if name.partition("/")[0] in copied:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, source / name)
    command = [sys.executable, "-c", BUILD, str(built)]
    subprocess.run(command, cwd=source, capture_output=True, check=True)
    return built


@pytest.fixture(scope="module")
def installation(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install only the wheel; its dependencies are borrowed from this environment."""
    environment = tmp_path_factory.mktemp("environment")
    (wheel,) = built.glob("*.whl")
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", str(environment)],
        [*pip, "install", "--no-deps", "--no-index", "--no-compile", str(wheel)],
    ):
        subprocess.run(command, capture_output=True, check=True)
    paths = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    # Python ignores .pth files in a folder that a .pth file names, so this environment's link to
    # the checkout is not borrowed.
    borrowed = sysconfig.get_path("purelib")
    (packages / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    return Installation(python.with_name("sinequanon"), tmp_path_factory.mktemp("elsewhere"))


def test_the_sdist_holds_all_that_is_shipped(built: Path, shipped: set[str]):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert shipped | {"LICENSE", "pyproject.toml", "setup.py"} <= held


def test_the_wheel_holds_what_is_shipped_and_nothing_else(built: Path, shipped: set[str]):
    (wheel,) = built.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    data = ("fixtures/", "openapi/", "seeds/")
    assert held == {f"api/{name}" if name.startswith(data) else name for name in shipped}


def test_an_installation_knows_its_version_and_its_contract(installation: Installation):
    assert installation.run("--version").endswith(f"version {__version__}\n")
    told = installation.run("openapi", "write", "--check")
    assert told.startswith(str(installation.command.parents[1]))
    assert told.endswith("is what the application serves.\n")


def test_an_installation_serves_the_seed_from_any_folder(installation: Installation):
    # A module of the same name in the current folder must not be imported.
    (installation.folder / "wsgi.py").write_text("raise SystemExit", encoding="utf-8")
    port = free_port()
    command = [str(installation.command), "serve", "--prepare", "--port", str(port)]
    output = installation.folder / "output.log"
    with start_process(
        command, port, output, env=installation.environment, cwd=installation.folder
    ) as server:
        assert server.ask("/v1/actors?limit=1").json()["data"][0]["id"] == "russia"
        for path in ("/", "/docs", "/conflicts/war-in-ukraine", "/openapi.json"):
            assert server.ask(path).status == 200
    assert (installation.folder / "data" / "sinequanon.db").is_file()
