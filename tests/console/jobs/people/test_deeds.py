"""Every deed with an ID in every standing: what comes of it, and what is refused without a trace."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from console.errors import CredentialsRefused
from console.jobs.people import changes, logon, register
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.register import State
from store import clock
from store.endings import Ending
from store.errors import PersonStandsOtherwise, PersonUnchanged, StoreError, ValidityBad
from store.people import Role
from store.people.attempts import LOCKED_AFTER
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CHIEF, CUSTODIAN, Site, second

pytestmark = ON_SQLITE
ABOUT: Final = "op-777"
TODAY: Final = clock.day_in_japan(clock.now())
OPERATING, APPROVING = frozenset({Role.OPERATOR}), frozenset({Role.APPROVER})


def do(site: Site, deed: PersonDeed, **given: object) -> None:
    asked = PersonChange(deed, ABOUT, **given)  # type: ignore[arg-type]  # Each deed takes its own.
    changes.make(site.terminal, site.session(CHIEF), asked, second=second(CUSTODIAN))


def state(site: Site) -> State:
    return register.entry(site.terminal, site.session(CHIEF), ABOUT).state


def choose_pin(site: Site) -> None:
    code = site.enrol(ABOUT, Role.OPERATOR)
    session = logon.log_on(site.terminal, ABOUT, code, origin="screen")
    register.change_pin(site.terminal, session, "59265358")
    logon.log_off(site.terminal, session, Ending.LOGGED_OFF)


def fail(site: Site) -> None:
    """Give so many wrong PINs that the ID is locked."""
    now = clock.now()
    with pytest.MonkeyPatch.context() as patch:
        for hour in range(LOCKED_AFTER):
            patch.setattr(clock, "now", lambda at=now + timedelta(hours=hour): at)
            with pytest.raises(CredentialsRefused):
                logon.log_on(site.terminal, ABOUT, "80818283", origin="screen")


def enrol(site: Site) -> None:
    site.enrol(ABOUT, Role.OPERATOR)


def suspend(site: Site) -> None:
    do(site, PersonDeed.SUSPEND, reason="休業")


def plan_roles(site: Site) -> None:
    do(site, PersonDeed.ROLES, roles=APPROVING, on=TODAY + timedelta(days=9))


def end(site: Site) -> None:
    do(site, PersonDeed.END)


def kept(site: Site) -> list[object]:
    """Return everything that is kept of people but their sessions."""
    return [site.raw(f"SELECT * FROM {table}") for table in ("person", "person_details", "attempt")]


# How an ID comes to each state.
MADE: Final[dict[State, tuple[Callable[[Site], None], ...]]] = {
    State.NEW: (enrol,),
    State.ACTIVE: (choose_pin,),
    State.LOCKED: (choose_pin, fail),
    State.SUSPENDED: (choose_pin, suspend),
    State.PLANNED: (choose_pin, plan_roles),
    State.ENDED: (choose_pin, end),
}


def bring_to(site: Site, wanted: State) -> None:
    """Bring the ID to a state, step by step."""
    for step in MADE[wanted]:
        step(site)


SAME: Final = "unchanged"
ENDED: Final = "ended"
# What comes of each deed: the state after it, or why it is refused.
OUTCOMES: Final[dict[PersonDeed, dict[State, State | str]]] = {
    PersonDeed.SUSPEND: {
        State.NEW: State.SUSPENDED,
        State.ACTIVE: State.SUSPENDED,
        State.LOCKED: State.SUSPENDED,
        State.SUSPENDED: SAME,
        State.PLANNED: State.SUSPENDED,
        State.ENDED: ENDED,
    },
    PersonDeed.RESUME: {
        State.NEW: SAME,
        State.ACTIVE: SAME,
        State.LOCKED: SAME,
        State.SUSPENDED: State.ACTIVE,
        State.PLANNED: SAME,
        State.ENDED: ENDED,
    },
    PersonDeed.END: {
        State.NEW: State.ENDED,
        State.ACTIVE: State.ENDED,
        State.LOCKED: State.ENDED,
        State.SUSPENDED: State.ENDED,
        State.PLANNED: State.ENDED,
        State.ENDED: ENDED,
    },
    PersonDeed.RESET: {
        State.NEW: State.NEW,
        State.ACTIVE: State.NEW,
        State.LOCKED: State.NEW,
        State.SUSPENDED: State.SUSPENDED,
        State.PLANNED: State.NEW,
        State.ENDED: ENDED,
    },
    PersonDeed.RELEASE: {
        State.NEW: SAME,
        State.ACTIVE: SAME,
        State.LOCKED: State.ACTIVE,
        State.SUSPENDED: SAME,
        State.PLANNED: SAME,
        State.ENDED: ENDED,
    },
}


@pytest.mark.parametrize("before", list(MADE))
def test_each_deed_leads_where_it_should_or_is_refused(site: Site, before: State) -> None:
    bring_to(site, before)
    assert state(site) is before
    rows = kept(site)
    for deed, outcomes in OUTCOMES.items():
        outcome, asked = outcomes[before], PersonChange(deed, ABOUT)
        if isinstance(outcome, State):
            plan = changes.plan(site.terminal, site.session(CHIEF), asked)
            assert plan.before is not None
            assert plan.after.version >= plan.before.version
        else:
            with pytest.raises(PersonUnchanged if outcome == SAME else PersonStandsOtherwise):
                changes.plan(site.terminal, site.session(CHIEF), asked)
    assert state(site) is before
    assert kept(site) == rows


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        (State.NEW, PersonDeed.END),
        (State.ACTIVE, PersonDeed.SUSPEND),
        (State.LOCKED, PersonDeed.RELEASE),
        (State.LOCKED, PersonDeed.RESET),
        (State.SUSPENDED, PersonDeed.RESUME),
        (State.SUSPENDED, PersonDeed.RESET),
        (State.PLANNED, PersonDeed.SUSPEND),
    ],
)
def test_what_is_done_leads_there(site: Site, before: State, deed: PersonDeed) -> None:
    bring_to(site, before)
    do(site, deed)
    assert state(site) is OUTCOMES[deed][before]
    assert site.log_holds()


@pytest.mark.parametrize(
    ("roles", "on", "refused"),
    [
        (OPERATING, None, PersonUnchanged),
        (OPERATING, TODAY, ValidityBad),
        (APPROVING, TODAY - timedelta(days=1), ValidityBad),
        (APPROVING, TODAY + timedelta(days=1), None),
        (APPROVING, None, None),
        (OPERATING | APPROVING, None, None),
    ],
)
def test_roles_change_at_once_or_from_tomorrow_on(
    site: Site, roles: frozenset[Role], on: date | None, refused: type[StoreError] | None
) -> None:
    choose_pin(site)
    if refused is not None:
        with pytest.raises(refused):
            do(site, PersonDeed.ROLES, roles=roles, on=on)
        return
    do(site, PersonDeed.ROLES, roles=roles, on=on)
    known = register.entry(site.terminal, site.session(CHIEF), ABOUT).person
    assert (known.roles, known.coming) == ((roles, None) if on is None else (OPERATING, (roles, on)))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "sound"),
    [
        (None, TODAY, True),
        (TODAY - timedelta(days=400), TODAY, True),
        (TODAY, TODAY, True),
        (None, TODAY - timedelta(days=1), False),
        (TODAY + timedelta(days=2), TODAY + timedelta(days=1), False),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=1), True),
    ],
)
def test_days_are_in_order_and_the_last_is_not_over(
    site: Site, valid_from: date | None, valid_to: date, *, sound: bool
) -> None:
    choose_pin(site)
    given = {"name": "試験 花子", "staff_number": ABOUT.upper(), "valid_from": valid_from, "valid_to": valid_to}
    if sound:
        do(site, PersonDeed.CHANGE, **given)
        known = register.entry(site.terminal, site.session(CHIEF), ABOUT).person
        assert (known.valid_from, known.valid_to) == (valid_from, valid_to)
        with pytest.raises(PersonUnchanged):
            do(site, PersonDeed.CHANGE, **given)
    else:
        with pytest.raises(ValidityBad):
            do(site, PersonDeed.CHANGE, **given)


def test_a_number_goes_from_an_ended_id_to_the_next_and_names_keep_one_spelling(site: Site) -> None:
    choose_pin(site)
    asked = PersonChange(
        PersonDeed.CHANGE, APPROVER, name="高橋　　久美 ", staff_number="ｏｐ－７７７", valid_to=date(2199, 3, 31)
    )
    with pytest.raises(StoreError, match="staff_number_shared"):
        changes.plan(site.terminal, site.session(CHIEF), asked)
    do(site, PersonDeed.END)
    changes.make(site.terminal, site.session(CHIEF), asked, second=second(CUSTODIAN))
    details = register.entry(site.terminal, site.session(CHIEF), APPROVER).details
    assert (details.name, details.staff_number) == ("高橋 久美", "OP-777")
    with pytest.raises(PersonUnchanged):
        changes.plan(site.terminal, site.session(CHIEF), replace(asked, name="高橋 久美", staff_number="OP-777"))
