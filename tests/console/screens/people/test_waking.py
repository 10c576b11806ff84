"""The lock: what becomes of a key that is pressed on a machine that has just woken from a suspend.

In a suspend the boot-time clock goes on and the monotonic one stands still, and with it every timer and every waiting
of a thread: nothing has locked the screen before the key comes.
"""

from collections.abc import Callable

import pytest

from console.session import boot_time
from store.log import Event
from tests.console.driving import Driven, driving
from tests.running import World

EIGHT_HOURS = 8 * 3600.0


def sleep(console: Driven, seconds: float) -> None:
    """Let the machine have slept for so long: the boot-time clock jumps, nothing else has happened."""
    console.app._keeper._clock = lambda: boot_time() + seconds


def set_wall_clock(console: Driven, seconds: float) -> None:
    wall = console.app._keeper._wall
    console.app._keeper._wall = lambda: wall() + seconds


def read_messages(world: World) -> int:
    entries = world.run("ka-301", "log", "show", "--event", Event.MESSAGE_READ.value).json["entries"]
    return len(entries)


@pytest.mark.parametrize(("jump", "seconds"), [(sleep, 200.0), (set_wall_clock, EIGHT_HOURS)])
async def test_the_first_key_after_waking_opens_no_record(
    world: World, jump: Callable[[Driven, float], None], seconds: float
) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        jump(console, seconds)
        await console.press("enter")
        assert console.screen == "lock"
        await console.type(world.pin_files["op-101"].read_text().strip())
        await console.press("enter")
        await console.until(lambda: console.screen == "queue")
        assert console.app.session is not None
    # The one on which the cursor rested before the machine slept.
    assert read_messages(world) == 1


async def test_the_first_key_after_a_night_finds_the_session_ended(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        sleep(console, EIGHT_HOURS)
        await console.press("enter")
        await console.until(lambda: console.screen == "login")
        assert console.app.session is None
    # The one on which the cursor rested before the machine slept.
    assert read_messages(world) == 1
