from tests.console.driving import driving
from tests.running import World


def add_person(world: World) -> str:
    """Register an auditor through the jobs, as the officer would; return the PIN for the first log-on."""
    from console.jobs.people import logon, register
    from console.terminal import Terminal
    from store.endings import Ending
    from store.rights import Role

    with Terminal.open(world.home) as terminal:
        officer = logon.log_on(terminal, "ka-301", world.pin_files["ka-301"].read_text().strip(), origin="command")
        pin = register.add(terminal, officer, "au-402", [Role.AUDITOR])
        logon.log_off(terminal, officer, Ending.LOGGED_OFF)
    return pin


async def test_a_given_pin_has_to_be_changed_before_anything_else(world: World) -> None:
    given = add_person(world)
    async with driving(world.home) as console:
        await console.log_on("au-402", given)
        assert console.screen == "new-pin"
        await console.press("escape", "x", "l")
        assert console.screen == "new-pin"
        # The sheet of keys leads nowhere but back.
        await console.press("f1")
        assert console.screen == "keys"
        await console.press("escape")
        assert console.screen == "new-pin"
        await console.press("ctrl+u")
        await console.pilot.press(*"73920418", "tab", *"73920419", "enter")
        await console.settle()
        assert console.words("login.pins_differ") in console.text()
        await console.pilot.press(*"12345678", "enter", *"12345678", "enter")
        await console.settle()
        assert console.words.fault("pin_guessable").cause[:10] in console.text()
        await console.pilot.press(*"73920418", "enter", *"73920418", "enter")
        await console.until(lambda: console.screen == "login")
        await console.settle()
        assert console.words("login.pin_changed") in console.text()
        await console.log_on("au-402", "73920418")
        # An auditor sees the log and nobody's data: it is where the work begins, and nothing lies below it.
        assert console.screen == "log"
        await console.press("escape")
        assert console.screen == "log"
