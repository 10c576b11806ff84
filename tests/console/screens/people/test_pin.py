from tests.console.driving import driving
from tests.running import World


def add_person(world: World) -> str:
    """Register an auditor as an officer and a custodian do; return the PIN for the first log-on."""
    code = world.home.with_name("au-402.code")
    more = ("--name", "中村 静香", "--staff-number", "20402", "--role", "auditor", "--code-file", code)
    second = ("--second", "cu-501", "--second-pin-file", world.pin_files["cu-501"])
    world.run("ka-301", "operator", "add", "au-402", *more, *second)
    return code.read_text().strip()


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
