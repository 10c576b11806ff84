"""The settings name the source of the terminal's key, and a kept key is read from wherever it was put."""

from dataclasses import replace
from pathlib import Path

import pytest

from console.keysource import CREDENTIALS_VARIABLE, KEYS, key_source, read_kept_key
from console.settings import KeySourceName, KeysSettings
from store.errors import KeyFileFault
from store.sealing.sources.credential import Credential
from store.sealing.sources.file import KeyElsewhere, KeyFile
from store.sealing.sources.passphrase import Passphrase
from store.sealing.sources.source import KEY_BYTES, KeySource
from tests.console.widgets.bench import SETTINGS

KEY = bytes(range(KEY_BYTES))


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (KeysSettings(source=KeySourceName.HOME), KeyFile),
        (KeysSettings(source=KeySourceName.FILE, file="/media/key"), KeyElsewhere),
        (KeysSettings(source=KeySourceName.CREDENTIAL), Credential),
        (KeysSettings(source=KeySourceName.PASSPHRASE), Passphrase),
    ],
    ids=lambda value: str(value.source) if isinstance(value, KeysSettings) else "",
)
def test_each_name_has_its_source(tmp_path: Path, keys: KeysSettings, kind: type[KeySource]) -> None:
    assert type(key_source(replace(SETTINGS, keys=keys), tmp_path)) is kind


def write(path: Path, raw: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(raw)
    path.chmod(mode)
    return path


def test_a_bare_key_is_read_from_a_private_file(tmp_path: Path) -> None:
    assert read_kept_key(write(tmp_path / "key", KEY), None) == KEY


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileFault):
        read_kept_key(write(tmp_path / "key", KEY, 0o644), None)


@pytest.mark.parametrize("raw", [b"", KEY[:-1], KEY + b"\n"])
def test_what_is_neither_a_key_nor_a_wrapped_key_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(KeyFileFault):
        read_kept_key(write(tmp_path / "key", raw), None)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileFault):
        read_kept_key(tmp_path / KEYS / "nowhere", None)


def test_a_credential_may_have_the_mode_that_systemd_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "renkei", KEY, 0o440)
    with pytest.raises(KeyFileFault):
        read_kept_key(file, None)
    monkeypatch.setenv(CREDENTIALS_VARIABLE, str(tmp_path))
    assert read_kept_key(file, None) == KEY
