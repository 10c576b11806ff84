"""`demo` and `smoke`: a world in which everything is made up, for people to try and for scripts to prove."""

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
from console.words import Words
from console.words.visible import visible

if TYPE_CHECKING:
    from console.jobs.rehearsal.world import World
    from console.smoke import Smoked


@click.command("demo")
@click.option("--prepare", is_flag=True)
@click.pass_obj
def demo(call: Invocation, *, prepare: bool) -> int:
    """Make a rehearsal world, then run its agency and the console until the console is closed.

    Without `--home` the world vanishes at the end, unless it is only prepared: then it is kept where it says.
    """
    if prepare:
        home = call.home or Path(tempfile.mkdtemp(prefix="renkei-demo-"))
        world = _world(home)
        call.output.result(_told(world), _world_lines(world, call.words))
        return ExitStatus.DONE
    from console.process.tty import check_surroundings

    check_surroundings()
    with _home(call) as home:
        return _rehearse(_world(home), call)


@click.command("smoke")
@click.pass_obj
def smoke(call: Invocation) -> int:
    """Do the whole job in a fresh world, through the real screens and over the real line."""
    from console.smoke import run

    smoked = run(call.words.language)
    steps = [{"name": step.name, "ok": step.ok, "seconds": round(step.seconds, 3)} for step in smoked.steps]
    call.output.result({"ok": smoked.ok, "steps": steps}, _smoke_lines(smoked, call.words))
    return ExitStatus.DONE if smoked.ok else ExitStatus.FAILED


def _rehearse(world: "World", call: Invocation) -> int:
    from console.process.launch import run

    with jobs.rehearsal.world.start_agency(world):
        return run(world.home, call.language)


@contextmanager
def _home(call: Invocation) -> Iterator[Path]:
    if call.home is not None:
        yield call.home
        return
    with tempfile.TemporaryDirectory(prefix="renkei-demo-") as directory:
        yield Path(directory)


def _world(home: Path) -> "World":
    return jobs.rehearsal.world.prepare(home)


def _told(world: "World") -> dict[str, object]:
    return {
        "home": str(world.home),
        "agency_home": str(world.agency_home),
        "operators": [
            {"id": one.id, "roles": list(one.roles), "pin_file": str(one.pin_file)} for one in world.operators
        ],
    }


def _world_lines(world: "World", words: Words) -> Iterator[str]:
    yield visible(words("commands.demo.world", home=world.home))
    yield visible(words("commands.demo.agency", agency_home=world.agency_home))
    table = [[words(f"commands.demo.columns.{name}") for name in ("id", "roles", "pin_file")]]
    table += [
        [one.id, ", ".join(words.name("roles", role) for role in one.roles), str(one.pin_file)]
        for one in world.operators
    ]
    yield from columns(table)


def _smoke_lines(smoked: "Smoked", words: Words) -> Iterator[str]:
    table = [[words(f"commands.smoke.columns.{name}") for name in ("step", "result", "seconds")]]
    table += [
        [
            words.name("smoke", step.name),
            words(f"commands.smoke.results.{'good' if step.ok else 'bad'}"),
            f"{step.seconds:.2f}",
        ]
        for step in smoked.steps
    ]
    yield from columns(table, right=frozenset({2}))
    seconds = f"{sum(step.seconds for step in smoked.steps):.1f}"
    yield words(f"commands.smoke.{'good' if smoked.ok else 'bad'}", seconds=seconds)
