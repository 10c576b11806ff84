"""Sealed values open in their place alone; keys are private files; pseudonyms outlive the terminal's key."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import KeyFileDamaged, KeyFileExists, KeyFileExposed, KeyFileMissing, SealBroken
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Place, Sealed, Vault, hand_over, take_over

HERE = Place("content", "ciphertext", "a" * 32, 1)
NAME = "鄭瑞妍 JUNG SEOYEON".encode()


def test_sealed_value_opens_in_its_place(vault: Vault) -> None:
    sealed = vault.seal(NAME, place=HERE)
    assert vault.unseal(sealed, place=HERE) == NAME
    assert NAME not in sealed.ciphertext
    assert (len(sealed.ciphertext), len(sealed.wrapped_key)) == (len(NAME) + 16, 60)


def test_reading_looks_at_the_source_of_the_key_only_after_a_failure(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed, marks = vault.seal(NAME, place=HERE), list[str]()
    monkeypatch.setattr(KeyFile, "mark", lambda _source: marks.append("asked"))
    assert vault.unseal(sealed, place=HERE) == NAME
    assert marks == []


def test_same_value_is_never_sealed_alike(vault: Vault) -> None:
    once, again = vault.seal(NAME, place=HERE), vault.seal(NAME, place=HERE)
    assert once.ciphertext != again.ciphertext
    assert once.wrapped_key != again.wrapped_key


@pytest.mark.parametrize(
    "elsewhere",
    [
        HERE._replace(table="note"),
        HERE._replace(column="words"),
        HERE._replace(row="b" * 32),
        HERE._replace(version=2),
        # The same letters, cut otherwise.
        HERE._replace(table="contentc", column="iphertext"),
    ],
)
def test_sealed_value_does_not_open_elsewhere(vault: Vault, elsewhere: Place) -> None:
    with pytest.raises(SealBroken) as caught:
        vault.unseal(vault.seal(NAME, place=HERE), place=elsewhere)
    assert caught.value.exit_status == 6


def test_a_terminal_that_shares_the_queue_opens_what_the_first_sealed(vault: Vault, home: Path) -> None:
    other = KeyFile(home / "other")
    take_over(other, hand_over(KeyFile(home / "keys")))
    shared = Vault.open(other, terminal_id=vault.terminal_id)
    assert shared.unseal(vault.seal(NAME, place=HERE), place=HERE) == NAME
    assert shared.pseudonym("subject", "1") == vault.pseudonym("subject", "1")


def test_a_row_key_is_not_wrapped_anew_for_another_place(vault: Vault) -> None:
    wrapped = vault.seal(NAME, place=HERE).wrapped_key
    with pytest.raises(SealBroken):
        vault.rewrap(wrapped, place=HERE._replace(version=2))


def test_sealed_value_does_not_open_on_another_terminal(vault: Vault, home: Path) -> None:
    other = Vault.open(KeyFile(home / "keys"), terminal_id="t-131041-02")
    with pytest.raises(SealBroken):
        other.unseal(vault.seal(NAME, place=HERE), place=HERE)


def test_keys_and_contents_of_two_rows_cannot_be_swapped(vault: Vault) -> None:
    there = HERE._replace(row="b" * 32)
    first, second = vault.seal(NAME, place=HERE), vault.seal(NAME, place=there)
    for mixed in (Sealed(first.ciphertext, second.wrapped_key), Sealed(second.ciphertext, first.wrapped_key)):
        for place in (HERE, there):
            with pytest.raises(SealBroken):
                vault.unseal(mixed, place=place)


@given(st.binary(max_size=64), st.integers(min_value=0), st.integers(0, 7))
def test_every_flipped_bit_is_detected(plain: bytes, position: int, bit: int) -> None:
    vault = Vault(b"k" * 32, b"p" * 32, "t-1")
    sealed = vault.seal(plain, place=HERE)
    both = bytearray(sealed.ciphertext + sealed.wrapped_key)
    both[position % len(both)] ^= 1 << bit
    cut = len(sealed.ciphertext)
    with pytest.raises(SealBroken):
        vault.unseal(Sealed(bytes(both[:cut]), bytes(both[cut:])), place=HERE)


@pytest.mark.parametrize("left", [0, 5, 12, 15, 37])
def test_truncated_values_are_detected(vault: Vault, left: int) -> None:
    sealed = vault.seal(NAME, place=HERE)
    for cut in (
        Sealed(sealed.ciphertext, sealed.wrapped_key[:left]),
        Sealed(sealed.ciphertext[:left], sealed.wrapped_key),
    ):
        with pytest.raises(SealBroken):
            vault.unseal(cut, place=HERE)


def test_text_where_bytes_belong_is_detected(vault: Vault) -> None:
    sealed = vault.seal(NAME, place=HERE)
    with pytest.raises(SealBroken):
        vault.unseal(Sealed("text", sealed.wrapped_key), place=HERE)  # type: ignore[arg-type]  # As SQLite may give it.


def test_keys_are_the_same_when_opened_again(vault: Vault, home: Path) -> None:
    again = Vault.open(KeyFile(home / "keys"), terminal_id=vault.terminal_id)
    assert again.unseal(vault.seal(NAME, place=HERE), place=HERE) == NAME
    assert again.pseudonym("subject", "8263415718") == vault.pseudonym("subject", "8263415718")
    assert again.digest(NAME) == vault.digest(NAME)


def test_pseudonym_tells_nothing_and_depends_on_kind_and_key(vault: Vault) -> None:
    stranger = Vault(b"k" * 32, b"p" * 32, vault.terminal_id)
    made = [vault.pseudonym("subject", "1"), vault.pseudonym("person", "1"), stranger.pseudonym("subject", "1")]
    assert len(set(made)) == 3
    assert {len(bytes.fromhex(text)) for text in made} == {16}


def test_pseudonyms_and_digests_stay_when_the_terminals_key_changes() -> None:
    before, after = (Vault(key, b"p" * 32, "t-1") for key in (b"old" * 11, b"new" * 11))
    assert before.pseudonym("subject", "1") == after.pseudonym("subject", "1")
    assert before.digest(NAME) == after.digest(NAME)
    with pytest.raises(SealBroken):
        after.unseal(before.seal(NAME, place=HERE), place=HERE)


def test_key_files_are_private_and_never_overwritten(vault: Vault, home: Path) -> None:
    keys = sorted((home / "keys").iterdir())
    assert [path.name for path in keys] == ["pseudonym.key", "terminal.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o400}
    before = [path.read_bytes() for path in keys]
    with pytest.raises(KeyFileExists):
        Vault.create(KeyFile(home / "keys"), terminal_id=vault.terminal_id)
    assert [path.read_bytes() for path in sorted((home / "keys").iterdir())] == before


@pytest.mark.parametrize("name", ["terminal.key", "pseudonym.key"])
@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420])
def test_key_file_that_others_can_reach(vault: Vault, home: Path, name: str, mode: int) -> None:
    (home / "keys" / name).chmod(mode)
    with pytest.raises(KeyFileExposed) as caught:
        Vault.open(KeyFile(home / "keys"), terminal_id=vault.terminal_id)
    assert caught.value.facts == {"file": name}


@pytest.mark.parametrize("name", ["terminal.key", "pseudonym.key"])
def test_missing_key_file(vault: Vault, home: Path, name: str) -> None:
    (home / "keys" / name).unlink()
    with pytest.raises(KeyFileMissing):
        Vault.open(KeyFile(home / "keys"), terminal_id=vault.terminal_id)


@pytest.mark.parametrize("name", ["terminal.key", "pseudonym.key"])
@pytest.mark.parametrize("size", [0, 31, 32, 33, 60])
def test_key_file_with_other_bytes(vault: Vault, home: Path, name: str, size: int) -> None:
    path = home / "keys" / name
    path.chmod(0o600)
    path.write_bytes(os.urandom(size))
    path.chmod(0o400)
    with pytest.raises(KeyFileDamaged):
        Vault.open(KeyFile(home / "keys"), terminal_id=vault.terminal_id)


def test_a_cover_outlives_the_terminals_key_and_opens_nothing_else() -> None:
    before, after, stranger = (Vault(key, root, "t-1") for key, root in ((b"o", b"p"), (b"n", b"p"), (b"o", b"q")))
    covered = before.cover.close(NAME)
    assert covered != before.cover.close(NAME)
    assert after.cover.open(covered) == NAME
    assert stranger.cover.open(covered) is None
    for wrong in (b"", covered[:-1], covered[:12], covered[:-1] + bytes([covered[-1] ^ 1])):
        assert before.cover.open(wrong) is None
