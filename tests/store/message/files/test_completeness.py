"""A file that changes, is another than its checksum says, or goes away, is refused."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from store.errors import FileUnreadable
from store.message.errors import FileChanged, FileChecksumDiffers, FileChecksumUnusable
from store.message.files.completeness import Stamp, check_checksum, digest_of

CONTENT = b"kind,reference\n"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some file.csv"
    path.write_bytes(CONTENT)
    return path


def test_the_same_file_has_the_same_stamp(file: Path) -> None:
    Stamp.of(file).check(file)


def test_a_file_that_grows_or_is_replaced_or_touched_has_changed(file: Path) -> None:
    stamp = Stamp.of(file)
    os.utime(file, ns=(0, stamp.modified + 1))
    with pytest.raises(FileChanged):
        stamp.check(file)
    os.utime(file, ns=(0, stamp.modified))
    stamp.check(file)
    other = file.with_name("other")
    other.write_bytes(CONTENT)
    os.utime(other, ns=(0, stamp.modified))
    other.replace(file)
    with pytest.raises(FileChanged):
        stamp.check(file)
    file.unlink()
    with pytest.raises(FileUnreadable):
        stamp.check(file)


@pytest.mark.parametrize(
    "text",
    [
        f"{DIGEST}  some file.csv\n",
        f"{DIGEST.upper()} *some file.csv\r\n",
        f"{'0' * 64}  another.csv\n{DIGEST}  out/some file.csv\n",
        DIGEST,
        f"SHA256 hash of some file.csv:\n{DIGEST}\nCertUtil: ok\n",
    ],
)
def test_the_forms_in_which_programs_write_a_checksum_are_read(file: Path, text: str) -> None:
    beside = file.with_name("some file.csv.sha256")
    for encoding in ("utf-8", "utf-16"):
        beside.write_bytes(text.encode(encoding))
        check_checksum(file)
    beside.write_text(text.replace(DIGEST, "1" * 64).replace(DIGEST.upper(), "1" * 64))
    with pytest.raises(FileChecksumDiffers) as refused:
        check_checksum(file)
    assert refused.value.facts == {"file": "some file.csv", "checksum": "some file.csv.sha256"}


@pytest.mark.parametrize("text", ["", "nothing", DIGEST[:-1], f"{DIGEST}\n{'0' * 64}\n", DIGEST + " " * 70_000])
def test_a_checksum_that_says_nothing_of_the_file_is_refused(file: Path, text: str) -> None:
    file.with_name("some file.csv.sha256").write_text(text)
    with pytest.raises(FileChecksumUnusable):
        check_checksum(file)


def test_without_a_checksum_nothing_is_compared_and_a_pipe_is_none(file: Path) -> None:
    check_checksum(file)
    os.mkfifo(file.with_name("some file.csv.sha256"))
    with pytest.raises(FileChecksumUnusable):
        check_checksum(file)


def test_a_digest_is_that_of_the_bytes_and_of_nothing_else(file: Path) -> None:
    assert digest_of(file) == DIGEST
    renamed = file.rename(file.with_name("another name.csv"))
    assert digest_of(renamed) == DIGEST
    with renamed.open("ab") as more:
        more.write(b"\n")
    assert digest_of(renamed) == sha256(CONTENT + b"\n").hexdigest()


def test_what_is_no_file_has_no_digest_and_keeps_nobody_waiting(file: Path) -> None:
    pipe = file.with_name("pipe.csv")
    os.mkfifo(pipe)
    for path in (pipe, file.parent, file.with_name("missing.csv")):
        with pytest.raises(FileUnreadable) as refused:
            digest_of(path)
        assert refused.value.facts == {"file": path.name}


def test_a_digest_that_is_known_already_is_held_against_the_checksum(file: Path) -> None:
    file.with_name("some file.csv.sha256").write_text(f"{DIGEST}  some file.csv\n")
    check_checksum(file, DIGEST)
    with pytest.raises(FileChecksumDiffers):
        check_checksum(file, "0" * 64)
