"""Everything about one person on the screen; the jobs' tests hold what belongs there."""

import pytest

from console.screens.residents.person import PersonScreen
from console.words import Language
from tests.console.driving import driving
from tests.console.screens.messages.test_pairs import queue, to_a_pair
from tests.running import World


@pytest.mark.parametrize(("language", "size"), [("ja", (80, 24)), ("en", (120, 40))])
async def test_a_key_leads_to_all_about_the_person_and_back(
    world: World, language: Language, size: tuple[int, int]
) -> None:
    async with driving(world.home, language=language, size=size) as console:
        await console.log_on()
        first, second = await to_a_pair(console)
        row, words = queue(console).rows.cursor_row, console.words
        assert row is not None
        await console.press("p")
        screen = console.app.screen
        assert isinstance(screen, PersonScreen)
        assert screen.shown is not None
        shown = console.text()
        assert words("about.subject", subject=screen.shown.subject) in shown
        # What waits in review was told to nobody yet, and says so with its number.
        assert row.reference in shown
        assert words("about.ours") in shown
        assert len(shown.splitlines()) == size[1]
        # The pair is one row here as well; Enter opens it, and Escape leads all the way back.
        assert second not in screen.rows._keys
        await console.press("enter")
        assert console.screen == "message"
        await console.press("escape", "escape")
        assert queue(console).rows.cursor_key == first
