"""`python -m tests.field`: takes every small field input in through the real program, and prints a verdict for each.

Ends with status 1 when the program says anything else of a file than `tests.field` expects.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.field import DATA, LAYOUT, VERDICTS, Verdict, layout_of

_RENKEI = Path(sys.executable).with_name("renkei")


class Program:
    """The real program on a rehearsal world, one process a command."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._call("demo", "--prepare")

    def run(self, person: str, *arguments: str | Path) -> dict[str, Any]:
        """Run a command as a person, and return its JSON."""
        return self._call(*arguments, "--as", person, "--pin-file", self.pin_file(person))

    def pin_file(self, person: str) -> Path:
        """Return the file with the PIN of an invented person."""
        return self._home / "rehearsal" / f"{person}.pin"

    def confirm_layout(self) -> None:
        """Bring the layout of the field inputs into force, by two persons."""
        layouts = self._home / "layouts"
        layouts.mkdir(mode=0o700)
        (layouts / LAYOUT.name).write_bytes(LAYOUT.read_bytes())
        self.run("ka-301", "settings", "confirm", "--second", "cu-501", "--second-pin-file", self.pin_file("cu-501"))

    def _call(self, *arguments: str | Path) -> dict[str, Any]:
        command = [_RENKEI, "--json", "--home", self._home, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # Our own program.
        data: dict[str, Any] = json.loads(done.stdout)
        return data


def judge(data: dict[str, Any]) -> Verdict:
    """Return what the JSON of an import says of a file."""
    if "error" in data:
        return Verdict(error=data["error"]["code"])
    rules = frozenset(fault["rule"] for fault in [*data["errors"], *data["warnings"]])
    return Verdict(data["accepted"], data["refused"], rules)


def main() -> int:
    """Take all in, and print a line for each."""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="renkei-field-") as name:
        program = Program(Path(name) / "world")
        program.confirm_layout()
        for file, expected in VERDICTS.items():
            layout = layout_of(file)
            chosen = () if layout is None else ("--layout", layout)
            found = judge(program.run("op-101", "import", *chosen, DATA / file))
            wrong += found != expected
            what = found.error or f"{found.good} in, {found.refused} refused; {', '.join(sorted(found.rules)) or '-'}"
            sys.stdout.write(f"{'as expected' if found == expected else 'WRONG':12} {file}: {what}\n")
    sys.stdout.write(f"{len(VERDICTS)} files, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
