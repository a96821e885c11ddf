"""`sinequanon read`."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from api.cli.opening import open_registry

if TYPE_CHECKING:  # whose import is slow
    from api.reader.candidates import Candidate


@click.command(name="read")
@click.argument("file", type=click.File("rb"))
@click.option("--lang", help="Language of the text: en, de, fr, ru or uk; else it is recognised.")
def read_file(file: BinaryIO, lang: str | None) -> None:
    """Show the statements that a person could accept from a text; `-` reads it from stdin.

    Speakers are matched with the actors of the registry. Nothing is written: docs/reading.md.
    """
    from api.reader.candidates import read_text
    from api.reader.routes import load_actors

    text = file.read().decode("utf-8", "replace")
    with open_registry().open_reader() as reader:
        actors = load_actors(reader, text)
    for each in read_text(text, actors, lang):
        click.echo(_describe_candidate(each))


def _describe_candidate(found: Candidate) -> str:
    told = f"{found.speaker.id or '?'} ({found.speaker.words})" if found.speaker else "?"
    guess = found.guess
    value = guess and (guess.force or guess.modality or guess.antecedents_kind)
    suggested = f"  {guess.kind} {value}? “{guess.words}”" if guess else ""
    where = f"{found.start}-{found.end}  {found.attestation}"
    return f"{where}  {told}{suggested}\n  {found.exact}"
