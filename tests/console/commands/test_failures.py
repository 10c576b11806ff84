"""What a command says of an error: the texts of its code, its exit status, and nothing that a person entered."""

import errno
from pathlib import Path

import pytest

from console.commands.failures import ExitStatus, describe, status_of
from console.errors import CredentialsMissing, FileExists
from console.incidents import TECHNICAL_LOG
from console.words import Language, Words


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_foreseen_error_has_the_texts_of_its_code(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    failure = describe(FileExists(file="backup"), words, tmp_path)
    text = words.fault("file_exists", {"file": "backup"})
    assert (failure.code, failure.cause, failure.remedy) == ("file_exists", text.cause, text.remedy)
    assert (failure.status, failure.more) == (FileExists.exit_status, {})
    assert not (tmp_path / TECHNICAL_LOG).exists()


def test_a_full_disk_is_foreseen_wherever_it_is_met(tmp_path: Path) -> None:
    assert describe(OSError(errno.ENOSPC, "no room"), Words("en"), tmp_path).code == "disk_full"


def test_an_error_that_carries_an_incident_names_it(tmp_path: Path) -> None:
    error = CredentialsMissing()
    error.incident = "20261120-093000-abcdef"
    assert describe(error, Words("en"), tmp_path).more == {"incident": "20261120-093000-abcdef"}


def test_an_unforeseen_error_is_recorded_and_tells_only_its_number(tmp_path: Path) -> None:
    failure = describe(ZeroDivisionError("a secret"), Words("en"), tmp_path)
    assert failure.status == ExitStatus.FAILED
    assert failure.more["incident"] in failure.remedy
    assert failure.more["incident"] in (tmp_path / TECHNICAL_LOG).read_text()
    assert "secret" not in f"{failure}{(tmp_path / TECHNICAL_LOG).read_text()}"


def test_a_code_leads_to_the_status_of_its_error() -> None:
    assert status_of("credentials_missing") == ExitStatus.NOT_ALLOWED
    assert status_of("clocks_apart") == ExitStatus.LINE
    assert status_of("no_such_code") == ExitStatus.FAILED
