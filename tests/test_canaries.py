"""The search for planted texts finds them in every spelling, also while files go away under its eyes."""

import base64
from pathlib import Path

import pytest

from tests.canaries import CANARIES, files_with, found_in, spellings

PLANTED = CANARIES[1]


def test_it_finds_half_width_letters() -> None:
    assert found_in("ﾇｴﾉ ｶﾂﾗｷﾞ".encode("cp932"), CANARIES) == [CANARIES[2]]


@pytest.mark.parametrize("text", [*CANARIES, "鬱\U000e0100龘𠮷野"])
def test_it_finds_what_lies_open(tmp_path: Path, text: str) -> None:
    shifted = [base64.b64encode(bytes(before) + text.encode() + b"\xff") for before in range(3)]
    for number, form in enumerate([*sorted(spellings(text)), *shifted]):
        (tmp_path / str(number)).write_bytes(b"x" * 100 + form + b"x")
    assert {name for name, _ in files_with([tmp_path], [text])} == {path.name for path in tmp_path.iterdir()}


def test_it_looks_again_when_a_file_was_renamed_while_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "2"):
        (tmp_path / name).write_text(PLANTED)
    read = Path.read_bytes

    def renaming(path: Path) -> bytes:
        (tmp_path / "2").rename(tmp_path / "0")
        monkeypatch.setattr(Path, "read_bytes", read)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", renaming)
    assert sorted(files_with([tmp_path], [PLANTED])) == [("0", PLANTED), ("1", PLANTED)]
