"""The state of the terminal."""

from typing import Final

from tests.console.here import served_here
from tests.grids.drawing import Easel


async def health(easel: Easel) -> None:
    async with easel.logged_on("cu-501") as console:
        await easel.draw(console, "health", "The state of the terminal, with which a custodian begins.")
        await console.press("question_mark")
        await easel.draw(console, "keys_health", "The key sheet of that.")
        await console.press("f1")
        await easel.draw(console, "help_health", "The help of that.")
    with served_here(easel.world):
        async with easel.logged_on("cu-501") as console:
            await easel.draw(console, "health_line_up", "The same when the peer answers.")


WALKS: Final = (health,)
