"""`keys show` and `keys renew`: the terminal's own keys for the line, whose public part the peer registers."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns, plain
from console.commands.times import MOMENT
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.peers.line_keys import LineKeys

#: Where to write what the other side registers.
OUT: Final = click.option("--out", "out", metavar="FILE", type=click.Path(path_type=Path))


@click.command("show")
@OUT
@click.pass_obj
def show(call: Invocation, out: Path | None) -> int:
    """List the generations of keys, with the fingerprints that people of both sides compare."""
    with call.acting() as (terminal, session):
        generations = jobs.peers.line_keys.line_keys(terminal, session)
        if out is not None:
            jobs.peers.line_keys.hand_over(terminal, session, out)
        first_key = terminal.log.first_key
    print_keys(call, generations, out, first_key)
    return ExitStatus.DONE


@click.command("renew")
@click.option("--from", "used_from", type=MOMENT)
@OUT
@click.pass_obj
def renew(call: Invocation, used_from: datetime | None, out: Path | None) -> int:
    """Make the next keys, and print what the peer has to register before they take over."""
    with call.acting() as (terminal, session):
        made = jobs.peers.line_keys.renew(terminal, session, used_from=used_from)
        if out is not None:
            jobs.peers.line_keys.hand_over(terminal, session, out)
    print_renewed(call, made, out)
    return ExitStatus.DONE


def print_keys(
    call: Invocation, generations: Sequence["LineKeys"], out: Path | None, first_key: str | None = None
) -> None:
    """Print all keys of a side, where the newest of them were written to, and the first key of a terminal's log."""
    data: dict[str, Any] = {"keys": [_key_facts(keys) for keys in generations], **_file_facts(out)}
    lines = [*columns(_key_cells(generations, call.words)), *_file_lines(out, call.words)]
    if first_key is not None:
        data["log_first_key"] = first_key
        lines.append(call.words("commands.keys.first_key", fingerprint=first_key))
    call.output.result(data, lines)


def print_renewed(call: Invocation, made: "LineKeys", out: Path | None) -> None:
    """Print the next keys of a side, and where they were written to."""
    # Without a file, the line that the other side registers is printed, so that it can be copied.
    lines = _file_lines(out, call.words) if out is not None else [made.public]
    call.output.result({**_key_facts(made), **_file_facts(out)}, [_renewal_line(made, call.words), *lines])


def _file_facts(out: Path | None) -> dict[str, str]:
    return {} if out is None else {"file": str(out)}


def _file_lines(out: Path | None, words: Words) -> list[str]:
    return [words("commands.keys.hand_over")] if out is None else [words("commands.keys.written", file=out)]


def _key_facts(keys: "LineKeys") -> dict[str, Any]:
    return {
        "number": keys.number,
        "in_use": keys.in_use,
        "used_from": plain(keys.used_from),
        "until": plain(keys.until),
        "fingerprint": keys.fingerprint,
        "public": keys.public,
    }


def _key_cells(generations: Sequence["LineKeys"], words: Words) -> list[list[str]]:
    heading = [words(f"commands.keys.columns.{name}") for name in ("number", "used_from", "until", "fingerprint")]
    cells = [
        [
            # The asterisk marks the keys that are in use now.
            f"{keys.number}{'*' if keys.in_use else ''}",
            # The first keys are in use from the beginning.
            "" if keys.used_from is None else words.time(keys.used_from),
            words.time(keys.until),
            keys.fingerprint,
        ]
        for keys in generations
    ]
    return [heading, *cells]


def _renewal_line(made: "LineKeys", words: Words) -> str:
    # Only the first generation has no such moment, and renewing never makes the first.
    assert made.used_from is not None
    return words("commands.keys.renew.done", time=words.time(made.used_from), fingerprint=made.fingerprint)
