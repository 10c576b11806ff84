"""`agency serve`, `post` and `received`: the reference agency, for rehearsal, tests and acceptance.

Here `--home` names the agency's directory, not a terminal's: the agency is the other side, and shares nothing with a
terminal.
"""

import gc
import os
import signal
import sys
import threading
from pathlib import Path

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import json_line, write_lines


@click.command("serve")
@click.option("--with-parent", is_flag=True)
@click.pass_obj
def serve(call: Invocation, *, with_parent: bool) -> int:
    """Serve until a signal comes; with `--with-parent` also until standard input ends, however the parent ended."""
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
        write_lines(sys.stdout, [json_line({"address": address, "port": port})])

    jobs.rehearsal.agency.serve(call.named_home(), ready=ready, stop=stop)
    return ExitStatus.DONE


@click.command("post")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def post(call: Invocation, file: Path) -> int:
    """Put the agency notices in FILE, all or none, into the feeds of the terminals that they concern."""
    posted = jobs.rehearsal.agency.post(call.named_home(), file)
    data = {"posted": posted.posted, "known": posted.known}
    call.output.result(data, [call.words("commands.agency.post.done", **data)])
    return ExitStatus.DONE


@click.command("received")
@click.pass_obj
def received(call: Invocation) -> int:
    """Print how many messages arrived, and how many of them are different."""
    # More messages than different ones would mean that one of them was taken in twice.
    holding = jobs.rehearsal.agency.received(call.named_home())
    data = {"messages": holding.messages, "distinct": holding.distinct}
    call.output.result(data, [call.words("commands.agency.received.done", **data)])
    return ExitStatus.DONE


def _wait_for_parent(stop: threading.Event) -> None:
    """Set `stop` when standard input ends: the parent holds the other end of that pipe, and lets go even if killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
