"""Each source of the terminal's key: what it gives, what it refuses, and that a change of the key loses nothing."""

import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import clock, errors
from store.sealing.sources import KEY_BYTES, KeySource, PassphraseParts
from store.sealing.sources import passphrase as wrapping
from store.sealing.sources.credential import Credential
from store.sealing.sources.file import KeyElsewhere, KeyFile
from store.sealing.sources.passphrase import Cost, Passphrase, Wrapped, open_wrapped
from store.sealing.sources.slowdown import FIRST_WAIT_SECONDS, FREE_ATTEMPTS, LONGEST_WAIT_SECONDS, Slowdown
from store.sealing.vault import Place, Sealed, Vault, begin_key_change

PARTS = PassphraseParts("correct horse battery", "staple zebra 石英")
OTHERS = PassphraseParts("another first part", "another second part")
KEY = bytes(range(KEY_BYTES))
HERE = Place("content", "ciphertext", "a" * 32, 1)
NAME = "renkei-terminal-key"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "STANDARD_COST", Cost(1, 8, 1))


@pytest.fixture
def keys(home: Path) -> Path:
    (home / "keys").mkdir(mode=0o700)
    return home / "keys"


@pytest.fixture
def apart(home: Path) -> Path:
    """The directory of a key file elsewhere."""
    (home / "apart").mkdir(mode=0o700)
    return home / "apart"


@pytest.fixture
def credentials(home: Path) -> Path:
    """What systemd hands out: a directory of mode 0500 with files of mode 0400."""
    made = home / "credentials"
    made.mkdir(mode=0o700)
    write(made / NAME, KEY, 0o400)
    return made


def write(path: Path, content: bytes, mode: int) -> Path:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def elsewhere(keys: Path, apart: Path) -> KeyElsewhere:
    return KeyElsewhere(keys, apart / "terminal.key", apart_from=keys.parent / "database")


Opening = Callable[[], KeySource]


@pytest.fixture(params=["home", "file", "credential", "passphrase"])
def opening(request: pytest.FixtureRequest, keys: Path, apart: Path, credentials: Path) -> Opening:
    """How each start makes the source anew."""
    ways: dict[str, Opening] = {
        "home": lambda: KeyFile(keys),
        "file": lambda: elsewhere(keys, apart),
        "credential": lambda: Credential(keys, str(credentials), NAME),
        "passphrase": lambda: Passphrase(keys, PARTS),
    }
    return ways[request.param]


def test_what_was_sealed_opens_at_the_next_start(opening: Opening) -> None:
    vault = Vault.create(opening(), terminal_id="t-1")
    sealed = vault.seal(b"x", place=HERE)
    assert Vault.open(opening(), terminal_id="t-1").unseal(sealed, place=HERE) == b"x"


def test_a_key_that_stands_is_never_overwritten(opening: Opening) -> None:
    Vault.create(opening(), terminal_id="t-1")
    with pytest.raises(errors.KeyFileExists):
        Vault.create(opening(), terminal_id="t-1")


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("moment", range(1, 16))
def test_a_change_that_is_interrupted_anywhere_loses_no_key(
    opening: Opening, keys: Path, credentials: Path, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop before the n-th thing that is done to a file, as a power cut would; then go on to the end."""
    early = Vault.create(opening(), terminal_id="t-1")
    row = Row(early.seal(b"before", place=HERE))
    count = iter(range(1, 1000))

    def stopping(name: str) -> Callable[..., object]:
        whole = getattr(os, name)

        def stop_or_do(*arguments: object, **more: object) -> object:
            if next(count) == moment:
                raise Interrupted
            return whole(*arguments, **more)

        return stop_or_do

    with monkeypatch.context() as patched:
        for name in ("link", "fsync", "replace", "unlink"):
            patched.setattr(os, name, stopping(name))
        with suppress(Interrupted):
            row.change_key(opening())
    if (keys / "terminal-next.key").exists():
        # What the custodian does once the program has said so.
        row.change_key(opening())
        write(credentials / NAME, (keys / "terminal-next.key").read_bytes(), 0o400)
    row.change_key(opening())
    after = Vault.open(opening(), terminal_id="t-1")
    assert after.unseal(row.sealed, place=HERE) == b"before"
    assert after.pseudonym("subject", "1") == early.pseudonym("subject", "1")
    assert opening().read().former is None or opening().to_install is not None
    # An attempt that was cut off counts as one that was refused, until the log is told.
    opening().mark_refusals_recorded(opening().refused)
    left = {path.name for path in keys.iterdir()} - {"terminal.key", "pseudonym.key", "terminal.wrapped"}
    assert left <= {"terminal-next.key"}


@dataclass
class Row:
    """All that a terminal holds."""

    sealed: Sealed

    def change_key(self, source: KeySource) -> None:
        vault = Vault.open(source, terminal_id="t-1")
        begin_key_change(source)
        vault.renew()
        self.sealed = replace(self.sealed, wrapped_key=vault.rewrap(self.sealed.wrapped_key, place=HERE))
        source.end_change()


def test_who_has_it_open_follows_a_change(opening: Opening) -> None:
    early = Vault.create(opening(), terminal_id="t-1")
    row = Row(early.seal(b"x", place=HERE))
    row.change_key(opening())
    assert early.unseal(row.sealed, place=HERE) == b"x"
    assert early.is_current(early.seal(b"y", place=HERE).wrapped_key, place=HERE)


# ── A file elsewhere ──────────────────────────────────────────────────────────────────────────────


def _lose(file: Path) -> None:
    file.unlink()


def _cut(file: Path) -> None:
    write(file, KEY[:-1], 0o400)


def _link(file: Path) -> None:
    file.rename(file.with_name("real"))
    file.symlink_to("real")


def _link_directory(file: Path) -> None:
    real = file.parent.rename(file.parent.with_name("real"))
    file.parent.symlink_to(real.name)


REFUSED: list[tuple[Callable[[Path], object], type[errors.KeyFileFault], int]] = [
    (_lose, errors.KeyFileMissing, 1),
    (_cut, errors.KeyFileDamaged, 6),
    (_link, errors.KeyPathLinked, 7),
    (_link_directory, errors.KeyPathLinked, 7),
    (lambda file: file.chmod(0o440), errors.KeyFileExposed, 7),
    (lambda file: file.chmod(0o404), errors.KeyFileExposed, 7),
    (lambda file: file.chmod(0o600), errors.KeyFileLoose, 7),
    (lambda file: file.parent.chmod(0o770), errors.KeyPathOpen, 7),
    (lambda file: file.parent.chmod(0o1777), errors.KeyPathOpen, 7),
    (lambda file: file.parent.parent.chmod(0o702), errors.KeyPathOpen, 7),
]


@pytest.mark.parametrize(("spoil", "error", "status"), REFUSED)
def test_a_file_elsewhere_that_is_refused(
    keys: Path,
    apart: Path,
    spoil: Callable[[Path], object],
    error: type[errors.KeyFileFault],
    status: int,
) -> None:
    source = elsewhere(keys, apart)
    source.install(KEY)
    assert source.read().current == KEY
    assert stat.S_IMODE(source.file.stat().st_mode) == 0o400
    spoil(source.file)
    with pytest.raises(error) as refused:
        source.read()
    assert (type(refused.value), refused.value.exit_status) == (error, status)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_or_a_directory_of_somebody_else_is_refused(keys: Path, apart: Path) -> None:
    source = elsewhere(keys, apart)
    source.install(KEY)
    os.chown(source.file, 4711, 0)
    with pytest.raises(errors.KeyFileForeign):
        source.read()
    os.chown(apart, 4711, 0)
    with pytest.raises(errors.KeyPathOpen):
        source.read()


@pytest.mark.parametrize("inside", ["terminal.key", "deeper/terminal.key", "../linked/terminal.key"])
def test_the_databases_directory_is_refused(home: Path, keys: Path, inside: str) -> None:
    (home / "database").mkdir()
    (home / "linked").symlink_to("database")
    source = KeyElsewhere(keys, home / "database" / inside, apart_from=home / "database")
    with pytest.raises(errors.KeyInDatabase) as refused:
        source.install(KEY)
    assert refused.value.exit_status == 7
    assert not (home / "database" / "terminal.key").exists()


def test_a_terminal_that_was_not_made_leaves_no_key(keys: Path, apart: Path) -> None:
    def fail_after_installing() -> None:
        source = elsewhere(keys, apart)
        with source.provisional():
            source.install(KEY)
            raise Interrupted

    with pytest.raises(Interrupted):
        fail_after_installing()
    assert list(apart.iterdir()) == []
    elsewhere(keys, apart).install(KEY)
    with pytest.raises(Interrupted):
        fail_after_installing()
    assert elsewhere(keys, apart).read().current == KEY, "it was there before"


# ── A credential ──────────────────────────────────────────────────────────────────────────────────


SPOILT: list[tuple[Callable[[Path], object], type[errors.KeyFileFault], int]] = [
    (_lose, errors.CredentialMissing, 1),
    (_link, errors.CredentialMissing, 1),
    (_cut, errors.KeyFileDamaged, 6),
    (_link_directory, errors.KeyPathLinked, 7),
    (lambda file: file.chmod(0o420), errors.CredentialExposed, 7),
    (lambda file: file.chmod(0o404), errors.CredentialExposed, 7),
    (lambda file: file.parent.chmod(0o720), errors.KeyPathOpen, 7),
]


@pytest.mark.parametrize(("spoil", "error", "status"), SPOILT)
def test_a_credential_that_is_refused(
    keys: Path,
    credentials: Path,
    spoil: Callable[[Path], object],
    error: type[errors.KeyFileFault],
    status: int,
) -> None:
    source = Credential(keys, str(credentials), NAME)
    # As with systemd's access lists, where the group's bits are the mask.
    (credentials / NAME).chmod(0o440)
    credentials.chmod(0o550)
    assert source.read().current == KEY
    credentials.chmod(0o700)
    spoil(credentials / NAME)
    with pytest.raises(error) as refused:
        source.read()
    assert (type(refused.value), refused.value.exit_status) == (error, status)


def test_without_systemd_or_with_a_relative_directory_it_is_refused(keys: Path) -> None:
    with pytest.raises(errors.CredentialsAbsent) as absent:
        Credential(keys, None, NAME).read()
    with pytest.raises(errors.CredentialsRelative) as relative:
        Credential(keys, "credentials", NAME).read()
    assert (absent.value.exit_status, relative.value.exit_status) == (1, 7)


def test_the_new_key_waits_in_a_file_until_the_credential_holds_it(keys: Path, credentials: Path) -> None:
    def source() -> Credential:
        return Credential(keys, str(credentials), NAME)

    waiting = keys / "terminal-next.key"
    vault = Vault.create(source(), terminal_id="t-1")
    row = Row(vault.seal(b"x", place=HERE))
    row.change_key(source())
    assert (source().to_install, stat.S_IMODE(waiting.stat().st_mode)) == (waiting, 0o400)
    new = waiting.read_bytes()
    assert (source().read().current, source().read().former) == (new, KEY)
    # Asked again, it goes on waiting; no second key is made.
    row.change_key(source())
    assert waiting.read_bytes() == new
    write(credentials / NAME, new, 0o400)
    assert (source().to_install, source().read()) == (None, (new, None))
    row.change_key(source())
    assert not waiting.exists()
    assert Vault.open(source(), terminal_id="t-1").is_current(row.sealed.wrapped_key, place=HERE)


def test_another_credential_is_not_taken_for_the_one_to_be_restored(keys: Path, credentials: Path) -> None:
    with pytest.raises(errors.CredentialDiffers):
        Credential(keys, str(credentials), NAME).install(bytes(KEY_BYTES))


# ── A passphrase ──────────────────────────────────────────────────────────────────────────────────


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
    now -= timedelta(days=9)
    with pytest.raises(errors.KeyPartsTooSoon) as set_back:
        Passphrase(keys, PARTS).read()
    assert int(set_back.value.facts["seconds"]) == LONGEST_WAIT_SECONDS, "a clock set back makes it no longer"
    now += timedelta(days=9, seconds=LONGEST_WAIT_SECONDS)
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
