"""An act outside the database is in the log before it begins, and its outcome after it ended, however it ended."""

import pytest

from console.jobs import intents
from store.errors import DiskFull
from store.log import Event, Result
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, Site

pytestmark = ON_SQLITE
FACTS: intents.Facts = {"bundle": 1, "label": "A"}
BOTH = (Event.LOG_EXPORTING, Event.LOG_EXPORTED)


def outcomes(site: Site) -> list[tuple[Event, Result, object]]:
    return [(Event(row.event), Result(row.result), row.detail.get("code")) for row in site.entries(*BOTH)]


def test_the_intent_is_recorded_before_the_act_begins(site: Site) -> None:
    with intents.intended(site.terminal, site.session(CHIEF), Event.LOG_EXPORTING, FACTS) as intent:
        assert outcomes(site) == [(Event.LOG_EXPORTING, Result.DONE, None)]
        assert site.entries(Event.LOG_EXPORTING)[0].seq == intent.seq
        intent.facts["to"] = 7
    assert outcomes(site)[1:] == [(Event.LOG_EXPORTED, Result.DONE, None)]
    assert site.entries(Event.LOG_EXPORTED)[0].detail == {**FACTS, "to": 7}


@pytest.mark.parametrize(
    ("error", "code"),
    [(DiskFull(), "disk_full"), (ValueError("a secret"), "interrupted"), (KeyboardInterrupt(), "interrupted")],
)
def test_an_act_that_failed_has_its_outcome_too(site: Site, error: BaseException, code: str) -> None:
    with (
        pytest.raises(type(error)),
        intents.intended(site.terminal, site.session(CHIEF), Event.LOG_EXPORTING, FACTS),
    ):
        raise error
    assert outcomes(site)[1:] == [(Event.LOG_EXPORTED, Result.FAILED, code)]


def test_what_a_session_left_under_way_is_closed_once(site: Site) -> None:
    session, other = site.session(CHIEF), site.session(CHIEF)
    with intents.intended(site.terminal, session, Event.LOG_EXPORTING, FACTS):
        pass
    # A process that was killed wrote only the intents of its acts.
    with site.terminal.database.writing() as tx:
        for event in (Event.LOG_EXPORTING, Event.BACKUP_MAKING):
            site.terminal.log.append(tx, event, actor=CHIEF, session=session.id, detail={"label": "B"})
    for expected in (2, 0):
        with site.terminal.database.writing() as tx:
            assert intents.close_left(site.terminal, tx, CHIEF, other.id) == 0
            assert intents.close_left(site.terminal, tx, CHIEF, session.id) == expected
    closed = [site.entries(event)[-1] for event in (Event.LOG_EXPORTED, Event.BACKUP_MADE)]
    assert [(row.result, dict(row.detail)) for row in closed] == [
        (Result.FAILED, {"label": "B", "code": "interrupted"})
    ] * 2
