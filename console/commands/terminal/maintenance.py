"""`upgrade`, `backup`, `restore` and `rekey`: what the custodian does with a terminal as a whole."""

from pathlib import Path

import click

from console import jobs
from console.commands.credentials import read_parts
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.log.tables import described, facts_of


# Both `upgrade` and `restore` make or change tables. On PostgreSQL the role that works with them may not do so, and
# `--owner-url` names the role that may.
@click.command("upgrade")
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def upgrade(call: Invocation, owner_url: str | None) -> int:
    """Bring the database to the program's version; running it a second time changes nothing."""
    done = jobs.terminal.upgrade.upgrade(call.named_home(), owner_url=owner_url, parts=call.parts())
    key = "done" if done.before != done.after else "nothing"
    data = {"before": done.before, "after": done.after}
    lines = [call.words(f"commands.upgrade.{key}", **data), *described(done.unsealed, call.words)]
    call.output.result({**data, "unsealed": facts_of(done.unsealed)}, lines)
    return ExitStatus.DONE if done.unsealed.ok else ExitStatus.INTEGRITY


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(call: Invocation, file: Path) -> int:
    """Write a backup to the new file FILE while work goes on."""
    with call.acting() as (terminal, session):
        made = jobs.terminal.backup.back_up(terminal, session, file)
    data = {"file": str(made.file), "entries": made.entries}
    call.output.result(data, [call.words("commands.backup.done", **data)])
    return ExitStatus.DONE


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "key_file", metavar="FILE", type=click.Path(path_type=Path), required=True)
@click.option("--owner-url", "owner_url", metavar="URL")
@click.option("--drill", "drill", is_flag=True)
@click.pass_obj
def restore(call: Invocation, file: Path, key_file: Path, owner_url: str | None, *, drill: bool) -> int:
    """Make the terminal again from its backup, after everything in it has been verified.

    Exit status 6 when rows do not agree with the log; each is named.
    """
    done = jobs.terminal.backup.restore(
        file, call.named_home(), key_file, owner_url=owner_url, parts=call.parts(), drill=drill
    )
    data = {
        "home": str(done.home),
        "entries": done.entries,
        "contents": done.contents,
        "receipts": done.receipts,
    }
    lines = [call.words("commands.restore.done", **data), *described(done.tables, call.words)]
    if done.tables.ok:
        lines.append(call.words("log.tables.sound", rows=f"{done.tables.rows:,}"))
    if drill:
        lines.append(call.words("commands.restore.drill"))
    call.output.result({**data, "tables": facts_of(done.tables)}, lines)
    # The terminal is there all the same, and refuses to decide on those rows.
    return ExitStatus.DONE if done.tables.ok else ExitStatus.INTEGRITY


@click.command("rekey")
@click.option("--new-part-file", "new_part_files", metavar="FILE", type=click.Path(path_type=Path), multiple=True)
@click.option("--from", "moved_from", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def rekey(call: Invocation, new_part_files: tuple[Path, ...], moved_from: Path | None) -> int:
    """Change the terminal's key, or finish a change that was interrupted.

    With `--from`, first put the key where the settings now say it is.
    """
    new_parts = read_parts(new_part_files, call.words)
    # Before the terminal is opened: it opens with the key that lies where the settings say.
    if moved_from is not None:
        jobs.terminal.rekey.move_key(call.named_home(), moved_from, call.parts())
    with call.acting() as (terminal, session):
        done = jobs.terminal.rekey.change_key(terminal, session, new_parts=new_parts)
    # Not every source can be written from here, such as a credential of systemd: the custodian installs that key.
    waiting = None if done.to_install is None else str(done.to_install)
    # The job comes back only when no row is left under the former key.
    data = {"total": done.total, "changed": done.changed, "left": 0, "new_key_file": waiting}
    lines = [call.words(f"commands.rekey.{'done' if waiting is None else 'wrapped'}", **data)]
    if waiting is not None:
        lines.append(call.words("commands.rekey.install", file=waiting))
    call.output.result(data, lines)
    return ExitStatus.DONE
