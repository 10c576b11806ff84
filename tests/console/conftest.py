"""Fixtures that commands and screens share."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.running import World, serving, world_at


@pytest.fixture(scope="session")
def _noticed(_prepared: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A rehearsal world that has received the agency's notices, for nobody to work in."""
    home = tmp_path_factory.mktemp("noticed") / "world"
    shutil.copytree(_prepared["home"], home)
    world = world_at(json.loads(json.dumps(_prepared).replace(_prepared["home"], str(home))))
    with serving(world.agency_home):
        assert world.run("op-101", "receive").json["received"] == 10
    return world


@pytest.fixture
def noticed(_noticed: World, tmp_path: Path) -> World:
    """A world with received notices of this test's own."""
    home = tmp_path / "world"
    shutil.copytree(_noticed.home, home)
    moved = {item: home / file.relative_to(_noticed.home) for item, file in _noticed.pin_files.items()}
    return World(home, home / _noticed.agency_home.relative_to(_noticed.home), moved)
