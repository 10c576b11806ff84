"""An act of two persons reads the second PIN first, and refuses a file that cannot be used before anything else."""

from pathlib import Path

import click
import pytest

from console.commands.second_person import by_two_persons
from console.errors import PinFileExposed
from console.jobs.people.logon import SecondPerson


@click.command("act")
@click.option("--label")
@by_two_persons
@click.pass_obj
def act(_call: object, second: SecondPerson, *, label: str) -> int:
    acts.append((second, label))
    return 0


acts: list[tuple[SecondPerson, str]] = []


@pytest.fixture(autouse=True)
def _nobody_has_acted() -> None:
    acts.clear()


def call(*arguments: str) -> None:
    act.main([*arguments, "--label", "A"], standalone_mode=False)


def pin_file(path: Path, mode: int = 0o600) -> Path:
    path.write_text("27182845\n")
    path.chmod(mode)
    return path


def test_the_command_gets_the_second_person_with_the_pin(tmp_path: Path) -> None:
    call("--second", "au-401", "--second-pin-file", str(pin_file(tmp_path / "pin")))
    assert acts == [(SecondPerson("au-401", "27182845", "command"), "A")]


def test_a_file_that_others_can_read_stops_the_act(tmp_path: Path) -> None:
    with pytest.raises(PinFileExposed):
        call("--second", "au-401", "--second-pin-file", str(pin_file(tmp_path / "pin", 0o644)))
    assert acts == []


@pytest.mark.parametrize("given", [("--second", "au-401"), ("--second-pin-file", "pin"), ()])
def test_both_options_have_to_be_given(given: tuple[str, ...]) -> None:
    with pytest.raises(click.MissingParameter):
        call(*given)
