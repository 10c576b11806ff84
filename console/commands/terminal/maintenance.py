"""`upgrade`, `backup`, `restore`, `rekey`, `erase`: what the custodian does with a terminal as a whole."""

from pathlib import Path

import click

from console import jobs
from console.commands.credentials import read_parts
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.words.visible import visible


@click.command("upgrade")
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def upgrade(said: Invocation, owner_url: str | None) -> int:
    """Bring the database to the program's version; a second time there is nothing to do."""
    done = jobs.terminal.upgrade.upgrade(said.named_home(), owner_url=owner_url, parts=said.parts())
    key = "done" if done.before != done.after else "nothing"
    data = {"before": done.before, "after": done.after}
    said.output.result(data, [said.words(f"commands.upgrade.{key}", **data)])
    return ExitStatus.DONE


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(said: Invocation, file: Path) -> int:
    """Write a backup while work goes on."""
    with said.acting() as (terminal, session):
        made = jobs.terminal.backup.back_up(terminal, session, file)
    data = {"file": str(made.file), "entries": made.entries}
    said.output.result(data, [said.words("commands.backup.done", **data)])
    return ExitStatus.DONE


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "key_file", metavar="FILE", type=click.Path(path_type=Path), required=True)
@click.option("--owner-url", "owner_url", metavar="URL")
@click.pass_obj
def restore(said: Invocation, file: Path, key_file: Path, owner_url: str | None) -> int:
    """Make the backup's terminal anew, once everything in it has been verified."""
    done = jobs.terminal.backup.restore(file, said.named_home(), key_file, owner_url=owner_url, parts=said.parts())
    data = {
        "home": str(done.home),
        "entries": done.entries,
        "contents": done.contents,
        "receipts": done.receipts,
    }
    said.output.result(data, [said.words("commands.restore.done", **data)])
    return ExitStatus.DONE


@click.command("rekey")
@click.option("--new-part-file", "new_part_files", metavar="FILE", type=click.Path(path_type=Path), multiple=True)
@click.option("--from", "moved_from", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def rekey(said: Invocation, new_part_files: tuple[Path, ...], moved_from: Path | None) -> int:
    """Change the terminal's key, or end a change that was interrupted."""
    new_parts = read_parts(new_part_files, said.words)
    if moved_from is not None:
        jobs.terminal.rekey.move_key(said.named_home(), moved_from, said.parts())
    with said.acting() as (terminal, session):
        done = jobs.terminal.rekey.change_key(terminal, session, new_parts=new_parts)
    waiting = None if done.to_install is None else str(done.to_install)
    data = {"total": done.total, "changed": done.changed, "left": 0, "new_key_file": waiting}
    told = [said.words(f"commands.rekey.{'done' if waiting is None else 'wrapped'}", **data)]
    if waiting is not None:
        told.append(visible(said.words("commands.rekey.install", file=waiting)))
    said.output.result(data, told)
    return ExitStatus.DONE
