"""`upgrade`: what the custodian does with a terminal as a whole."""

import click

from console.commands.faults import Status
from console.commands.invocation import Invocation


@click.command("upgrade")
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def upgrade(said: Invocation, owner_url: str | None) -> int:
    """Bring the database to the program's version; a second time there is nothing to do."""
    from console.jobs import upgrade as job

    done = job.upgrade(said.named_home(), owner_url=owner_url)
    key = "done" if done.before != done.after else "nothing"
    data = {"before": done.before, "after": done.after}
    said.output.result(data, [said.words(f"commands.upgrade.{key}", **data)])
    return Status.DONE
