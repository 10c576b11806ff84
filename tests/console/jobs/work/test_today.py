"""The work of today, by whose turn it is."""

from datetime import timedelta

import pytest

from console.errors import RightMissing
from console.jobs.work import today
from store import clock
from store.log import Event
from store.message.worklists import WorkList
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CUSTODIAN, OPERATOR, Site, entry


@ON_SQLITE
def test_a_list_is_of_the_one_who_can_do_what_it_waits_for(site: Site) -> None:
    site.take_in([entry(1), entry(2)])
    clerk, chief = (today.today(site.terminal, site.session(person)) for person in (OPERATOR, APPROVER))
    assert [due.work for due in chief.yours] == [WorkList.REVIEW, WorkList.OVERDUE]
    assert (clerk.yours, [due.work for due in clerk.others]) == ([], [WorkList.REVIEW, WorkList.OVERDUE])
    oldest = chief.yours[0].oldest
    assert oldest is not None
    assert (chief.yours[0].count, oldest.reference) == (2, "R-000001")


@ON_SQLITE
def test_who_reads_no_messages_has_no_such_page(site: Site) -> None:
    with pytest.raises(RightMissing):
        today.today(site.terminal, site.session(CUSTODIAN))


@ON_SQLITE
def test_the_days_begin_on_a_monday_and_tell_what_was_done(site: Site) -> None:
    with site.terminal.database.writing() as tx:
        for event in (Event.NOTICE_RECEIVED, Event.NOTICE_RECEIVED, Event.MESSAGE_REFUSED):
            site.terminal.log.append(tx, event, actor=None, session=None)
    (number,) = site.approve([entry(1)])
    with site.terminal.database.writing() as tx:
        site.terminal.log.append(tx, Event.MESSAGE_DELIVERED, actor=None, session=None, object=site.row(number).uid)
    shown = today.today(site.terminal, site.session(OPERATOR))
    assert shown.days[0].day.weekday() == 0
    assert shown.days[-1].day == shown.day
    assert len(shown.days) == 3 * 7 + shown.day.weekday() + 1
    last = shown.days[-1]
    assert (last.sent, last.received, last.refused) == (1, 2, 1)
    since = clock.now() - site.row(number).effective_at
    assert last.waited == pytest.approx(since.total_seconds(), abs=60)
    assert (shown.days[0].sent, shown.days[0].waited) == (0, None)
    assert shown.days[1].day - shown.days[0].day == timedelta(days=1)
