"""Each source of the terminal's key: what it gives, what it refuses, and that a change of the key loses nothing.

It shows `store.sealing.sources.source`, `store.sealing.sources.file`, `store.sealing.sources.credential` and
`store.sealing.sources.passphrase`.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from store import errors
from store.sealing.sources import KEY_BYTES, KeySource
from store.sealing.sources.credential import Credential
from store.sealing.sources.file import KeyElsewhere, KeyFile
from store.sealing.sources.passphrase import Passphrase
from store.sealing.vault import Sealed, Vault, begin_key_change
from tests.store.sealing.conftest import HERE, KEY, PARTS, write

NAME = "renkei-terminal-key"


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
