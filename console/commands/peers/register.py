"""`peer show` and `peer register`: the peer (相手先) that the terminal talks with, in dated versions."""

from collections.abc import Sequence
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

if TYPE_CHECKING:
    from console.jobs.peers.register import RegisteredPeer


@click.command("show")
@click.pass_obj
def show(call: Invocation) -> int:
    """List all registered versions of the peer: past, present and future."""
    with call.acting() as (terminal, session):
        versions = jobs.peers.register.registered(terminal, session)
    data = {"versions": [_version_facts(version) for version in versions]}
    call.output.result(data, columns(_version_cells(versions, call.words)))
    return ExitStatus.DONE


# `--address` takes an IP address and never a name: no name server may decide whom the terminal talks with.
@click.command("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--address", metavar="IP")
@click.option("--port", metavar="N", type=click.IntRange(1, 65535))
@click.option("--from", "valid_from", metavar="TIME", type=MOMENT)
@click.option("--legal-basis", "legal_basis", metavar="ARTICLE")
@click.pass_obj
def register(
    call: Invocation,
    file: Path,
    address: str | None,
    port: int | None,
    valid_from: datetime | None,
    legal_basis: str | None,
) -> int:
    """Register what the peer handed over in FILE; what no option names is taken from the version in force."""
    with call.acting() as (terminal, session):
        change = jobs.peers.register.PeerChange(
            address=address, port=port, valid_from=valid_from, legal_basis=legal_basis
        )
        added = jobs.peers.register.register_file(terminal, session, file, change)
    call.output.result(_version_facts(added), [_describe_added(added, call.words)])
    return ExitStatus.DONE


def _version_facts(version: "RegisteredPeer") -> dict[str, Any]:
    return {
        "version": version.version,
        "name": version.name,
        "address": version.address,
        "port": version.port,
        "valid_from": plain(version.valid_from),
        "valid_to": plain(version.valid_to),
        "certificate_until": plain(version.certificate_until),
        "fingerprint": version.fingerprint,
        "in_force": version.in_force,
    }


def _version_cells(versions: Sequence["RegisteredPeer"], words: Words) -> list[list[str]]:
    names = ("version", "name", "address", "valid_from", "certificate_until", "fingerprint")
    heading = [words(f"commands.peer.columns.{name}") for name in names]
    cells = [
        [
            # The asterisk marks the version in force now.
            f"{version.version}{'*' if version.in_force else ''}",
            version.name,
            f"{version.address} {version.port}",
            words.time(version.valid_from),
            words.time(version.certificate_until),
            version.fingerprint,
        ]
        for version in versions
    ]
    return [heading, *cells]


def _describe_added(added: "RegisteredPeer", words: Words) -> str:
    """Return the line about a new version, with the fingerprint for the people of both sides to compare."""
    facts = {"name": added.name, "time": words.time(added.valid_from), "fingerprint": added.fingerprint}
    # The name came from the peer's file.
    return words("commands.peer.register.done", **facts)
