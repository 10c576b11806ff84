"""The lines that frame the work: whose terminal it is, what is counted, what is said, and which keys there are."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from console import keys
from console.jobs.exchange import LineState
from console.keys import Key
from console.session import Session
from console.widgets.frame import CountsLine, FootLine, HeadLine, NoticeLine
from console.widgets.text import CUT
from console.words import Words
from store import clock
from store.message.worklists import WorkList
from store.rights import Role
from tests.console.widgets.bench import Bench, bench

NAMES = tuple(WorkList)


class Counted(Bench):
    """A screen that has counts, and offers some keys."""

    counts: object = None

    def offers(self, key: Key) -> bool:
        return key.word != "export_log"


async def test_the_head_names_the_place_and_the_section_gives_way(tmp_path: Path) -> None:
    async with bench(tmp_path, HeadLine()) as (pilot, screen):
        nobody = Words("ja")("head.nobody")
        (line,) = (line for line in screen.lines() if line)
        assert line.strip().startswith("新宿区 戸籍住民課")
        assert line.endswith(nobody)
        await screen.resize(pilot, 24, 24)
        (line,) = (line for line in screen.lines() if line)
        assert "新宿区" in line
        assert "戸籍住民課" not in line
        assert line.endswith(nobody)


async def test_the_head_of_a_drill_copy_says_so_in_the_peers_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Session("ab" * 16, "op-101", frozenset({Role.OPERATOR}), frozenset(), clock.now(), pin_given=False)
    async with bench(tmp_path, HeadLine()) as (pilot, screen):
        app = screen.console_app
        monkeypatch.setattr(type(app), "session", person)
        app.line_state = LineState(up=False, peer_name="agency", checked_at=clock.now(), code="drill_copy")
        screen.query_one(HeadLine).refresh()
        await pilot.pause()
        (line,) = (line for line in screen.lines() if line)
        assert Words("ja")("head.drill_copy") in line
        assert "agency" not in line


async def test_the_counts_name_their_digits_and_what_does_not_fit_falls_off(tmp_path: Path) -> None:
    async with bench(tmp_path, CountsLine(), screen=Counted) as (pilot, screen):
        assert not any(screen.lines()), "nothing before they are known"
        assert isinstance(screen, Counted)
        line = screen.query_one(CountsLine)

        async def shown(**numbers: int) -> str:
            screen.counts = SimpleNamespace(**dict.fromkeys(NAMES, 0) | numbers)
            line.refresh()
            await pilot.pause()
            return screen.lines()[0].strip()

        few = await shown(review=3, overdue=1, held=2)
        assert few.split() == ["2.審査待ち", "3", "3.期限超過", "1", "保留", "2"]
        many = await shown(**dict.fromkeys(NAMES, 3))
        assert many.split()[:4] == ["1差戻し", "3", "2審査", "3"], "short words where the line is full"
        full = await shown(**dict.fromkeys(NAMES, 33))
        assert full.split()[-2:] == ["8二人目", "33"], "what only waits falls off first"
        # However long the numbers are, each that is shown is shown whole.
        assert (await shown(**dict.fromkeys(NAMES, 1_234_567))).split()[-1] == "1234567"
        assert await shown() == line.words("head.counts.nothing")


def _text(text: str, _words: Words) -> str:
    return text


async def test_a_notice_takes_the_lines_it_needs_and_at_most_six(tmp_path: Path) -> None:
    async with bench(tmp_path, NoticeLine(), size=(40, 10)) as (pilot, screen):
        notice = screen.query_one(NoticeLine)
        heights = []
        for text in ("short", "漢" * 40, "漢" * 400):
            notice.say("trouble", partial(_text, text))
            await pilot.pause()
            heights.append(notice.size.height)
            # The mark says in a word what the colour says.
            assert screen.lines()[0].strip().startswith(notice.words("common.trouble"))
            assert notice.shown == text
        assert heights == [1, 3, 6]
        # What has no room even there is not left out unseen.
        assert screen.lines()[5].endswith(CUT)
        notice.clear()
        await pilot.pause()
        assert (notice.size.height, notice.shown) == (1, "")
        assert not any(screen.lines())


async def test_a_notice_is_asked_again_in_the_other_language(tmp_path: Path) -> None:
    async with bench(tmp_path, NoticeLine()) as (_pilot, screen):
        notice = screen.query_one(NoticeLine)
        notice.say("note", lambda words: words.language)
        languages = [notice.shown]
        screen.console_app.action_language()
        languages.append(notice.shown)
        assert languages == ["ja", "en"]


async def test_the_foot_shows_what_can_be_done_now_and_what_fits(tmp_path: Path) -> None:
    async with bench(tmp_path, FootLine(keys.LOG), screen=Counted, size=(160, 4)) as (pilot, screen):
        words = Words("ja")
        line = screen.lines()[0]
        assert words("keys.verify") in line
        assert words("keys.export_log") not in line, "the screen does not offer it"
        # Nobody is logged on: the same key ends the console.
        assert line.endswith(words("keys.leave"))
        await screen.resize(pilot, 50, 4)
        short = screen.lines()[0]
        assert short.endswith(words("keys.leave"))
        assert len(short) < len(line)
