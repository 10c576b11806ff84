"""What a step refused of many messages: each reason once, with all the messages that it is about."""

from pathlib import Path

from console.jobs.messages.review import RefusedStep
from console.jobs.work.outline import Named
from console.screens.messages.refusals import RefusalSheet
from console.widgets.frame import NoticeLine
from console.widgets.page import TextPage
from tests.console.widgets.bench import bench


async def test_each_reason_stands_once_above_its_messages(tmp_path: Path) -> None:
    refused = [
        RefusedStep(1, "message_changed", {"reference": "R-1"}),
        RefusedStep(2, "second_person_needed", {"reference": "R-2"}),
        RefusedStep(3, "message_changed", {"reference": "R-3"}),
    ]
    sheet = RefusalSheet(refused, {1: Named("R-1", "AN"), 2: Named("R-2", ""), 3: Named("R-3", "BO")})
    async with bench(tmp_path, NoticeLine()) as (pilot, screen):
        screen.app.push_screen(sheet)
        await pilot.pause()
        text = sheet.query_one(TextPage).text
        lines = [line.strip() for line in text.splitlines()]
        assert [line for line in lines if line in {"R-1  AN", "R-2", "R-3  BO"}] == ["R-1  AN", "R-3  BO", "R-2"]
        assert text.count(sheet.words.fault("message_changed", {"reference": "R-1"}).cause[:12]) == 1
        await pilot.press("escape")
        assert screen.app.screen is screen
