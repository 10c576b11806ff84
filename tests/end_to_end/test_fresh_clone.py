"""A newcomer on a fresh machine: the README's command for the main job, in a fresh clone with a fresh environment.

The other one, which passes the tests, is what `.ci/run` begins with, in such a clone as well.
"""

import os
import subprocess
from pathlib import Path

import pytest

from console.words import Words
from tests.end_to_end.screen import Screen, needs_tmux
from tests.readme import promised_command
from tests.running import environment

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
_SETUP_SECONDS = 600


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed here."""
    place = tmp_path_factory.mktemp("fresh") / "renkei"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True, capture_output=True)
    return place


def surroundings() -> dict[str, str]:
    """Return an environment without this one's, but with the package installer's own settings."""
    installer = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "UV_"))}
    # What pip would compile beforehand is compiled when it is used as well, and most never is. pip wants a "no" here.
    return environment(**{**installer, "PIP_NO_COMPILE": "no"})


@needs_tmux
def test_the_command_that_runs_the_main_job(clone: Path, tmp_path: Path) -> None:
    words = Words("ja")
    command = ["env", "-C", str(clone), "bash", "-c", promised_command("run")]
    with Screen(tmp_path, command, environment=surroundings()) as screen:
        screen.wait_for(words("login.person_id"), words("login.pin"), "ka-301", seconds=_SETUP_SECONDS)
        screen.press("F10")
        assert screen.wait_for_end() == 0
