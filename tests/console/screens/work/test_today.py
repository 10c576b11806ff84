"""Home: what waits for each role, and the way into the list. It shows `console.screens.work.ways` as well."""

import getpass
import os
import time
from pathlib import Path

import pytest

from console.screens.messages.queue import QueueScreen
from console.screens.work.today import TodayScreen
from console.words import Language
from store.errors import DiskLow
from store.message.worklists import WorkList
from tests.console.driving import driving
from tests.running import World


@pytest.mark.parametrize(("language", "size"), [("ja", (80, 24)), ("en", (120, 40))])
async def test_each_list_of_ones_own_opens_by_its_digit(
    world: World, language: Language, size: tuple[int, int]
) -> None:
    async with driving(world.home, language=language, size=size) as console:
        await console.log_on(opens="")
        home = console.app.screen
        assert isinstance(home, TodayScreen)
        lines = console.text().splitlines()
        (review,) = (line for line in lines if f"2.{console.words('queue.list.review')}" in line)
        assert "40" in review
        assert all(console.words(f"today.plot.{name}") in console.text() for name in ("sent", "refused", "waited"))
        assert not any(line.rstrip() != line.rstrip()[: size[0]] for line in lines)
        await console.press("down", "enter")
        queue = console.app.screen
        assert isinstance(queue, QueueScreen)
        assert queue.view.work is WorkList.OVERDUE
        await console.press("2", "escape")
        assert console.app.screen is home


async def test_who_has_nothing_to_do_is_told_so_and_whose_turn_it_is(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        assert console.words("today.nothing") in console.text()
        assert f"2.{console.words('queue.list.review')} 40" in console.text()
        await console.press("slash")
        assert console.screen == "queue"
        assert console.words("queue.note.search") in console.text()


async def test_files_that_wait_have_a_line_of_which_enter_is_the_way_in(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, age in (("oldest.csv", 3 * 3600), ("newest.csv", 60)):
        (tmp_path / name).touch()
        at = time.time() - age
        os.utime(tmp_path / name, (at, at))
    settings = world.home / "renkei.toml"
    table = f'\n[[handin]]\ndirectory = "{tmp_path}"\nowner = "{getpass.getuser()}"\npurpose = "住民記録"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + table, encoding="utf-8")
    async with driving(world.home) as console:
        await console.log_on("op-101", opens="")
        (line,) = (line for line in console.text().splitlines() if "i.取込" in line)
        assert line.split() == [">", "i.取込", "2", "3時間", "oldest.csv", "住民記録"]
        assert console.words("today.nothing") not in console.text()
        await console.press("enter")
        assert console.screen == "handins"
        await console.press("escape", "i")
        assert console.screen == "handins"
        # From the queue as well, and back to it.
        await console.press("escape", "0", "i")
        assert console.screen == "handins"
        await console.press("escape")
        assert console.screen == "queue"
        await console.press("escape")
        assert console.words("handins.title") in console.text()

        def halt(*_: object) -> None:
            raise DiskLow(free=1)

        # What keeps new work from beginning is told where it is begun.
        monkeypatch.setattr("console.jobs.handins.places.admit", halt)
        await console.press("full_stop")
        assert "i.取込" not in console.text()
        assert "DiskLow" not in console.text()
        await console.press("i")
        assert console.words.fault("disk_low", {"free": "1"}).cause[:12] in console.text()
    monkeypatch.undo()
    # Who may take nothing in is told of no file.
    async with driving(world.home) as console:
        await console.log_on("ap-201", opens="")
        assert "i.取込" not in console.text()
        await console.press("i")
        assert console.screen == "today"
