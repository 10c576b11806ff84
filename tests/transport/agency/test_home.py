"""The directory of an agency: complete or no agency at all, one server at a time, and a log without contents."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from transport import wire
from transport.agency.database import AgencyDatabase
from transport.agency.home import AgencyHome, AgencySettings
from transport.errors import AgencyBusy, AgencyExists, AgencyMissing
from transport.parties.authority import Use
from transport.parties.identity import Identity

SETTINGS = AgencySettings(address="127.0.0.1", port=0, version="1")


@pytest.fixture
def home(tmp_path: Path) -> AgencyHome:
    return AgencyHome.create(tmp_path / "agency", SETTINGS)


def test_what_was_prepared_is_read_again_and_private(home: AgencyHome, tmp_path: Path) -> None:
    assert AgencyHome(tmp_path / "agency").settings == home.settings == SETTINGS
    assert (tmp_path / "agency").stat().st_mode & 0o777 == 0o700
    with home.database() as database:
        assert database.terminals() == ()


def test_a_directory_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "agency").mkdir()
    (tmp_path / "agency" / "of somebody").touch()

    with pytest.raises(AgencyExists):
        AgencyHome.create(tmp_path / "agency", SETTINGS)
    assert [path.name for path in (tmp_path / "agency").iterdir()] == ["of somebody"]


def test_a_directory_without_settings_is_no_agency(tmp_path: Path) -> None:
    (tmp_path / "agency").mkdir()
    AgencyDatabase.create(tmp_path / "agency" / "agency.db")

    with pytest.raises(AgencyMissing):
        AgencyHome(tmp_path / "agency")


@pytest.mark.parametrize(
    "settings",
    [
        b"",
        b"[]",
        wire.encode({"address": "127.0.0.1", "port": 0}),
        wire.encode({"address": "127.0.0.1", "port": 0, "version": "1", "more": 1}),
        wire.encode({"address": "127.0.0.1", "port": 65536, "version": "1"}),
        wire.encode({"address": "127.0.0.1", "port": "0", "version": "1"}),
        wire.encode({"address": "1" * 65, "port": 0, "version": "1"}),
        wire.encode({"address": "127.0.0.1", "port": 0, "version": "version 1"}),
    ],
)
def test_settings_of_another_form_are_no_agency(home: AgencyHome, tmp_path: Path, settings: bytes) -> None:
    (tmp_path / "agency" / "agency.json").write_bytes(settings)

    with pytest.raises(AgencyMissing):
        AgencyHome(tmp_path / "agency")


def test_one_server_at_a_time_holds_the_directory(home: AgencyHome, tmp_path: Path) -> None:
    with home.locked(), pytest.raises(AgencyBusy), AgencyHome(tmp_path / "agency").locked():
        pass
    # The lock is free again, although its file is still there.
    with home.locked():
        assert (tmp_path / "agency" / "agency.lock").exists()


def test_its_identity_is_the_one_in_use(home: AgencyHome) -> None:
    made = Identity.create(home.identity_directory, "rehearsal-agency", Use.AGENCY)

    assert home.identity(datetime.now(UTC)).public == made.public


def test_an_incident_is_recorded_with_its_code_and_the_type_of_its_error(home: AgencyHome, tmp_path: Path) -> None:
    first = home.record_incident("agency_failed", ValueError("SMITH JOHN"))
    second = home.record_incident("log_behind")
    log = tmp_path / "agency" / "technical.log"

    assert log.read_text() == f"{first} agency_failed ValueError\n{second} log_behind -\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", first)
    assert first != second
    # The number fits the wire, where the problem carries it to the terminal.
    assert wire.name(first, "incident") == first
