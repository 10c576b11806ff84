"""A new terminal stands whole at its place, or nothing stands there."""

import errno
import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console import protections
from console.errors import HomeNotEmpty, HomeUnwritable, SecondPersonMissing
from console.jobs.people import changes, logon, register
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.terminal import setup
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.terminal import Terminal
from store import clock
from store.errors import DiskFailed, DiskFull
from store.log import Event, LogFilter, page
from store.people import Role

SETTINGS = Settings(
    municipality=MunicipalitySettings(
        code="011002", name="札幌市", name_en="Sapporo City", section="戸籍", section_en="Residents"
    ),
    terminal=TerminalSettings(id="011002-01"),
    language="en",
)


class Stopped(Exception):
    """What goes wrong while a terminal is being made."""


def test_the_first_officer_logs_on_with_the_one_time_code(tmp_path: Path) -> None:
    home = tmp_path / "terminal"
    made = setup.init(home, SETTINGS)
    assert stat.S_IMODE(made.one_time_code_file.stat().st_mode) == 0o600
    code = made.one_time_code_file.read_text().strip()
    with Terminal.open(home) as terminal:
        assert terminal.settings == SETTINGS
        session = logon.log_on(terminal, made.operator, code, origin="screen")
        assert session.pin_given
        assert session.roles == {Role.OFFICER, Role.CUSTODIAN}
        with terminal.database.reading() as reading:
            events = [row.event for row in page(reading, limit=10, chosen=LogFilter())][::-1]
    taken = [Event.SETTINGS_TAKEN] * len(protections.names())
    assert events[: len(taken) + 2] == [Event.TERMINAL_CREATED, *taken, Event.PERSON_ADDED]
    assert code.encode() not in (home / "database" / "renkei.sqlite3").read_bytes()


def test_the_first_officers_code_waits_and_then_others_are_let_in_until_the_officer_is_not_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, codes = tmp_path / "terminal", list[str]()
    made = setup.init(home, SETTINGS)
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    newcomer = PersonChange(
        PersonDeed.ADD, "ap-201", name="高橋 久美", staff_number="20201", roles=frozenset({Role.APPROVER})
    )
    with Terminal.open(home) as terminal:
        code = made.one_time_code_file.read_text().strip()
        register.change_pin(terminal, logon.log_on(terminal, made.operator, code, origin="screen"), "59265358")
        officer = logon.log_on(terminal, made.operator, "59265358", origin="screen")
        assert changes.plan(terminal, officer, newcomer).alone
        changes.make(terminal, officer, newcomer, second=None, hand_over=codes.append)
        # As long as nobody else has a PIN of their own, nobody else can agree.
        again = replace(newcomer, person_id="au-401", staff_number="20401", roles=frozenset({Role.AUDITOR}))
        changes.make(terminal, officer, again, second=None, hand_over=codes.append)
        register.change_pin(terminal, logon.log_on(terminal, "ap-201", codes[0], origin="screen"), "27182845")
        more = replace(newcomer, person_id="op-101", staff_number="20101", roles=frozenset({Role.OPERATOR}))
        assert not changes.plan(terminal, officer, more).alone
        with pytest.raises(SecondPersonMissing):
            changes.make(terminal, officer, more, second=None)
        # The officer's own name and number, which nobody could know when the terminal was made.
        own = PersonChange(PersonDeed.CHANGE, made.operator, name="佐藤 一郎", staff_number="20301")
        changes.make(terminal, officer, own, second=logon.SecondPerson("ap-201", "27182845", "screen"))
        assert register.entry(terminal, officer, made.operator).details.name == "佐藤 一郎"


def test_nothing_of_it_is_open_to_others(tmp_path: Path) -> None:
    home = tmp_path / "terminal"
    setup.init(home, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["terminal"], "no draft is left"
    exposed = [path for path in (home, *home.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert exposed == []


def test_the_settings_file_explains_itself(tmp_path: Path) -> None:
    home = tmp_path / "terminal"
    setup.init(home, SETTINGS)
    text = (home / "renkei.toml").read_text(encoding="utf-8")
    assert 'name = "札幌市"' in text
    assert text.count("\n# ") >= 10
    assert Settings.load(home) == SETTINGS


@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt])
def test_a_failure_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), setup.new_terminal(tmp_path / "terminal", SETTINGS):
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, DiskFull), (errno.EIO, DiskFailed), (errno.EACCES, HomeUnwritable)],
)
def test_a_failing_disk_leaves_nothing(tmp_path: Path, number: int, error: type[Exception]) -> None:
    with pytest.raises(error), setup.new_terminal(tmp_path / "terminal", SETTINGS):
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_the_keys_are_made_leaves_nothing(tmp_path: Path) -> None:
    wrong = replace(SETTINGS, store=replace(SETTINGS.store, url="sqlite:////proc/nowhere/store.sqlite3"))
    with pytest.raises(Exception, match="database"):
        setup.init(tmp_path / "terminal", wrong)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_will_do_and_an_occupied_one_stays_as_it_is(tmp_path: Path) -> None:
    empty, occupied = tmp_path / "empty", tmp_path / "occupied"
    empty.mkdir()
    occupied.mkdir()
    (occupied / "letter").write_text("mine")
    setup.init(empty, SETTINGS)
    with pytest.raises(HomeNotEmpty):
        setup.init(occupied, SETTINGS)
    with pytest.raises(HomeNotEmpty):
        setup.init(empty, SETTINGS)
    assert [(path.name, path.read_text()) for path in occupied.iterdir()] == [("letter", "mine")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "occupied"]


@pytest.mark.parametrize("name", ["file", "nowhere/terminal"])
def test_places_where_nothing_can_be_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(HomeUnwritable) as refused:
        setup.init(tmp_path / name, SETTINGS)
    assert refused.value.facts["path"] == str(tmp_path / name)
