"""An exchange of two parts is told as one: later results win, errors come first, and a stop is no trouble."""

import pytest

from console.jobs.exchange import Interruption, ItemResult, ReceiveOutcome, SendOutcome
from console.screens.exchange.outcome import ERRORS, Exchanged, describe, errors_first
from console.words import LANGUAGES, Language, Words


def test_what_was_sent_and_decided_at_once_counts_once() -> None:
    sent = SendOutcome(delivered=2, items=[ItemResult(1, "R-1", "delivered"), ItemResult(2, "R-2", "delivered")])
    rejected = ItemResult(None, None, "rejected", "item_unreadable")
    decided = ReceiveOutcome(results=1, rejected=1, items=[ItemResult(2, "R-2", "refused", "unfit"), rejected])
    exchanged = Exchanged(sent, decided)
    assert [(item.id, item.outcome) for item in exchanged.items] == [
        (1, "delivered"),
        (2, "refused"),
        (None, "rejected"),
    ]
    assert [item.outcome for item in errors_first(exchanged.items)] == ["refused", "rejected", "delivered"]
    assert exchanged.alarming


def test_errors_stand_before_what_is_open_and_that_before_what_went_well() -> None:
    outcomes = ["accepted", "received", "approved", "unknown", "held", "refused", "some later outcome", "lost"]
    items = [ItemResult(number, None, outcome) for number, outcome in enumerate(outcomes)]
    ordered = [item.outcome for item in errors_first(items)]
    wanting = [outcome in ERRORS for outcome in ordered]
    assert wanting == sorted(wanting, reverse=True)
    assert ordered[0] == "refused"
    # What a later version may call something is shown as well.
    assert ordered[-1] == "some later outcome"
    # Of one outcome, the order of the exchange stays.
    assert [item.id for item in errors_first([ItemResult(2, None, "lost"), ItemResult(1, None, "lost")])] == [2, 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_has_a_line_and_what_ended_it_early_the_last(language: Language) -> None:
    words = Words(language)
    sent, received = SendOutcome(delivered=3, waiting=1), ReceiveOutcome(received=2)
    lines = describe(words, Exchanged(sent, received), stopped=False).split("\n")
    assert lines == [
        words("exchange.sent", delivered=3, unknown=0, refused=0, waiting=1),
        words("exchange.received", received=2, results=0, rejected=0),
    ]
    assert not Exchanged(sent, received).alarming
    cut = SendOutcome(unknown=1, interruption=Interruption("answer_timeout", {"seconds": "30"}, "8be1"))
    text = describe(words, Exchanged(cut), stopped=False)
    assert words.fault("answer_timeout", {"seconds": "30"}).remedy in text
    assert words("common.recorded", number="8be1") in text
    assert Exchanged(cut).alarming
    # Whoever stopped it needs no remedy for that.
    stopped = describe(words, Exchanged(cut), stopped=True)
    assert stopped.startswith(words("exchange.stopped"))
    assert words.fault("answer_timeout", {"seconds": "30"}).remedy not in stopped


@pytest.mark.parametrize("language", LANGUAGES)
def test_alarms_stand_before_the_counts(language: Language) -> None:
    words = Words(language)
    text = describe(words, Exchanged(SendOutcome(held=2, elsewhere={"t-2": 4}, clock_warned=True)), stopped=False)
    places = [
        text.index(words("exchange.clock_differs", seconds="+0")),
        text.index(words("exchange.held", held=2)),
        text.index(words("exchange.sent", delivered=0, unknown=0, refused=0, waiting=0)),
        text.index(words("exchange.elsewhere", terminal="t-2", count=4)),
    ]
    assert places == sorted(places)
