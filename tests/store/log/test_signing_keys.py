"""Each signing key is used once: made before it is named, reused after an interruption, overwritten after its use."""

import base64
from pathlib import Path

import pytest

from store.errors import KeyFileDamaged, KeyFileExists, KeyFileExposed, LadderBroken
from store.log.signing_keys import KEY_BYTES, SIGNATURE_BYTES, SigningKeys, has_signed, key_from_text, key_text

PUBLIC = bytes(range(KEY_BYTES))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keys(directory: Path) -> SigningKeys:
    return SigningKeys.create(directory)


def test_a_key_travels_as_one_line_of_the_standard() -> None:
    # RFC 8410, section 10.1: the SubjectPublicKeyInfo of its example key.
    line = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    public = key_from_text(line)

    assert public is not None
    assert public.hex() == "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
    assert key_text(public) == line


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"bytes",
        "",
        key_text(PUBLIC)[:-1],
        key_text(PUBLIC) + "\n",
        key_text(PUBLIC)[:-2] + "9=",
        "!" + key_text(PUBLIC)[1:],
        base64.b64encode(bytes(44)).decode(),
    ],
    ids=["nothing", "bytes", "empty", "cut", "line feed", "unused bits", "another alphabet", "another kind of key"],
)
def test_any_other_text_is_no_key(text: object) -> None:
    assert key_from_text(text) is None


def test_the_first_key_is_the_root(keys: SigningKeys) -> None:
    assert keys.highest == 1
    assert keys.public(1) == keys.root
    assert keys.number_of(keys.root) == 1


def test_keys_are_made_once_and_private(keys: SigningKeys, directory: Path) -> None:
    with pytest.raises(KeyFileExists):
        SigningKeys.create(directory)
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o400}
    assert sorted(file.name for file in directory.iterdir()) == ["0000000001.key", "root.pub"]


def test_a_signature_verifies_with_its_own_key_and_bytes_only(keys: SigningKeys) -> None:
    signature = keys.sign(1, b"body")

    assert len(signature) == SIGNATURE_BYTES
    assert has_signed(keys.root, signature, b"body")
    assert not has_signed(keys.root, signature, b"body ")
    assert not has_signed(keys.prepare(2), signature, b"body")


@pytest.mark.parametrize(("public", "signature"), [(b"short", bytes(64)), (PUBLIC, b""), (bytes(32), bytes(65))])
def test_bytes_that_are_no_key_or_signature_verify_nothing(public: bytes, signature: bytes) -> None:
    assert not has_signed(public, signature, b"body")


def test_the_key_of_an_interrupted_act_is_used_again(keys: SigningKeys) -> None:
    assert keys.prepare(2) == keys.prepare(2)
    assert keys.highest == 2


def test_a_used_key_is_overwritten_and_the_root_stays(keys: SigningKeys, directory: Path) -> None:
    root, second = keys.root, keys.prepare(2)
    with (directory / "0000000001.key").open("rb") as still_open:
        keys.erase_below(2)
        assert still_open.read() == bytes(KEY_BYTES)

    assert keys.root == root
    assert keys.number_of(root) is None
    assert keys.number_of(second) == 2
    with pytest.raises(LadderBroken):
        keys.sign(1, b"body")


def test_erasing_again_changes_nothing(keys: SigningKeys) -> None:
    keys.prepare(2)
    keys.erase_below(2)
    keys.erase_below(2)

    assert keys.highest == 2


def test_a_missing_key_is_named_by_its_number(keys: SigningKeys) -> None:
    with pytest.raises(LadderBroken) as caught:
        keys.public(7)
    assert caught.value.facts == {"number": "7"}


def test_other_files_are_no_keys(keys: SigningKeys, directory: Path) -> None:
    for name in ("٢.key", "x.key", ".key", "0000000009.key.draft"):
        (directory / name).write_bytes(bytes(KEY_BYTES))

    assert keys.highest == 1
    keys.erase_below(10)
    assert (directory / "٢.key").read_bytes() == bytes(KEY_BYTES)


def test_an_exposed_or_damaged_key_does_not_sign(keys: SigningKeys, directory: Path) -> None:
    file = directory / "0000000001.key"
    file.chmod(0o440)
    with pytest.raises(KeyFileExposed):
        keys.sign(1, b"body")
    file.chmod(0o600)
    file.write_bytes(bytes(KEY_BYTES - 1))
    with pytest.raises(KeyFileDamaged):
        keys.number_of(PUBLIC)


def test_without_any_key_there_is_no_highest(tmp_path: Path) -> None:
    assert SigningKeys(tmp_path).highest == 0
