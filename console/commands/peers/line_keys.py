"""`keys show` and `keys renew`: the terminal's own keys for the line, and what the peer registers of them."""

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
def show(said: Invocation) -> int:
    """List the generations of keys with the fingerprints that two people compare."""
    with said.acting() as (terminal, session):
        found = jobs.peers.line_keys.line_keys(terminal, session)
    said.output.result({"keys": [_data(one) for one in found]}, columns(_table(found, said.words)))
    return ExitStatus.DONE


@click.command("renew")
@click.option("--from", "used_from", type=MOMENT)
@click.pass_obj
def renew(said: Invocation, used_from: datetime | None) -> int:
    """Make the next keys; prints what the peer has to register before they take over."""
    with said.acting() as (terminal, session):
        made = jobs.peers.line_keys.renew(terminal, session, used_from=used_from)
    said.output.result(_data(made), _lines(made, said.words))
    return ExitStatus.DONE


def _data(one: "LineKeys") -> dict[str, Any]:
    return {
        "number": one.number,
        "in_use": one.in_use,
        "used_from": plain(one.used_from),
        "until": plain(one.until),
        "fingerprint": one.fingerprint,
        "public": one.public,
    }


def _table(found: Sequence["LineKeys"], words: Words) -> list[list[str]]:
    heading = [words(f"commands.keys.columns.{name}") for name in ("number", "used_from", "until", "fingerprint")]
    return [
        heading,
        *(
            [
                f"{one.number}{'*' if one.in_use else ''}",
                "" if one.used_from is None else words.time(one.used_from),
                words.time(one.until),
                one.fingerprint,
            ]
            for one in found
        ),
    ]


def _lines(made: "LineKeys", words: Words) -> Iterator[str]:
    assert made.used_from is not None
    yield words("commands.keys.renew.done", time=words.time(made.used_from), fingerprint=made.fingerprint)
    yield made.public
