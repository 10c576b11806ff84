"""The one-time codes of the screens: in a file of the terminal alone, and gone when they open nothing any more."""

import stat
from pathlib import Path

import pytest

from console.errors import FileUnwritable
from console.jobs.people import changes, codes, logon, register
from console.jobs.people.deeds import PersonChange, PersonDeed
from tests.console.jobs.site import CHIEF, CUSTODIAN, OPERATOR, Site, second


def reset(site: Site) -> Path:
    change = PersonChange(PersonDeed.RESET, OPERATOR)
    hand_over = codes.writing(site.terminal, OPERATOR)
    changes.make(site.terminal, site.session(CHIEF), change, second=second(CUSTODIAN), hand_over=hand_over)
    return codes.file_of(site.terminal, OPERATOR)


def test_a_code_takes_the_place_of_the_one_before_and_goes_with_the_new_pin(site: Site) -> None:
    before = reset(site).read_text()
    file = reset(site)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    code = file.read_text().strip()
    assert code != before.strip()
    register.change_pin(site.terminal, logon.log_on(site.terminal, OPERATOR, code, origin="screen"), "59265358")
    assert list(file.parent.iterdir()) == []


def test_where_no_file_can_be_written_the_pin_stays(site: Site) -> None:
    (site.home / codes.DIRECTORY).write_text("in the way")
    with pytest.raises(FileUnwritable):
        reset(site)
    assert register.entry(site.terminal, site.session(CHIEF), OPERATOR).person.version == 1
