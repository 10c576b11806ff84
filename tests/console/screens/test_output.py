"""Asking where something is to be written: given up, nothing is, and a place that cannot be used says why."""

from pathlib import Path

from tests.console.driving import driving
from tests.console.screens.messages.test_correction import ALONE, open_message
from tests.running import World


def written(place: Path) -> list[Path]:
    return list(place.rglob("a.*"))


async def test_what_is_given_up_or_cannot_be_written_leaves_no_file(world: World, tmp_path: Path) -> None:
    async with driving(world.home) as console:
        message = await open_message(console, ALONE)
        await console.press("o", *str(tmp_path / "a.jsonl"), "escape")
        assert console.app.screen is message
        nowhere = tmp_path / "nowhere" / "a.jsonl"
        await console.press("o", *str(nowhere), "enter")
        assert message.notice.shown.startswith(console.words.fault("file_unwritable", {"file": nowhere.name}).cause[:8])
        await console.press("o", *str(tmp_path / "a.txt"), "enter")
        assert console.words.fault("file_suffix_unknown", {"file": "a.txt"}).cause[:8] in message.notice.shown
    assert written(tmp_path) == []
