"""Records appended to a file that stays bounded, by several processes, and nowhere else."""

import threading
from pathlib import Path

import pytest

from transport import record_file
from transport.record_file import append_record


def test_a_full_file_makes_room_and_the_one_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_file, "MOST_BYTES", 100)
    path = tmp_path / "technical.log"
    for number in range(40):
        append_record(path, f"{number:09}\n")
    assert path.read_text() == "".join(f"{number:09}\n" for number in range(30, 40))
    assert path.with_name("technical.log.1").read_text() == "".join(f"{number:09}\n" for number in range(20, 30))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["technical.log", "technical.log.1"]
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_writers_at_the_same_time_lose_nothing_at_the_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Together they fill the first file once, and the second one not.
    monkeypatch.setattr(record_file, "MOST_BYTES", 1500)
    path = tmp_path / "technical.log"

    def write(writer: int) -> None:
        for number in range(50):
            append_record(path, f"{writer}-{number:07}\n")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{writer}-{number:07}" for writer in range(4) for number in range(50))


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "technical.log"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append_record(path, "x\n")
    assert not (tmp_path / "elsewhere").exists()
