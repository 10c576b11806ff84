"""`agency serve`, `post` and `received`: the reference agency, for rehearsal, tests and acceptance.

`--home` names the agency's own directory here: it is the other side, and shares nothing with a terminal.
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


@click.command("serve")
@click.option("--with-parent", is_flag=True)
@click.pass_obj
def serve(call: Invocation, *, with_parent: bool) -> int:
    """Serve until a signal; with `--with-parent` also until standard input ends, however the parent ended."""
    from transport import agency as reference

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_wait_for_parent, args=(stop,), name="parent-watch", daemon=True).start()

    def ready(address: str, port: int) -> None:
        # What was made by now stays to the end. To look through it again at each collection, while batches of messages
        # come and go, takes a fifth of the agency's time.
        gc.freeze()
        # A line of JSON in either form of output: whoever started the agency waits for it.
        sys.stdout.write(json_line({"address": address, "port": port}) + "\n")
        sys.stdout.flush()

    reference.serve(call.named_home(), ready=ready, stop=stop)
    return ExitStatus.DONE


@click.command("post")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def post(call: Invocation, file: Path) -> int:
    """Put the agency notices of a file, all or none, into the feeds of the terminals that they concern."""
    from transport import agency as reference

    done = reference.post(call.named_home(), _notices(file))
    data = {"posted": done.posted, "known": done.known}
    call.output.result(data, [call.words("commands.agency.post.done", **data)])
    return ExitStatus.DONE


@click.command("received")
@click.pass_obj
def received(call: Invocation) -> int:
    """Tell how many messages arrived, and how many different ones."""
    from transport import agency as reference

    holding = reference.received(call.named_home())
    data = {"messages": holding.messages, "distinct": holding.distinct}
    call.output.result(data, [call.words("commands.agency.received.done", **data)])
    return ExitStatus.DONE


def _notices(file: Path) -> Iterator[Mapping[str, Any]]:
    from store.message.files.reading import read_records
    from transport.errors import AgencyNoticeMalformed

    for one in read_records(file, file.name):
        if one.record is None:
            raise AgencyNoticeMalformed(line=str(one.line), field=one.findings[0].field)
        yield one.record


def _wait_for_parent(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
