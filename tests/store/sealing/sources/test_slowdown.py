"""Wrong parts slow down, durably and for every process, but they never lock anybody out for good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.errors import KeyPartsTooSoon
from store.sealing.sources.slowdown import FIRST_WAIT_SECONDS, FREE_ATTEMPTS, LONGEST_WAIT_SECONDS, Slowdown

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "terminal.attempts"


@pytest.fixture
def used_up(file: Path) -> Slowdown:
    """A slowdown whose free attempts all failed at NOW."""
    slowdown = Slowdown(file)
    for _ in range(FREE_ATTEMPTS):
        slowdown.begin(NOW)
    return slowdown


def _wait(slowdown: Slowdown, now: datetime) -> int:
    with pytest.raises(KeyPartsTooSoon) as caught:
        slowdown.begin(now)
    return int(caught.value.facts["seconds"])


def test_the_first_attempts_need_no_wait(used_up: Slowdown) -> None:
    assert used_up.unrecorded == FREE_ATTEMPTS


def test_the_wait_ends_to_the_second(used_up: Slowdown) -> None:
    assert _wait(used_up, NOW) == FIRST_WAIT_SECONDS
    assert _wait(used_up, NOW + (FIRST_WAIT_SECONDS - 1) * SECOND) == 1
    # Less than half a second is still a wait of one, never of none.
    assert _wait(used_up, NOW + FIRST_WAIT_SECONDS * SECOND - timedelta(milliseconds=1)) == 1
    used_up.begin(NOW + FIRST_WAIT_SECONDS * SECOND)


def test_an_attempt_that_comes_too_soon_does_not_count(used_up: Slowdown) -> None:
    for _ in range(3):
        _wait(used_up, NOW + SECOND)

    assert used_up.unrecorded == FREE_ATTEMPTS
    assert _wait(used_up, NOW + SECOND) == FIRST_WAIT_SECONDS - 1


def test_the_wait_doubles_up_to_an_hour(used_up: Slowdown) -> None:
    now, waits = NOW, []
    for _ in range(40):
        waits.append(_wait(used_up, now))
        now += waits[-1] * SECOND
        used_up.begin(now)

    assert waits[:4] == [10, 20, 40, 80]
    assert set(waits[9:]) == {LONGEST_WAIT_SECONDS}


def test_a_clock_that_was_set_back_does_not_lengthen_the_wait(used_up: Slowdown) -> None:
    # How long ago an attempt was is a distance: a moment that seems to lie ahead comes from a clock that was wrong.
    used_up.begin(NOW - timedelta(days=365))
    assert used_up.unrecorded == FREE_ATTEMPTS + 1


def test_another_process_sees_the_same_count(used_up: Slowdown, file: Path) -> None:
    assert _wait(Slowdown(file), NOW) == FIRST_WAIT_SECONDS


def test_success_forgives_and_still_counts_what_no_entry_records(used_up: Slowdown) -> None:
    later = NOW + FIRST_WAIT_SECONDS * SECOND
    used_up.begin(later)
    used_up.succeed()

    assert used_up.unrecorded == FREE_ATTEMPTS
    used_up.begin(later)


def test_the_file_goes_when_nothing_is_left_to_count(file: Path) -> None:
    slowdown = Slowdown(file)
    slowdown.begin(NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    slowdown.succeed()

    assert not file.exists()
    assert slowdown.unrecorded == 0


def test_recorded_failures_are_counted_down_and_never_below_none(used_up: Slowdown) -> None:
    used_up.mark_recorded(2)
    assert used_up.unrecorded == FREE_ATTEMPTS - 2
    used_up.mark_recorded(99)
    assert used_up.unrecorded == 0
    # That they are on record does not shorten the wait.
    assert _wait(used_up, NOW) == FIRST_WAIT_SECONDS


def test_the_file_keeps_its_length(used_up: Slowdown, file: Path) -> None:
    before = file.stat().st_size
    used_up.mark_recorded(FREE_ATTEMPTS)

    assert file.stat().st_size == before


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"):
        Slowdown(file).begin(NOW)
    assert (tmp_path / "elsewhere").read_bytes() == b""
