"""The terminal's key for the tests of its sources: a directory, two parts, and a place to seal for."""

from pathlib import Path

import pytest

from store.sealing.sources import KEY_BYTES, PassphraseParts, passphrase
from store.sealing.sources.passphrase import Cost
from store.sealing.vault import Place

PARTS = PassphraseParts("correct horse battery", "staple zebra 石英")
OTHERS = PassphraseParts("another first part", "another second part")
KEY = bytes(range(KEY_BYTES))
HERE = Place("content", "ciphertext", "a" * 32, 1)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrase, "STANDARD_COST", Cost(1, 8, 1))


@pytest.fixture
def keys(home: Path) -> Path:
    (home / "keys").mkdir(mode=0o700)
    return home / "keys"


def write(path: Path, content: bytes, mode: int) -> Path:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path
