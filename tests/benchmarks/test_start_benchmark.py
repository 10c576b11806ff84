import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import environment

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_the_benchmark_of_the_start_measures_both_and_tells_the_machine(tmp_path: Path) -> None:
    answer = tmp_path / "start.json"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "start", "--runs", "2", "--json", str(answer)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "processor: " in ended.stdout
    report = json.loads(answer.read_text(encoding="utf-8"))
    assert {name: len(runs) for name, runs in report["runs"].items()} == {"bare Textual app": 2, "renkei": 2}
    assert report["figures"]["ratio"] == report["medians"]["renkei"] / report["medians"]["bare Textual app"]
    assert report["machine"]["cores"]
