"""An incident is written down under a number, with the places in the code and without a single value."""

import re
import resource
import stat
import sys
from datetime import datetime
from pathlib import Path

import pytest

from console.errors import SettingsInvalid
from console.incidents import TECHNICAL_LOG, record_incident, record_refusal
from store.clock import JAPAN

SECRET = "GEHEIMNIS"
NUMBER = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


class Telling(Exception):
    """An error of somebody else's whose text and code are what somebody typed."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no such person: {code}")
        self.code = code


def fail(secret: str) -> None:
    kept = {"name": secret}
    try:
        kept.pop(secret)
    except KeyError as error:
        raise Telling(secret) from error


def incident(home: Path | None) -> str:
    try:
        fail(SECRET)
    except Telling as error:
        return record_incident(home, error)
    raise AssertionError


def technical_log(home: Path) -> str:
    return (home / TECHNICAL_LOG).read_text(encoding="utf-8")


def test_an_incident_has_a_number_and_one_line(tmp_path: Path) -> None:
    number = incident(tmp_path)
    assert NUMBER.fullmatch(number)
    assert technical_log(tmp_path).startswith(f"{number} ")
    assert technical_log(tmp_path).count("\n") == 1


def test_the_number_begins_with_japanese_time(tmp_path: Path) -> None:
    before, number, after = datetime.now(JAPAN), incident(tmp_path), datetime.now(JAPAN)
    at = datetime.strptime(number[:15], "%Y%m%d-%H%M%S").replace(tzinfo=JAPAN)
    assert before.replace(microsecond=0) <= at <= after


def test_an_incident_tells_types_and_places_of_the_whole_chain(tmp_path: Path) -> None:
    incident(tmp_path)
    line = technical_log(tmp_path)
    assert line.index("Telling at ") < line.index("KeyError at ")
    assert "console/test_incidents:" in line


def test_an_incident_holds_no_value(tmp_path: Path) -> None:
    # Neither messages, nor local variables, nor a `code` that is somebody's own and looks like one of ours.
    incident(tmp_path)
    with pytest.raises(SystemExit) as ended:
        sys.exit(SECRET)
    record_incident(tmp_path, ended.value)
    assert SECRET not in technical_log(tmp_path)
    assert "SystemExit at " in technical_log(tmp_path)


def test_an_incident_names_our_own_codes(tmp_path: Path) -> None:
    record_incident(tmp_path, SettingsInvalid(setting=SECRET, wanted=SECRET))
    assert "SettingsInvalid[settings_invalid] at ?" in technical_log(tmp_path)
    assert SECRET not in technical_log(tmp_path)


def test_incidents_are_added_and_private(tmp_path: Path) -> None:
    numbers = [incident(tmp_path) for _ in range(3)]
    assert [line.split()[0] for line in technical_log(tmp_path).splitlines()] == numbers
    assert len(set(numbers)) == 3
    path = tmp_path / TECHNICAL_LOG
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_error_that_causes_itself_ends(tmp_path: Path) -> None:
    first, second = ValueError(), TypeError()
    first.__cause__, second.__cause__ = second, first
    record_incident(tmp_path, first)
    assert technical_log(tmp_path).count(" at ") == 2


def test_a_number_is_given_also_when_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / TECHNICAL_LOG.parent).write_bytes(b"a file where the directory belongs")
    assert NUMBER.fullmatch(incident(tmp_path))
    assert NUMBER.fullmatch(incident(tmp_path / "nowhere" / "at all"))
    assert NUMBER.fullmatch(incident(None))


def test_the_record_does_not_follow_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / TECHNICAL_LOG).parent.mkdir()
    (tmp_path / TECHNICAL_LOG).symlink_to(target)
    assert NUMBER.fullmatch(incident(tmp_path))
    assert not target.exists()


def test_a_record_for_which_there_is_no_room_is_not_there_by_halves(tmp_path: Path) -> None:
    number = incident(tmp_path)
    before = technical_log(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        assert NUMBER.fullmatch(incident(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert technical_log(tmp_path) == before
    assert technical_log(tmp_path).startswith(number)


def test_a_refusal_of_the_peer_names_its_code_and_its_number(tmp_path: Path) -> None:
    number = record_refusal(tmp_path, "number_not_current", "20261120-093000-abcdef")
    assert technical_log(tmp_path) == (
        f"{number} refused by the peer [number_not_current], which recorded it as 20261120-093000-abcdef\n"
    )
    assert NUMBER.fullmatch(number)
