"""`keys show` and `keys renew`: the terminal's own keys for the line, whose public part the peer registers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns, plain
from console.commands.times import MOMENT
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.peers.line_keys import LineKeys


@click.command("show")
@click.pass_obj
def show(call: Invocation) -> int:
    """List the generations of keys, with the fingerprints that people of both sides compare."""
    with call.acting() as (terminal, session):
        generations = jobs.peers.line_keys.line_keys(terminal, session)
    data = {"keys": [_key_facts(keys) for keys in generations]}
    call.output.result(data, columns(_key_cells(generations, call.words)))
    return ExitStatus.DONE


@click.command("renew")
@click.option("--from", "used_from", type=MOMENT)
@click.pass_obj
def renew(call: Invocation, used_from: datetime | None) -> int:
    """Make the next keys, and print what the peer has to register before they take over."""
    with call.acting() as (terminal, session):
        made = jobs.peers.line_keys.renew(terminal, session, used_from=used_from)
    call.output.result(_key_facts(made), _renewal_lines(made, call.words))
    return ExitStatus.DONE


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


def _renewal_lines(made: "LineKeys", words: Words) -> Iterator[str]:
    # Only the first generation has no such moment, and renewing never makes the first.
    assert made.used_from is not None
    yield words("commands.keys.renew.done", time=words.time(made.used_from), fingerprint=made.fingerprint)
    # On a separate line, so that it can be copied into the file for the peer.
    yield made.public
