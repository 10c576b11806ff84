import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.cells import cell_len

from console.commands.output import Output, ReportLost, columns, json_line, plain
from console.words import Words
from tests.escapes import ESCAPES, steering
from tests.project.sources import product_files, tree


def test_columns_align_with_wide_characters() -> None:
    lines = columns([["番号", "状態"], ["7", "差戻し"], ["4215", "x"]], right=frozenset({0}))
    assert lines == ["番号  状態", "   7  差戻し", "4215  x"]
    assert [cell_len(line.split("  ")[0]) if line[0] != " " else 4 for line in lines] == [4, 4, 4]


def test_data_in_columns_cannot_steer_the_terminal() -> None:
    assert columns([["a\x1b]0;x\x07\nb"]]) == ["a␛]0;x␇␊b"]


def test_json_is_one_safe_line() -> None:
    line = json_line({"name": "髙\x1b\u202e\udc80\x85"})
    assert "髙" in line
    assert line.isprintable()
    assert json.loads(line) == {"name": "髙\x1b\u202e\udc80\x85"}


@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES)
def test_no_line_steers_the_terminal_whoever_made_it(capsys: pytest.CaptureFixture[str], text: str) -> None:
    for as_json in (False, True):
        output = Output(Words("en"), as_json=as_json)
        output.result({"file": text}, [f"File {text}", text])
        output.partial({"file": text}, [text], "x", text, text, incident=text)
    printed = "".join(capsys.readouterr())
    assert steering(printed) == []
    # And no line is made of two.
    assert printed.count("\n") == 6


def test_commands_print_through_the_output_alone() -> None:
    # The two that move the cursor write themselves: the pager and the line of progress.
    calls = {"print", "click.echo", "sys.stdout.write", "sys.stderr.write"}
    writers = {
        file.stem
        for file in product_files()
        if "commands" in file.parts
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in calls
    }
    assert writers == {"guide", "progress"}


def test_times_and_days_become_text() -> None:
    japan = timezone(timedelta(hours=9))
    data = plain({"at": datetime(2026, 11, 23, 9, tzinfo=japan), "on": date(2026, 11, 23), "ids": (1, None)})
    assert data == {"at": "2026-11-23T00:00:00+00:00", "on": "2026-11-23", "ids": [1, None]}
    assert plain(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"


def test_failure_is_one_line_on_stderr_or_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Words("en"), as_json=False).failure("x", "Cause\nof it.", "Remedy.")
    assert capsys.readouterr() == ("", "Error: Cause␊of it. Remedy.\n")
    Output(Words("en"), as_json=True).failure("x", "Cause.", "Remedy.", incident="7")
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {"error": {"code": "x", "cause": "Cause.", "remedy": "Remedy.", "incident": "7"}}


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    program = (
        "from console.commands.output import Output\n"
        "from console.words import Words\n"
        "Output(Words(), as_json=False).result({}, (str(n) for n in range(1_000_000)))\n"
    )
    errors = tmp_path / "errors"
    with errors.open("wb") as stderr:
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=stderr)
        assert writer.stdout is not None
        assert os.read(writer.stdout.fileno(), 2) == b"0\n"
        writer.stdout.close()
        assert writer.wait(timeout=30) == 0
    assert errors.read_bytes() == b""


def test_a_full_device_is_said_in_one_line() -> None:
    program = (
        "import sys\n"
        "from console.commands.output import Output, ReportLost\n"
        "from console.words import Words\n"
        "output = Output(Words('en'), as_json=False)\n"
        "try:\n"
        "    output.result({}, ['x' * 100_000])\n"
        "except ReportLost as error:\n"
        "    sys.exit(error.exit_status)\n"
    )
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_memory_that_does_not_suffice_for_a_report_undoes_nothing() -> None:
    def lines() -> Iterator[str]:
        yield "one"
        raise MemoryError

    with pytest.raises(ReportLost):
        Output(Words("en"), as_json=False).result({}, lines())
