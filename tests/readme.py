"""The commands that the README promises, read out of the README itself.

`python tests/readme.py run` (or `test`, `fill`, `install`) prints one, for a shell to run.
"""

import re
import sys
from pathlib import Path
from typing import Final

README: Final = Path(__file__).parent.parent / "README.md"
_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LAST_WORDS: Final = {
    "run": "renkei demo",
    "test": "pytest -n auto",
    "fill": "cp requirements.lock wheels",
    "install": "wheels/renkei_console-*.whl",
}


def promised_command(name: str) -> str:
    """Return the one-line command that runs the main job ("run") or passes the tests ("test").

    Without a network it takes two: "fill" makes the wheelhouse where there is one, "install" installs from it.
    """
    blocks: list[str] = [block.strip() for block in _BLOCK.findall(README.read_text(encoding="utf-8"))]
    found = [block for block in blocks if block.endswith(_LAST_WORDS[name]) and "venv" in block]
    if len(found) != 1 or "\n" in found[0]:
        raise LookupError(f"the README has to hold one one-line command that ends in {_LAST_WORDS[name]!r}")
    return found[0]


if __name__ == "__main__":
    sys.stdout.write(promised_command(sys.argv[1]) + "\n")
