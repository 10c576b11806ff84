"""The key wrapped under two persons' parts: what opens it, what is refused, and how wrong parts slow down."""

import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import clock, errors
from store.sealing.sources import PassphraseParts
from store.sealing.sources.file import KeyFile
from store.sealing.sources.passphrase import Cost, Passphrase, Wrapped, open_wrapped
from store.sealing.sources.slowdown import FIRST_WAIT_SECONDS, FREE_ATTEMPTS, LONGEST_WAIT_SECONDS, Slowdown
from store.sealing.vault import Vault, begin_key_change
from tests.store.sealing.conftest import HERE, KEY, OTHERS, PARTS, write


def test_both_parts_open_it_in_either_order(keys: Path) -> None:
    Passphrase(keys, PARTS).install(KEY)
    assert Passphrase(keys, PassphraseParts(PARTS.second, PARTS.first)).read().current == KEY
    decomposed = PassphraseParts(PARTS.first, "staple zebra 石英")
    assert Passphrase(keys, decomposed).read().current == KEY


@pytest.mark.parametrize(
    "wrong",
    [
        PassphraseParts(PARTS.first, "something else 1"),
        PassphraseParts("something else 1", PARTS.second),
        PassphraseParts(PARTS.first, PARTS.first),
        PassphraseParts(PARTS.first + PARTS.second, ""),
        PassphraseParts(PARTS.first[:-1], PARTS.first[-1] + PARTS.second),
        PassphraseParts(PARTS.first.upper(), PARTS.second),
    ],
)
def test_whose_part_was_wrong_is_not_told(keys: Path, wrong: PassphraseParts) -> None:
    Passphrase(keys, PARTS).install(KEY)
    with pytest.raises(errors.KeyPartsRefused) as refused:
        Passphrase(keys, wrong).read()
    assert (refused.value.facts, refused.value.exit_status) == ({}, 3)


def test_without_parts_it_is_refused(keys: Path) -> None:
    Passphrase(keys, PARTS).install(KEY)
    with pytest.raises(errors.KeyPartsMissing):
        Passphrase(keys, None).read()
    with pytest.raises(errors.KeyPartsMissing):
        Passphrase(keys.parent, None).install(KEY)


@pytest.mark.parametrize(
    ("chosen", "error"),
    [
        (PassphraseParts("short", PARTS.second), errors.KeyPartsWeak),
        (PassphraseParts(PARTS.first, "123456789012345"), errors.KeyPartsWeak),
        (PassphraseParts("aaaaaaaaaaaaaaa", PARTS.second), errors.KeyPartsWeak),
        (PassphraseParts(PARTS.first, PARTS.first.upper()), errors.KeyPartsAlike),
    ],
)
def test_parts_that_are_not_to_be_chosen(
    keys: Path, chosen: PassphraseParts, error: type[errors.KeyPartsFault]
) -> None:
    with pytest.raises(error) as refused:
        Passphrase(keys, chosen).install(KEY)
    assert refused.value.exit_status == 4
    Passphrase(keys, PARTS).install(KEY)
    with pytest.raises(error):
        Passphrase(keys, PARTS).set_new_parts(chosen)


def test_nothing_shows_the_parts() -> None:
    assert PARTS.first not in repr(PARTS) + str(PARTS)


def test_wrong_parts_slow_down_and_right_ones_are_forgiven(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    Passphrase(keys, PARTS).install(KEY)
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(errors.KeyPartsRefused):
            Passphrase(keys, OTHERS).read()
    waits = []
    for _ in range(12):
        # Also with the right parts: a guess that comes too soon is not looked at.
        with pytest.raises(errors.KeyPartsTooSoon) as early:
            Passphrase(keys, PARTS).read()
        waits.append(int(early.value.facts["seconds"]))
        now += timedelta(seconds=waits[-1])
        with pytest.raises(errors.KeyPartsRefused):
            Passphrase(keys, OTHERS).read()
    assert waits[:3] == [FIRST_WAIT_SECONDS, 2 * FIRST_WAIT_SECONDS, 4 * FIRST_WAIT_SECONDS]
    assert waits[-1] == LONGEST_WAIT_SECONDS
    # A clock set back makes the wait no longer: nobody waits nine days, and the next guess counts as ever.
    now -= timedelta(days=9)
    with pytest.raises(errors.KeyPartsRefused):
        Passphrase(keys, OTHERS).read()
    with pytest.raises(errors.KeyPartsTooSoon) as set_back:
        Passphrase(keys, PARTS).read()
    assert int(set_back.value.facts["seconds"]) == LONGEST_WAIT_SECONDS
    now += timedelta(seconds=LONGEST_WAIT_SECONDS)
    assert Passphrase(keys, PARTS).read().current == KEY
    with pytest.raises(errors.KeyPartsRefused):
        Passphrase(keys, OTHERS).read()


def test_refused_parts_are_counted_until_they_are_told(keys: Path) -> None:
    Passphrase(keys, PARTS).install(KEY)
    assert Passphrase(keys, None).refused == 0
    for _ in range(2):
        with pytest.raises(errors.KeyPartsRefused):
            Passphrase(keys, OTHERS).read()
    opened = Passphrase(keys, PARTS)
    opened.read()
    assert opened.refused == 2, "forgiven, but not forgotten; the right parts do not count"
    # Somebody tries at another console while the entry is written.
    with pytest.raises(errors.KeyPartsRefused):
        Passphrase(keys, OTHERS).read()
    opened.mark_refusals_recorded(2)
    assert Passphrase(keys, None).refused == 1
    Passphrase(keys, PARTS).read()
    opened.mark_refusals_recorded(1)
    assert not (keys / "terminal.attempts").exists()


def test_whoever_waited_while_the_count_went_away_counts_anew(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, lock = keys / "terminal.attempts", fcntl.flock
    seen: list[int] = []

    def lock_late(handle: int, how: int) -> None:
        # Meanwhile another process had the right parts.
        if not seen:
            file.unlink()
        seen.append(handle)
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    Slowdown(file).begin(datetime(2026, 11, 23, tzinfo=UTC))
    assert (len(seen), Slowdown(file).unrecorded) == (2, 1)


@pytest.mark.parametrize("content", [b"", b"{", b'{"failures": 9}', b"[]"])
def test_a_count_cut_off_begins_anew(keys: Path, content: bytes) -> None:
    Passphrase(keys, PARTS).install(KEY)
    (keys / "terminal.attempts").write_bytes(content)
    assert Passphrase(keys, PARTS).read().current == KEY
    assert Passphrase(keys, None).refused == 0


def test_a_change_to_new_parts_lets_the_former_ones_open_nothing(keys: Path) -> None:
    source = Passphrase(keys, PARTS)
    vault = Vault.create(source, terminal_id="t-1")
    sealed = vault.seal(b"x", place=HERE)
    bytes_before = source.file.read_bytes()
    other_process = Vault.open(Passphrase(keys, PARTS), terminal_id="t-1")
    source.set_new_parts(OTHERS)
    begin_key_change(source)
    vault.renew()
    rewrapped = vault.rewrap(sealed.wrapped_key, place=HERE)
    assert Passphrase(keys, OTHERS).read().former is not None
    source.end_change()
    assert Passphrase(keys, OTHERS).read().former is None
    with pytest.raises(errors.KeyPartsRefused):
        Passphrase(keys, PARTS).read()
    with pytest.raises(errors.KeyPartsMissing):
        other_process.seal(b"y", place=HERE)
    # Who kept the former file and the former parts has a key that opens nothing any more.
    stolen = open_wrapped(bytes_before, "terminal.wrapped", PARTS).current
    assert not Vault(stolen, b"p" * 32, "t-1").is_current(rewrapped, place=HERE)


def test_new_parts_are_refused_where_there_is_no_passphrase(keys: Path) -> None:
    with pytest.raises(errors.KeyPartsUnwanted) as refused:
        KeyFile(keys).set_new_parts(OTHERS)
    assert refused.value.exit_status == 2


def test_a_wrapped_file_that_was_changed_is_found_out(keys: Path) -> None:
    source = Passphrase(keys, PARTS)
    source.install(KEY)
    good = source.file.read_bytes()
    for wrong in (b"", b"{}", b"[]", b"\xff" * 40, good[:-30], good.replace(b'"passes": 1', b'"passes": 100000')):
        write(source.file, wrong, 0o400)
        with pytest.raises(errors.KeyFileDamaged):
            Passphrase(keys, PARTS).read()
    kept = Wrapped.read(good, "x")
    assert kept.to_bytes() == good
    write(source.file, good.replace(b'"passes": 1', b'"passes": 2'), 0o400)
    with pytest.raises(errors.KeyPartsRefused):
        Passphrase(keys, PARTS).read()
    source.file.chmod(0o440)
    with pytest.raises(errors.KeyFileExposed):
        Passphrase(keys, PARTS).read()


def test_what_two_persons_know_is_stretched_as_the_standard_recommends() -> None:
    assert Cost() == Cost(passes=3, kibibytes=64 * 1024, lanes=4)
