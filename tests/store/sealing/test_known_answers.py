"""Fixed keys in, fixed bytes out: what is stored today has to open in years, whatever becomes of the program.

Holds `store.sealing.vault`, `store.sealing.sealedfile` and `store.sealing.sources.passphrase` to the forms that lie in
databases, key files and backups. All values were derived a second time by hand from the docstrings (HKDF-SHA256,
HMAC-SHA256, AES-256-GCM, Argon2id). Where one of these tests fails, data that exists was orphaned: a new form needs a
new label, and a way from the old one.
"""

import io
from pathlib import Path
from typing import Final

import pytest

from store.sealing import sealedfile
from store.sealing.sealedfile import SealedWriter, read_pieces
from store.sealing.sources import KEY_BYTES, PassphraseParts
from store.sealing.sources.file import KeyFile
from store.sealing.sources.passphrase import Cost, Wrapped, open_wrapped
from store.sealing.sources.source import Keys
from store.sealing.vault import Place, QueueKeys, Sealed, Vault, backup_key, belongs, take_over

KEY: Final = bytes(range(KEY_BYTES))
PSEUDONYM_KEY: Final = bytes(range(KEY_BYTES, 2 * KEY_BYTES))
PARTS: Final = PassphraseParts("correct horse battery", "staple zebra 石英")
PLACE: Final = Place("content", "ciphertext", "0f" * 16, 3)
PLAIN: Final = "鄭 REHEARSAL".encode()
NONCE: Final = "a5" * 12

SEALED: Final = Sealed(
    bytes.fromhex("917610f6845a16998d9eb12b3103746f8465f538ec2d572b6002552b5b"),
    bytes.fromhex(
        NONCE + "b7e3682d332bf57cd35e794ede33440fe70c620fd22a3f50577bc3c862db1be8f8f238f9ed01a4a70e524dd979907e5e"
    ),
)
COVERED: Final = bytes.fromhex(NONCE + "4e73542867085ca1695d3d1331e39f0be9a34a3f84b30bb6")
PSEUDONYM_FILE: Final = bytes.fromhex(
    NONCE + "bded001cfec5d7f5562c3055a58621da23e845e32ef64e54413e02f9d17cf64cd09bd9c97202e56d8f315b5863f449b4"
)
SEALED_FILE: Final = (
    b'{"format":"x/1","salt":"'
    + b"a5" * 32
    + b'"}\n'
    # Three pieces, each with its length before it; the nonce of the last one says that it is the last.
    + bytes.fromhex("00000014" + "fc1f20d17f9d887a40249f8765bdbbb666202ec8")
    + bytes.fromhex("00000014" + "2bae503a010b36ac946b85fc674c85c3617bfb27")
    + bytes.fromhex("00000012" + "d21b5e227698850d7a3a8a011069aedfdbb9")
)
WRAPPED_KEY_FILE: Final = (
    '{"format": "renkei-wrapped-key/1", "former": "'
    + NONCE
    + "ec18d30d0ea6bcf15fdf757bf96ad479c76682c654f6accabed35c54c1ae08d9aaa42493c5d4a615679f1cc728e40b00"
    + '", "kibibytes": 8, "lanes": 1, "passes": 1, "salt": "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "wrapped": "'
    + NONCE
    + 'e29c3e76914607071b9814d0d49dd7e22a0a3c752304cfb5eed96de4e11b6ab46f6db0f8212ced25aed5a49ce1e8f46d"}\n'
).encode("ascii")


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY, PSEUDONYM_KEY, "t-131041-01")


@pytest.fixture
def _drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same bytes each time, so that what is random comes out the same."""
    monkeypatch.setattr("os.urandom", lambda size: b"\xa5" * size)


# What is kept from earlier


def test_a_content_sealed_earlier_opens_in_its_place(vault: Vault) -> None:
    assert vault.unseal(SEALED, place=PLACE) == PLAIN
    assert vault.is_current(SEALED.wrapped_key, place=PLACE)


def test_a_private_key_covered_earlier_opens(vault: Vault) -> None:
    assert vault.cover.open(COVERED) == b"line key"


def test_a_sealed_file_written_earlier_opens() -> None:
    assert list(read_pieces(io.BytesIO(SEALED_FILE), KEY)) == [b"0123", b"4567", b"89"]


def test_a_key_wrapped_under_parts_earlier_opens_with_the_former_one() -> None:
    assert open_wrapped(WRAPPED_KEY_FILE, "terminal.key", PARTS) == Keys(KEY, PSEUDONYM_KEY)


def test_a_pseudonym_key_wrapped_earlier_opens(home: Path, vault: Vault) -> None:
    (home / "keys").mkdir(mode=0o700)
    for name, content in (("terminal.key", KEY), ("pseudonym.key", PSEUDONYM_FILE)):
        (home / "keys" / name).write_bytes(content)
        (home / "keys" / name).chmod(0o400)
    source = KeyFile(home / "keys")
    assert belongs(KEY, source)
    opened = Vault.open(source, terminal_id="t-131041-01")
    assert opened.pseudonym("subject", "1") == vault.pseudonym("subject", "1")


# What is compared with what is kept


def test_pseudonyms_and_digests_are_those_of_the_rows_that_exist(vault: Vault) -> None:
    assert vault.pseudonym("subject", "8263415718") == "9677389332f68e593c4af604f91c268d"
    assert vault.digest(b"content").hex() == "f739495defac96ce0d8241dfdf82dc5e5b8d0cdb5d9ae8c08a0e7aabc1ef0d70"


def test_the_key_for_backups_is_that_of_the_backups_that_exist(vault: Vault) -> None:
    assert vault.backup_key == backup_key(KEY)
    assert vault.backup_key.hex() == "cd80d29db4ee16beffa19680b5dbaff35c5ecf6fe42f94ab879fa80894ebd0b7"


# What is written now is read by the same program later, and by one that was restored from a backup


@pytest.mark.usefixtures("_drawn")
def test_contents_and_covered_keys_are_written_in_the_form_that_is_kept(vault: Vault) -> None:
    assert vault.seal(PLAIN, place=PLACE) == SEALED
    assert vault.seal_all([(PLAIN, PLACE)]).values == [SEALED]
    assert vault.rewrap(SEALED.wrapped_key, place=PLACE) == SEALED.wrapped_key
    assert vault.cover.close(b"line key") == COVERED


@pytest.mark.usefixtures("_drawn")
def test_key_files_are_written_in_the_form_that_is_kept(home: Path) -> None:
    source = KeyFile(home / "keys")
    take_over(source, QueueKeys(KEY, PSEUDONYM_KEY))
    assert source.pseudonym_file.read_bytes() == PSEUDONYM_FILE
    empty = Wrapped(b"\xa5" * 16, Cost(1, 8, 1), b"")
    assert empty.holding(empty.stretch(PARTS), KEY, PSEUDONYM_KEY).to_bytes() == WRAPPED_KEY_FILE


@pytest.mark.usefixtures("_drawn")
def test_sealed_files_are_written_in_the_form_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealedfile, "_PIECE", 4)
    stream = io.BytesIO()
    writer = SealedWriter(stream, KEY, {"format": "x/1"})
    writer.write(b"0123456789")
    writer.close()
    assert stream.getvalue() == SEALED_FILE
