"""Files of PINs: only their owner's, one line, and what can be no PIN is told before it costs an attempt."""

import os
from pathlib import Path

import pytest

from console.commands.credentials import read_pin
from console.errors import PinFileExposed, PinFileForeign, PinFileMisspelt, PinFileUnreadable


def _file(directory: Path, content: bytes, mode: int = 0o600) -> Path:
    path = directory / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("content", [b"27182818\n", b"27182818\r\n", b"27182818"])
def test_reads_the_one_line(tmp_path: Path, content: bytes, mode: int) -> None:
    assert read_pin(_file(tmp_path, content, mode)) == "27182818"


def test_a_phrase_keeps_its_blanks_and_letters(tmp_path: Path) -> None:
    assert read_pin(_file(tmp_path, " 青い 空と 白い 雲の 下\n".encode())) == " 青い 空と 白い 雲の 下"


@pytest.mark.parametrize("text", ["27182818 ", " 27182818", "２７１８２８１８", "2718２８１８", " 27182818  "])
def test_digits_in_another_form_are_told_and_never_tried(tmp_path: Path, text: str) -> None:
    with pytest.raises(PinFileMisspelt) as refused:
        read_pin(_file(tmp_path, f"{text}\n".encode()))
    assert refused.value.facts == {"name": "pin"}


@pytest.mark.parametrize("text", ["２７１８２８１８２８４５", "abc 27182818 "])
def test_what_may_be_a_phrase_is_tried_as_it_is(tmp_path: Path, text: str) -> None:
    assert read_pin(_file(tmp_path, f"{text}\n".encode())) == text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o700, 0o604, 0o4600])
def test_refuses_a_file_that_others_may_read_or_run(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PinFileExposed) as refused:
        read_pin(_file(tmp_path, b"27182818\n", mode))
    assert refused.value.facts == {"name": "pin"}
    assert "27182818" not in str(refused.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_refuses_the_file_of_somebody_else(tmp_path: Path) -> None:
    path = _file(tmp_path, b"27182818\n")
    os.chown(path, 12345, -1)
    with pytest.raises(PinFileForeign):
        read_pin(path)
    # Its mode is no better, and is not what has to be mended first.
    path.chmod(0o644)
    with pytest.raises(PinFileForeign):
        read_pin(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"1\n2\n", b"\xff\xfe1\n", b"12\x003\n", b"9" * 2000])
def test_refuses_what_is_not_one_line_of_text(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PinFileUnreadable):
        read_pin(_file(tmp_path, content))


def test_refuses_what_is_no_file_at_once(tmp_path: Path) -> None:
    # Opening a pipe that nobody writes to would wait for ever.
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("pipe", "missing", "."):
        with pytest.raises(PinFileUnreadable):
            read_pin(tmp_path / name)
