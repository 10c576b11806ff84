"""What `check` asks of the peer is what an exchange asks first, and nothing of it stays anywhere."""

import pytest

from console.jobs import exchange
from console.jobs.exchange.clocks import LineClock
from store import queue
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry, notice
from transport.errors import AnswerTimeout, TransportError, WitnessBroken
from transport.evidence.envelope import Purpose
from transport.line.client import Line

pytestmark = ON_SQLITE


def test_all_is_well_and_nothing_changes_on_either_side(served: Site) -> None:
    served.approve([entry(1)])
    served.feed(notice(1), Purpose.NOTICE, "a" * 32)
    exchange.receive(served.terminal, served.session(OPERATOR))
    served.feed(notice(2), Purpose.NOTICE, "b" * 32)
    before, newest = served.contents(), served.newest()
    trial = exchange.try_line(served.terminal)
    assert trial.parts == dict.fromkeys(["peer", "clock", "witness", "feed"])
    assert trial.peer_name == "agency-test"
    assert not LineClock(trial.offset or 0.0).warned
    assert (served.contents(), served.newest()) == (before, newest)
    assert served.received().messages == 0
    with served.terminal.database.reading() as reading:
        assert queue.cursor(reading, queue.Feed(served.terminal.name, "agency-test")) == 1


def test_a_statement_that_proves_nothing_halts_nothing_and_is_recorded_nowhere(
    served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Line, "show_checkpoint", lambda *_: b"no statement")
    newest = served.newest()
    trial = exchange.try_line(served.terminal)
    assert isinstance(trial.parts["witness"], WitnessBroken)
    assert (trial.parts["feed"], served.terminal.halted, served.newest()) == (None, None, newest)


def test_what_cannot_be_asked_any_more_is_left_out(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_silent(line: Line, *_: object) -> bytes:
        line.close()
        raise AnswerTimeout(seconds=30)

    monkeypatch.setattr(Line, "show_checkpoint", fall_silent)
    served.feed(notice(1), Purpose.NOTICE, "a" * 32)
    trial = exchange.try_line(served.terminal)
    assert {part: error and error.code for part, error in trial.parts.items()} == {
        "peer": None,
        "clock": None,
        "witness": "answer_timeout",
    }
    with pytest.raises(TransportError):
        exchange.send(served.terminal, served.session(CHIEF))


def test_what_nobody_foresaw_is_not_taken_for_a_finding(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(Line, "show_checkpoint", fail)
    with pytest.raises(ZeroDivisionError):
        exchange.try_line(served.terminal)
