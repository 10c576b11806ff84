"""`demo` and `smoke`: a rehearsal world (練習環境) for people to try the console, and for scripts to test it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console import jobs
from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.process.tty import check_surroundings
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.rehearsal.world import World
    from console.smoke import SmokeOutcome


@click.command("demo")
@click.option("--prepare", is_flag=True)
@click.pass_obj
def demo(call: Invocation, *, prepare: bool) -> int:
    """Make a rehearsal world, then run its agency and the console until the console is closed.

    Without `--home` the world is removed at the end, unless it is only prepared: then it stays at the place printed.
    """
    if prepare:
        home = call.home or Path(tempfile.mkdtemp(prefix="renkei-demo-"))
        world = jobs.rehearsal.world.prepare(home)
        call.output.result(_world_facts(world), _world_lines(world, call.words))
        return ExitStatus.DONE
    # Before the world is made, which takes some seconds: a terminal that cannot show the console is refused at once.
    check_surroundings()
    with _home(call) as home:
        return _rehearse(jobs.rehearsal.world.prepare(home), call)


@click.command("smoke")
@click.pass_obj
def smoke(call: Invocation) -> int:
    """Do the whole job in a fresh world, through the real screens and over the real line."""
    # It brings Textual and all screens, which the other commands run without.
    from console.smoke import run

    outcome = run(call.words.language)
    steps = [{"name": step.name, "ok": step.ok, "seconds": round(step.seconds, 3)} for step in outcome.steps]
    call.output.result({"ok": outcome.ok, "steps": steps}, _smoke_lines(outcome, call.words))
    return ExitStatus.DONE if outcome.ok else ExitStatus.FAILED


def _rehearse(world: "World", call: Invocation) -> int:
    # It brings Textual and the console, which the other commands run without.
    from console.process.launch import run

    # Only the language of the option: without it, the console takes that of the settings.
    # The agency is a separate process, which ends with the block and also if this process is killed.
    with jobs.rehearsal.world.start_agency(world):
        return run(world.home, call.language)


@contextmanager
def _home(call: Invocation) -> Iterator[Path]:
    if call.home is not None:
        yield call.home
        return
    with tempfile.TemporaryDirectory(prefix="renkei-demo-") as directory:
        yield Path(directory)


def _world_facts(world: "World") -> dict[str, object]:
    return {
        "home": str(world.home),
        "agency_home": str(world.agency_home),
        "operators": [
            {"id": person.id, "roles": list(person.roles), "pin_file": str(person.pin_file)}
            for person in world.operators
        ],
    }


def _world_lines(world: "World", words: Words) -> Iterator[str]:
    yield words("commands.demo.world", home=world.home)
    yield words("commands.demo.agency", agency_home=world.agency_home)
    heading = [words(f"commands.demo.columns.{name}") for name in ("id", "roles", "pin_file")]
    cells = [[person.id, words.roles(person.roles), str(person.pin_file)] for person in world.operators]
    yield from columns([heading, *cells])


def _smoke_lines(outcome: "SmokeOutcome", words: Words) -> Iterator[str]:
    heading = [words(f"commands.smoke.columns.{name}") for name in ("step", "result", "seconds")]
    cells = [
        [
            words.name("smoke", step.name),
            words(f"commands.smoke.results.{'good' if step.ok else 'bad'}"),
            f"{step.seconds:.2f}",
        ]
        for step in outcome.steps
    ]
    yield from columns([heading, *cells], right=frozenset({2}))
    seconds = f"{sum(step.seconds for step in outcome.steps):.1f}"
    yield words(f"commands.smoke.{'good' if outcome.ok else 'bad'}", seconds=seconds)
