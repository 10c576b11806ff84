"""`agency init`, `register` and `keys`: the reference agency made and kept by commands alone.

As in `reference_agency`, `--home` names the agency's directory.
"""

from datetime import datetime
from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import plain
from console.commands.peers.line_keys import OUT, print_keys, print_renewed
from console.commands.times import MOMENT


@click.command("init")
@click.option("--name", metavar="N", default="agency-1", show_default=True)
# Loopback unless somebody asks for more: an agency for rehearsal need not be reached from other machines.
@click.option("--address", default="127.0.0.1", show_default=True, metavar="IP")
@click.option("--port", metavar="N", default=8443, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def init(call: Invocation, name: str, address: str, port: int) -> int:
    """Make an agency, and the file that terminals register."""
    made = jobs.rehearsal.agency_setup.init(call.named_home(), name=name, address=address, port=port)
    data = {"home": str(made.home), "public": str(made.public), "fingerprint": made.fingerprint}
    lines = [call.words("commands.agency.init.done", **data), call.words("commands.agency.init.public", **data)]
    call.output.result(data, lines)
    return ExitStatus.DONE


@click.command("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--municipality", metavar="CODE")
@click.option("--from", "valid_from", type=MOMENT)
@click.pass_obj
def register(call: Invocation, file: Path, municipality: str | None, valid_from: datetime | None) -> int:
    """Register what a terminal handed over in FILE."""
    admitted = jobs.rehearsal.agency_setup.register(
        call.named_home(), file, municipality=municipality, valid_from=valid_from
    )
    facts = {
        "name": admitted.name,
        "municipality": admitted.municipality,
        "fingerprint": admitted.fingerprint,
    }
    line = call.words("commands.agency.register.done", time=call.words.time(admitted.valid_from), **facts)
    call.output.result({**facts, "valid_from": plain(admitted.valid_from)}, [line])
    return ExitStatus.DONE


@click.command("show")
@OUT
@click.pass_obj
def show_keys(call: Invocation, out: Path | None) -> int:
    """List the generations of the agency's keys."""
    print_keys(call, jobs.rehearsal.agency_setup.keys(call.named_home(), out=out), out)
    return ExitStatus.DONE


@click.command("renew")
@click.option("--from", "used_from", type=MOMENT)
@OUT
@click.pass_obj
def renew_keys(call: Invocation, used_from: datetime | None, out: Path | None) -> int:
    """Make the agency's next keys, and print what terminals have to register before they take over."""
    print_renewed(call, jobs.rehearsal.agency_setup.renew(call.named_home(), used_from=used_from, out=out), out)
    return ExitStatus.DONE
