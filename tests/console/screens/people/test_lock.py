"""The lock covers the work until the same person gives the PIN; a wrong one is refused and kept nowhere."""

from console.screens.people.lock import LockScreen
from console.widgets.field import PinField
from tests.console.driving import Driven, driving
from tests.running import World


async def _lock(console: Driven) -> PinField:
    """Lock the screen as the idle clock does, and return the field for the PIN."""
    console.app._lock()
    await console.settle()
    return console.app.screen.query_one("#lock-pin", PinField)


async def test_nothing_of_the_work_is_seen_and_no_other_key_works(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        assert "R26-" in console.text()
        await _lock(console)
        assert console.words("login.locked", person="op-101") in console.text()
        assert "R26-" not in console.text()
        # No help above the lock, no way back, and Enter without a PIN asks nobody.
        await console.press("f1", "escape", "enter")
        assert console.screen == "lock"
        await console.type(world.pin_files["op-101"].read_text().strip())
        await console.press("enter")
        assert console.screen == "queue"
        assert "R26-" in console.text()


async def test_a_wrong_pin_is_refused_and_another_person_cannot_unlock(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        field = await _lock(console)
        for pin in ("00000000", world.pin_files["ka-301"].read_text().strip()):
            await console.type(pin)
            assert pin not in console.text()
            await console.press("enter")
            assert console.screen == "lock"
            assert (field.value, field.locked) == ("", False)
            assert isinstance(console.app.screen, LockScreen)
            assert console.app.screen.notice.shown
        await console.press("f10")
        assert console.screen == "login"


async def test_limits_that_nobody_confirmed_do_not_hold_and_the_officer_is_told(world: World) -> None:
    settings = world.home / "renkei.toml"
    text = settings.read_text(encoding="utf-8")
    later = text.replace("lock_seconds = 180", "lock_seconds = 3600").replace(
        "logoff_seconds = 300", "logoff_seconds = 7200"
    )
    assert later != text
    settings.write_text(later, encoding="utf-8")
    async with driving(world.home) as console:
        assert console.app.settings.session.logoff_seconds == 7200
        await console.log_on("op-101")
        left = console.app._keeper.time_left()
        assert left.to_lock <= 180
        assert 180 < left.to_logoff <= 300
        assert "session.lock_seconds" not in console.text()
        await console.press("f10")
        await console.log_on("ka-301", opens="")
        assert "session.lock_seconds" in console.text()


async def test_a_key_locks_everywhere_and_the_pin_leads_back(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("op-101")
        pin = world.pin_files["op-101"].read_text().strip()
        # On a screen by its letter; where letters are text, and in a question, by its function key.
        for way, back in (
            (["z"], []),
            (["f1", "Z"], ["escape"]),
            (["slash", "z", "f8"], ["escape"]),
            (["f", "f8"], ["escape"]),
        ):
            await console.press(*way)
            assert console.screen == "lock", way
            assert console.app.time_left.to_lock == 0
            await console.type(pin)
            await console.press("enter")
            await console.until(lambda: console.screen != "lock")
            await console.press(*back)
            assert console.screen == "queue"


async def test_a_screen_that_closes_below_the_lock_leaves_the_lock(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on()
        await console.press("f1")
        below = console.app.screen
        console.app._lock()
        await console.settle()
        # As the end of a job does, of which the person saw nothing.
        below.dismiss()
        await console.settle()
        assert [screen.name for screen in console.app.screen_stack] == ["login", "today", "queue", "lock"]
