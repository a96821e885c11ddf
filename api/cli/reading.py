"""`sinequanon read`."""

from __future__ import annotations

from typing import BinaryIO

import click

from api.cli.opening import open_registry


@click.command(name="read")
@click.argument("file", type=click.File("rb"))
@click.option("--lang", help="Language of the text; recognised if it is left out.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, as the API has it.")
def read_file(file: BinaryIO, lang: str | None, *, as_json: bool) -> None:
    """Show the statements that a person could accept from a text; `-` reads it from stdin.

    Speakers are matched with the actors of the registry. Nothing is written: docs/reading.md.
    """
    import orjson

    from api.reader.candidates import read_text
    from api.reader.cues import LANGUAGES
    from api.reader.routes import load_actors, render_candidate

    if lang and lang not in LANGUAGES:
        raise click.BadParameter(f"must be one of {', '.join(LANGUAGES)}", param_hint="--lang")
    text = file.read().decode("utf-8", "surrogateescape").replace("\ufeff", "", 1)
    with open_registry().open_reader() as reader:
        actors = load_actors(reader, text)
    for each in read_text(text, actors, lang):
        if as_json:
            click.echo(orjson.dumps(render_candidate(each)))
            continue
        speaker, guess = each.speaker, each.guess
        told = f"{speaker.id or '?'} ({speaker.words})" if speaker else "?"
        suggested = f"  {guess.kind} {guess.value}? “{guess.words}”" if guess else ""
        click.echo(
            f"{each.start}-{each.end}  {each.attestation}  {told}{suggested}\n  {each.exact}"
        )
