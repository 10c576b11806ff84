"""Two persons' parts open the terminal. It shows `console.screens.two_secrets` as well, in which they are typed."""

from pathlib import Path

from console.jobs.terminal import setup
from console.settings import KeysSettings, MunicipalitySettings, Settings, TerminalSettings
from store.sealing.sources import PassphraseParts
from tests.console.driving import driving

FIRST, SECOND = "correct horse battery", "staple zebra quartz"


def terminal_with_a_passphrase(home: Path) -> Path:
    settings = Settings(
        municipality=MunicipalitySettings(
            code="131041", name="新宿区", name_en="Shinjuku City", section="戸籍", section_en="Residents"
        ),
        terminal=TerminalSettings(id="131041-01"),
        keys=KeysSettings(source="passphrase"),
    )
    setup.init(home, settings, parts=PassphraseParts(FIRST, SECOND))
    return home


async def test_two_persons_open_the_terminal_before_anybody_logs_on(tmp_path: Path) -> None:
    home = terminal_with_a_passphrase(tmp_path / "terminal")
    code = (home / setup.ONE_TIME_CODE_FILE).read_text().strip()
    async with driving(home) as console:
        assert console.screen == "parts"
        await console.press("f1")
        assert console.words("help.parts.title") in console.text()
        await console.press("escape")
        await console.type(FIRST)
        assert FIRST[:4] not in console.text()
        assert "*" * len(FIRST) in console.text()
        await console.pilot.press("enter", *"something else", "enter")
        await console.settle()
        assert console.screen == "parts"
        shown = console.text().replace("\n", "")
        assert console.words.fault("key_parts_refused").cause[:20] in shown
        assert "*" not in shown
        # In one burst, as a slow line delivers it, and in the other order.
        await console.pilot.press(*SECOND, "tab", *FIRST, "enter")
        await console.until(lambda: console.screen == "login")
        await console.log_on("officer-1", code)
        assert console.screen == "new-pin"


async def test_both_parts_are_wanted_and_one_can_give_up(tmp_path: Path) -> None:
    home = terminal_with_a_passphrase(tmp_path / "terminal")
    async with driving(home, language="en") as console:
        await console.pilot.press(*FIRST, "enter", "enter")
        await console.settle()
        assert console.words("login.both_parts_wanted") in console.text()
        await console.press("f10")
        assert console.app.return_code == 0
