"""Run one benchmark, print its figures with the machine they were measured on, and write them as JSON if asked."""

import argparse
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tests.benchmarks.machine import describe

if TYPE_CHECKING:
    from tests.benchmarks.report import Report

# Each module has `measure(runs) -> Report`.
BENCHMARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "console": "tests.benchmarks.console",
        "start": "tests.benchmarks.start",
        "import": "tests.benchmarks.intake",
        "line": "tests.benchmarks.line",
        "log": "tests.benchmarks.log",
        "logon": "tests.benchmarks.logon",
        "seals": "tests.benchmarks.seals",
        "size": "tests.benchmarks.size",
        "store": "tests.benchmarks.store",
    }
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--runs", type=int, default=15, help="how often each thing is measured (default 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine, versions and every run to FILE")
    options = parser.parse_args()
    report: Report = import_module(BENCHMARKS[options.name]).measure(options.runs)
    machine = describe()
    sys.stdout.write("\n".join([*report.lines(), "", *(f"{name}: {value}" for name, value in machine.items())]) + "\n")
    if options.json is not None:
        written = {"benchmark": options.name, "machine": machine, **report.json()}
        options.json.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
