"""What services are told of a terminal, and who may read its settings for that."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from console.configuration.machine import Machine, settings_of
from console.errors import AccountNameless, HomeForeign
from console.settings import FILE_NAME, dump, names
from tests.console.test_settings import GOOD
from tests.console.test_settings import parse as parse_settings
from tests.running import PROGRAM


def _home(tmp_path: Path) -> Path:
    home = tmp_path / "terminal"
    home.mkdir(mode=0o700)
    (home / FILE_NAME).write_text(dump(parse_settings(GOOD), dict.fromkeys(names(), "")), encoding="utf-8")
    return home


def test_a_service_runs_under_the_account_of_the_terminal(tmp_path: Path) -> None:
    home = _home(tmp_path)
    account, python = pwd.getpwuid(os.getuid()).pw_name, Path(sys.base_prefix).resolve()
    assert Machine.of(home) == Machine(PROGRAM, home, account, python)


def test_a_number_without_an_account_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def _nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", _nobody)
    with pytest.raises(AccountNameless):
        Machine.of(_home(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_root_reads_the_settings_of_any_account_and_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(tmp_path)
    os.chown(home, 65534, 65534)
    assert settings_of(home).municipality.code == "131041"
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(HomeForeign):
        settings_of(home)
