"""`sinequanon submissions` and `sinequanon audit`."""

from contextlib import suppress
from pathlib import Path

import click
import orjson

from api import clock, keys
from api.cli.opening import open_registry
from api.errors import ReadOnly
from api.ledger.truth.audit import list_acts
from api.ledger.truth.revisions import LIVE_RECORD
from api.submissions import access
from api.submissions.tables import STATE_AFTER, STATES

_by = click.option("--by", "name", required=True, help="Who does it: the name of their key.")
_id = click.argument("id", type=int)


class _RefusalReportingGroup(click.Group):
    """A group of commands whose refusals are printed with the places at fault."""

    def invoke(self, ctx: click.Context) -> object:
        from api.web.contract.problems import RequestRefused

        try:
            return super().invoke(ctx)
        except RequestRefused as error:
            faults = (f"{each.get('pointer', '')}: {each['detail']}" for each in error.faults)
            raise click.ClickException("\n".join([error.detail, *faults])) from error


@click.group(name="submissions", cls=_RefusalReportingGroup)
def submissions_group() -> None:
    """Propose changes, review them, and drop closed submissions."""


@submissions_group.command(name="list")
@click.option("--state", type=click.Choice(STATES), default="open")
def list_submissions(state: str) -> None:
    """List submissions in a state, newest first."""
    for each in access.list_submissions(open_registry(), access.Person(""), None, state=state):
        click.echo(f"{each.id}\t{each.kind}\t{each.author or 'a reader'}\t{each.comment}")


@submissions_group.command(name="show")
@_id
def show_submission(id: int) -> None:
    """Show a submission as JSON, with its dry run over the present records."""
    from api.submissions.preview import read_detail

    shown, _ = read_detail(open_registry(), access.Person(""), id, seconds=10)
    click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())


@submissions_group.command(name="propose")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_by
@click.option(
    "--comment", default="", show_default=False, help="Why; the message of the changeset."
)
@click.option("--revises", type=int, help="The submission that it takes the place of.")
def propose_changes(file: Path, name: str, comment: str, revises: int | None) -> None:
    """Propose a FILE and print the number of the submission.

    A file that ends in .yaml or .yml is a coded source. In any other file each line is one of POST
    /v1/changesets.
    """
    from api.coding.yaml_files import parse_yaml
    from api.submissions import queue

    is_coded = file.suffix in (".yaml", ".yml")
    sent = parse_yaml(file.read_bytes())[0] if is_coded else file.read_text(encoding="utf-8")
    proposal = queue.Proposal("coded_source" if is_coded else "changeset", sent, comment)
    opened, person = open_registry(), access.Person(name)
    if revises is None:
        revises = queue.propose_changes(opened, person, proposal)
    else:
        queue.revise_submission(opened, person, revises, proposal, LIVE_RECORD)
    click.echo(revises)


@submissions_group.command(name="comment")
@_id
@click.argument("text")
@_by
def add_comment(id: int, text: str, name: str) -> None:
    """Add a comment to the thread of a submission."""
    from api.submissions import queue

    queue.add_comment(open_registry(), access.Person(name), id, text)


@submissions_group.command(name="decide")
@_id
@click.argument("decision", type=click.Choice(list(STATE_AFTER)))
@_by
@click.option("--reason", default="", show_default=False, help="Why; required to decline.")
def decide(id: int, decision: str, name: str, reason: str) -> None:
    """Accept, decline or withdraw a submission."""
    from api.submissions import queue

    if decision == "decline" and not reason.strip():
        raise click.UsageError("--reason is required to decline")
    person = access.Person(name)
    number = queue.decide(open_registry(), person, id, decision, reason, LIVE_RECORD)
    click.echo(f"Written as changeset {number}." if number else f"It is {STATE_AFTER[decision]}.")


@submissions_group.command(name="drop")
@click.option("--closed-before", "day", required=True, help="A day (UTC), such as 2027-12-31.")
def drop_submissions(day: str) -> None:
    """Delete closed submissions and notes; changesets that they became stay."""
    from api.submissions.queue import drop_closed

    click.echo(f"Dropped {drop_closed(open_registry(), clock.start_of_day(day))}.")


@click.command(name="audit")
def list_audit() -> None:
    """List administrative acts: keys, texts, dropped submissions; oldest first."""
    database = open_registry().database
    with suppress(ReadOnly):
        keys.record_expired_keys(database)
    with database.read_snapshot() as snapshot:
        for each in list_acts(snapshot.connection):
            at = clock.format_instant(each.done_at)
            click.echo(f"{each.number}\t{at}\t{each.actor}\t{each.act}\t{each.subject}")
