"""`peer show` and `peer register`: whom the terminal talks with, in dated versions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns, plain
from console.commands.times import MOMENT
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.peers.register import RegisteredPeer


@click.command("show")
@click.pass_obj
def show(said: Invocation) -> int:
    """List the registered versions of the peer, past and coming ones too."""
    with said.acting() as (terminal, session):
        found = jobs.peers.register.registered(terminal, session)
    said.output.result({"versions": [_data(one) for one in found]}, columns(_table(found, said.words)))
    return ExitStatus.DONE


@click.command("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--address")
@click.option("--port", type=click.IntRange(1, 65535))
@click.option("--from", "valid_from", type=MOMENT)
@click.option("--legal-basis", "legal_basis", metavar="ARTICLE")
@click.pass_obj
def register(
    said: Invocation,
    file: Path,
    address: str | None,
    port: int | None,
    valid_from: datetime | None,
    legal_basis: str | None,
) -> int:
    """Register what the peer handed over; what is not named is taken from the version in force."""
    with said.acting() as (terminal, session):
        change = jobs.peers.register.PeerChange(
            address=address, port=port, valid_from=valid_from, legal_basis=legal_basis
        )
        added = jobs.peers.register.register_file(terminal, session, file, change)
    said.output.result(_data(added), _lines(added, said.words))
    return ExitStatus.DONE


def _data(one: "RegisteredPeer") -> dict[str, Any]:
    return {
        "version": one.version,
        "name": one.name,
        "address": one.address,
        "port": one.port,
        "valid_from": plain(one.valid_from),
        "valid_to": plain(one.valid_to),
        "certificate_until": plain(one.certificate_until),
        "fingerprint": one.fingerprint,
        "in_force": one.in_force,
    }


def _table(found: Sequence["RegisteredPeer"], words: Words) -> list[list[str]]:
    names = ("version", "name", "address", "valid_from", "certificate_until", "fingerprint")
    return [
        [words(f"commands.peer.columns.{name}") for name in names],
        *(
            [
                f"{one.version}{'*' if one.in_force else ''}",
                one.name,
                f"{one.address} {one.port}",
                words.time(one.valid_from),
                words.time(one.certificate_until),
                one.fingerprint,
            ]
            for one in found
        ),
    ]


def _lines(added: "RegisteredPeer", words: Words) -> Iterator[str]:
    facts = {"name": added.name, "time": words.time(added.valid_from), "fingerprint": added.fingerprint}
    yield visible(words("commands.peer.register.done", **facts))
