"""The application gives its screens and widgets everything that they may ask of it."""

from pathlib import Path

import pytest

from console.app import RenkeiApp
from console.host import Host
from console.screens.ways import Ways
from tests.console.widgets.bench import SETTINGS

ATTRIBUTES = frozenset(Host.__annotations__)
METHODS = frozenset(name for name in vars(Host) if not name.startswith("_")) - ATTRIBUTES


@pytest.fixture
def app(tmp_path: Path) -> RenkeiApp:
    return RenkeiApp(tmp_path, SETTINGS)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_the_application_does_what_its_screens_ask(name: str) -> None:
    # Not what Textual does under the same name: our own, or that of the ways which every screen has.
    assert name in {*vars(RenkeiApp), *vars(Ways)}


def test_the_application_has_what_its_screens_read(app: RenkeiApp) -> None:
    assert set(dir(app)) >= ATTRIBUTES
    # Nobody is logged on and the peer was not asked yet: both are known without a terminal.
    assert (app.session, app.line_state) == (None, None)
    assert not app.may("read")
