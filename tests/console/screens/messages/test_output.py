"""Writing the message on the page to a file."""

import json
from pathlib import Path

import pytest

from console.jobs.residents import protection
from console.words import Language
from tests.console.driving import JAPANESE_FIRST, driving
from tests.console.screens.messages.test_correction import ALONE, open_message
from tests.running import World


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_a_message_is_written_to_a_file_and_a_hidden_address_only_once_it_is_shown(
    world: World, tmp_path: Path, language: Language
) -> None:
    async with driving(world.home, language=language, size=(120, 40)) as console:
        message = await open_message(console, ALONE)
        words = console.words
        assert words("keys.export_message") in console.foot
        await console.press("o", "enter")
        assert words("common.output_missing") in console.text()
        await console.press(*str(tmp_path), "enter")
        file = tmp_path / f"{ALONE}.jsonl"
        assert message.notice.shown == words("message.written", file=file)
        record = json.loads(file.read_text())
        assert (record["reference"], record["person"]["address"] != protection.HIDDEN) == (ALONE, True)
        # Once more: nothing is overwritten.
        await console.press("o", *str(file), "enter")
        assert words.fault("file_exists", {"file": file.name}).cause in message.notice.shown
        await console.press("h", "enter")
        await console.press("o")
        assert words("message.address_first") in message.notice.shown
        await console.press("v")
        await console.press("o", *str(tmp_path / "shown.jsonl"), "enter")
        assert json.loads((tmp_path / "shown.jsonl").read_text())["person"]["address"] == record["person"]["address"]
