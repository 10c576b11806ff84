import os
from pathlib import Path

import pytest

from console.errors import SettingsInvalid
from console.settings import FILE_NAME
from console.terminal import Terminal
from store.errors import FileUnreadable
from store.message.files.reading import read_records
from tests.running import World


def test_a_municipality_whose_check_digit_is_wrong_is_refused_with_the_right_one(world: World) -> None:
    file = world.home / FILE_NAME
    file.write_text(file.read_text(encoding="utf-8").replace('"131041"', '"131042"'), encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        Terminal.open(world.home)
    facts = refused.value.facts
    assert (facts["setting"], facts["value"], facts["wanted"]) == ("municipality.code", '"131042"', "131041")
    line = file.read_text(encoding="utf-8").splitlines().index('code = "131042"') + 1
    assert facts["place"] == f"{file}:{line}"


def test_a_pipe_is_no_file_to_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(FileUnreadable):
        next(read_records(tmp_path / "pipe.jsonl", "pipe.jsonl"))
