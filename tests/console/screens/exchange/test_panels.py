"""The panels of the exchange: the pre-flight line by line, and the steps with honest numbers.

It shows `console.screens.exchange.preflight`, `console.screens.exchange.progress` and
`console.screens.exchange.results`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from console.jobs.exchange import ItemResult, LineState, Preflight
from console.jobs.exchange.preflight import LogStanding, PeerInForce, Waiting
from console.jobs.progress import Progress
from console.screens.exchange.preflight import PreflightPanel
from console.screens.exchange.progress import StepsPanel
from console.screens.exchange.results import Arriving, ResultList, ResultPanel, ResultSummary, why
from console.words import LANGUAGES, Language, Words
from store import clock
from store.message.codes import Kind
from tests.console.widgets.bench import bench

NOW = datetime(2026, 11, 30, 0, 24, 3, tzinfo=UTC)
KNOWN = Preflight(
    peer=PeerInForce("出入国在留管理庁長官", "v2", datetime(2019, 3, 31, 15, tzinfo=UTC), NOW + timedelta(days=500)),
    own_certificate_until=NOW + timedelta(days=41, hours=1),
    log=LogStanding(4312, NOW, sound=True, exported_at=NOW - timedelta(days=3)),
    ready={Kind.RESIDENT_RECORD: 7, Kind.RESIDENCE_REPORT: 4, Kind.CERTIFICATE_DELIVERY: 1},
    to_ask=2,
    waiting=Waiting(day=2, first_day=date(2026, 12, 5), earlier=1),
)
UP = LineState(up=True, peer_name="出入国在留管理庁長官", checked_at=NOW, clock_offset=0.2, answer_seconds=0.038)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_pre_flight_tells_what_is_known_and_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    answered: list[LineState] = []
    panel = PreflightPanel(lambda: KNOWN, lambda: answered[0] if answered else None)
    async with bench(tmp_path, panel, size=(80, 16)) as (pilot, screen):
        panel.console_app.words.language = language
        panel.ask()
        await pilot.pause()
        words, text = panel.words, "\n".join(screen.lines())
        # The line is asked beside it: what this terminal knows does not wait for the answer.
        assert words("exchange.asking", seconds=0) in text
        assert words("exchange.not_asked") in text
        assert words("exchange.count", count=12) in text
        assert f"{words('kinds.short.residence_report')} 4" in text
        assert words("exchange.to_ask", count=2) in text
        first = words("common.day", month=12, day=5)
        assert words("exchange.wait.day", count=2, day=first) in text
        assert words("exchange.wait.earlier", count=1) in text
        assert words("exchange.to_receive_unknown") in text
        assert ("残41日" if language == "ja" else "41 days left") in text
        assert ("平成31年4月1日" if language == "ja" else "2019-04-01") in text
        assert not any(len(line) > 80 for line in screen.lines())
        answered.append(UP)
        panel.refresh()
        await pilot.pause()
        text = "\n".join(screen.lines())
        assert words("exchange.answer", count=38) in text
        assert words("exchange.offset", seconds="0.2") in text
        # A line that is down says why, and what to do.
        answered[0] = replace(UP, up=False, code="line_unreachable", clock_offset=None)
        panel.refresh()
        await pilot.pause()
        shown = "".join("".join(screen.lines()).split())
        # Of the clocks nothing will come to be known.
        assert "".join(words("exchange.no_clock").split()) in shown
        assert "".join(words.fault("line_unreachable").cause.split())[:12] in shown


async def test_the_steps_count_what_is_known_and_no_share_of_what_is_not(tmp_path: Path) -> None:
    panel = StepsPanel()
    async with bench(tmp_path, panel, size=(80, 8)) as (pilot, screen):
        words = panel.words
        panel.begin("send")
        await pilot.pause()
        connecting, *_ = [line for line in screen.lines() if line]
        assert words("exchange.phases.connect") in connecting
        assert words("exchange.step.under_way") in connecting
        assert words("common.seconds", count=0) in connecting
        panel.report(Progress("ask", 0, 0, 0.0, None))
        panel.report(Progress("send", 9, 12, 6.0, 1.0))
        panel.refresh()
        await pilot.pause()
        lines = [line.split() for line in screen.lines() if line]
        done, under_way, to_come = (words(f"exchange.step.{state}") for state in ("done", "under_way", "to_come"))
        assert [line[1] for line in lines] == [done, done, under_way, to_come]
        assert lines[2][2:] == ["9", "/", "12"]
        # How many the peer has is not known before the end.
        assert "".join(lines[3][2:]) == "".join(words("exchange.unknown_count").split())
        panel.report(Progress("receive", 100, 0, 50.0, None))
        panel.refresh()
        await pilot.pause()
        last = [line for line in screen.lines() if line][-1]
        assert words("exchange.count", count=100) in last
        assert "/" not in last
        assert "%" not in "".join(screen.lines())
        # The line is opened once more for receiving: until it is open, nothing is under way but that.
        panel.report(Progress("connect", 0, 0, 0.0, None))
        panel.refresh()
        await pilot.pause()
        lines = [line.split() for line in screen.lines() if line]
        assert [line[1] for line in lines] == [under_way, done, done, done]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_item_tells_its_cause_as_far_as_it_names_nobody(language: Language) -> None:
    words = Words(language)
    assert why(ItemResult(1, "R-1", "accepted"), words) is None
    open_one = why(ItemResult(1, "R-1", "unknown"), words)
    assert open_one is not None
    assert open_one.remedy == words("exchange.why.unknown.remedy")
    rejected = why(ItemResult(None, None, "rejected", "item_unreadable"), words)
    assert rejected == words.fault("item_unreadable")
    # What the peer says about the content may name people: only the message's own page shows that.
    refused = why(ItemResult(1, "R-1", "refused", "number_not_current"), words)
    assert refused == words.pair("exchange.result_refused", code=words("exchange.refused_as.number_not_current"))
    # A peer of a later version may have codes for which this terminal has no word.
    of_tomorrow = why(ItemResult(1, "R-1", "refused", "a_code_of_tomorrow"), words)
    assert of_tomorrow == words.pair("exchange.result_refused", code="a_code_of_tomorrow")


ITEMS = (
    ItemResult(None, "R-000001", "refused", "number_not_current"),
    ItemResult(None, None, "rejected", "item_unreadable", "8be1-0001"),
    ItemResult(None, "R-000003", "unknown"),
    ItemResult(None, "N-000004", "received"),
    ItemResult(None, "R-000005", "accepted"),
)


async def test_the_list_goes_from_error_to_error_and_its_head_counts_them(tmp_path: Path) -> None:
    results = ResultList(id="results")
    async with bench(tmp_path, results, size=(80, 12)) as (pilot, screen):
        results.show(ITEMS)
        await screen.until(lambda: results.cursor_row is not None)
        await pilot.pause()
        words, lines = results.words, screen.lines()
        # Whoever is not logged on, or may not read, sees numbers and no names.
        assert "R-000001" in lines[1]
        assert words("exchange.outcomes.refused") in lines[1]
        assert results.position == 1
        assert [results.error_along(step) for step in (1, -1)] == [1, None]
        results.go_to(2)
        # Beyond the last error there is none, and back they come in their order.
        assert [results.error_along(step) for step in (1, -1)] == [None, 1]
        summary = ResultSummary(results)
        await screen.mount(summary)
        await pilot.pause()
        head = summary.draw_line(0).strip(80).text
        places = [head.index(f"{words(f'exchange.outcomes.{name}')} 1") for name in ("refused", "rejected", "accepted")]
        assert places == sorted(places)


async def test_while_an_exchange_goes_on_errors_stay_on_top_and_the_newest_comes_next(tmp_path: Path) -> None:
    results, arriving = ResultList(id="results"), Arriving()
    sent: list[ItemResult] = []
    received: list[ItemResult] = []
    async with bench(tmp_path, results, size=(80, 12)) as (pilot, screen):
        results.begin()
        await pilot.pause()
        # Nothing has come yet, which is not the same as nothing at all.
        assert results.words("exchange.nothing") not in "\n".join(screen.lines())

        async def shown(part: list[ItemResult], *items: ItemResult) -> list[str]:
            part.extend(items)
            arriving.report(Progress("send", len(part), 0, 0.0, None, part))
            results.follow(arriving.items)
            screen.lines()
            await screen.until(lambda: not results.console_app.background.busy)
            await pilot.pause()
            return [line[2:].split()[1] for line in screen.lines()[1:] if line.strip()]

        first = (ItemResult(1, "R-1", "delivered"), ItemResult(2, "R-2", "refused"), ItemResult(3, "R-3", "delivered"))
        assert await shown(sent, *first) == ["R-2", "R-3", "R-1"]
        assert await shown(sent, ItemResult(4, "R-4", "unknown")) == ["R-4", "R-2", "R-3", "R-1"]
        # A result of what was delivered takes its place, and a notice is the newest.
        after = await shown(received, ItemResult(1, "R-1", "accepted"), ItemResult(5, "N-5", "received"))
        assert after == ["R-4", "R-2", "N-5", "R-1", "R-3"]
        assert results.position == 1


async def test_the_item_under_the_cursor_tells_cause_remedy_and_incident(tmp_path: Path) -> None:
    results = ResultList(id="results")
    async with bench(tmp_path, results, size=(80, 12)) as (pilot, screen):
        panel = ResultPanel(results)
        await screen.mount(panel)
        results.show(ITEMS)
        await screen.until(lambda: results.cursor_row is not None)
        results.go_to(1)
        await pilot.pause()
        words = results.words
        shown = "".join("".join(panel.draw_line(y).strip(80).text for y in range(4)).split())
        assert "".join(words.fault("item_unreadable").cause.split())[:20] in shown
        assert "8be1-0001" in shown
        # What went well has nothing to say but what it is.
        results.go_to(4)
        await pilot.pause()
        assert panel.draw_line(0).strip(80).text.split() == [words("exchange.outcomes.accepted"), "R-000005"]
        assert not panel.draw_line(1).strip(80).text.strip()
        # A list of nothing says so, and the panel is empty.
        results.show(())
        await pilot.pause()
        assert not panel.draw_line(0).strip(80).text.strip()
        assert words("exchange.nothing") in "\n".join(screen.lines())
