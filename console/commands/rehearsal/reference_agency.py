"""`agency serve`, `post` and `received`: the reference agency, for rehearsal, tests and acceptance.

Here `--home` names the agency's directory, not a terminal's: the agency is the other side, and shares nothing with a
terminal.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import json_line
from transport.errors import AgencyNoticeMalformed


@click.command("serve")
@click.option("--with-parent", is_flag=True)
@click.pass_obj
def serve(call: Invocation, *, with_parent: bool) -> int:
    """Serve until a signal comes; with `--with-parent` also until standard input ends, however the parent ended."""
    # It brings the libraries of the line, which no help text waits for. The same holds for the commands below.
    from transport import agency as reference

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_wait_for_parent, args=(stop,), name="parent-watch", daemon=True).start()

    def ready(address: str, port: int) -> None:
        # What exists now stays to the end. Without this, each collection looks through it again while batches of
        # messages come and go, which takes a fifth of the agency's time.
        gc.freeze()
        # A line of JSON with and without `--json`: the program that started the agency waits for it.
        sys.stdout.write(json_line({"address": address, "port": port}) + "\n")
        sys.stdout.flush()

    reference.serve(call.named_home(), ready=ready, stop=stop)
    return ExitStatus.DONE


@click.command("post")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def post(call: Invocation, file: Path) -> int:
    """Put the agency notices in FILE, all or none, into the feeds of the terminals that they concern."""
    from transport import agency as reference

    posted = reference.post(call.named_home(), _notices(file))
    data = {"posted": posted.posted, "known": posted.known}
    call.output.result(data, [call.words("commands.agency.post.done", **data)])
    return ExitStatus.DONE


@click.command("received")
@click.pass_obj
def received(call: Invocation) -> int:
    """Print how many messages arrived, and how many of them are different."""
    from transport import agency as reference

    # More messages than different ones would mean that one of them was taken in twice.
    holding = reference.received(call.named_home())
    data = {"messages": holding.messages, "distinct": holding.distinct}
    call.output.result(data, [call.words("commands.agency.received.done", **data)])
    return ExitStatus.DONE


def _notices(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a record file. Raises AgencyNoticeMalformed at a line that holds none, and a FileFault."""
    # Only `post` reads records: `serve`, for which a rehearsal waits, starts about 40 ms sooner without their rules.
    from store.message.files.reading import read_records

    for line in read_records(file, file.name):
        if line.record is None:
            raise AgencyNoticeMalformed(line=str(line.line), field=line.findings[0].field)
        yield line.record


def _wait_for_parent(stop: threading.Event) -> None:
    """Set `stop` when standard input ends: the parent holds the other end of that pipe, and lets go even if killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
