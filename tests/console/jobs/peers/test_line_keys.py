"""The next keys for the line are made ahead of time, recorded, and take over by themselves."""

from datetime import timedelta

import pytest

from console.errors import RightMissing, TimePast
from console.jobs.peers import line_keys
from store import clock
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CUSTODIAN, OPERATOR, Site
from transport.errors import IdentityPending
from transport.parties.identity import PublicIdentity

pytestmark = ON_SQLITE


def test_a_new_terminal_has_its_first_keys(site: Site) -> None:
    (first,) = line_keys.line_keys(site.terminal, site.session(CUSTODIAN))
    assert (first.number, first.in_use, first.used_from) == (1, True, None)
    assert PublicIdentity.from_json(first.public.encode()).fingerprint == first.fingerprint
    assert first.until > clock.now()


def test_the_next_keys_wait_for_a_week_unless_another_moment_is_named(site: Site) -> None:
    custodian = site.session(CUSTODIAN)
    before = clock.now()
    made = line_keys.renew(site.terminal, custodian)
    assert (made.number, made.in_use) == (2, False)
    assert made.used_from is not None
    # The moment is stored in whole seconds.
    assert abs(made.used_from - before - line_keys.LEAD) < timedelta(seconds=10)
    assert line_keys.line_keys(site.terminal, custodian)[1] == made
    (entry,) = site.entries(Event.KEYS_PREPARED)
    assert (entry.actor, entry.detail["version"]) == (CUSTODIAN, 2)
    with pytest.raises(IdentityPending):
        line_keys.renew(site.terminal, custodian)


def test_keys_are_not_made_for_the_past_nor_by_anybody_else(site: Site) -> None:
    custodian = site.session(CUSTODIAN)
    with pytest.raises(TimePast):
        line_keys.renew(site.terminal, custodian, used_from=clock.now() - timedelta(seconds=1))
    with pytest.raises(RightMissing):
        line_keys.renew(site.terminal, site.session(OPERATOR))
    assert len(line_keys.line_keys(site.terminal, custodian)) == 1
    assert site.entries(Event.KEYS_PREPARED) == []
