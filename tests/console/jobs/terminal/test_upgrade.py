"""An upgrade of a terminal's database is done when asked for, and recorded."""

from pathlib import Path

import pytest

from console.jobs.log import tables
from console.jobs.messages import review
from console.jobs.terminal import upgrade
from console.terminal import Terminal
from store import migrations
from store.comparison import Difference
from store.errors import DatabaseOlder, LogBroken
from store.log import Event
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{down}"


def upgrade() -> None:
    op.add_column("session", sa.Column("more", sa.String()))
"""


def test_nothing_to_do(site: Site) -> None:
    before = site.newest()
    assert upgrade.upgrade(site.home) == upgrade.Upgraded(migrations.HEAD, migrations.HEAD)
    assert site.newest() == before


def test_upgraded_and_recorded(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    head = migrations.HEAD
    site.take_in([entry(1)])
    site.terminal.close()
    for path in migrations.VERSIONS.glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "9001.py").write_text(_NEXT.format(down=head), encoding="utf-8")
    monkeypatch.setattr(migrations, "VERSIONS", tmp_path)
    monkeypatch.setattr(migrations, "HEAD", "9001")
    with pytest.raises(DatabaseOlder):
        Terminal.open(site.home)
    assert upgrade.upgrade(site.home) == upgrade.Upgraded(head, "9001")
    with Terminal.open(site.home) as terminal:
        anew = Site(site.home, site.agency_home, terminal)
        (made,) = anew.entries(Event.TERMINAL_UPGRADED)
        assert made.detail == {"from": head, "to": "9001"}
        assert anew.log_holds()
        assert anew.states([1]) == ["review"]


def _made_by_an_older_program(site: Site) -> None:
    """Take everything away that the steps from the effective moments on add."""
    columns = {"message": ["authors"], "person": ["version"], "attempt": [], "peer_version": [], "setting_in_force": []}
    for table, more in columns.items():
        for column in [*more, "seal"]:
            site.raw(f"ALTER TABLE {table} DROP COLUMN {column}")
    site.raw("ALTER TABLE message RENAME COLUMN effective_at TO occurred_at")
    site.raw("DROP TABLE protected_person")
    site.raw("UPDATE alembic_version SET version_num = '0011'")
    site.terminal.close()


def test_the_rows_of_an_older_program_are_sealed_and_work_goes_on(site: Site) -> None:
    numbers = site.approve([entry(1), entry(2)])
    site.register_peer(1)
    _made_by_an_older_program(site)
    done = upgrade.upgrade(site.home)
    assert (done.unsealed.ok, done.unsealed.rows) == (True, 2 + 5 + 1 + 5)
    with Terminal.open(site.home) as terminal:
        anew = Site(site.home, site.agency_home, terminal, site.administrator)
        assert tables.compare_new(terminal).named == []
        assert anew.row(numbers[0]).writers == {OPERATOR}
        assert review.hold(terminal, anew.session(APPROVER), numbers).changed == numbers


def test_rows_that_the_log_does_not_know_stay_without_a_seal(site: Site) -> None:
    numbers = site.take_in([entry(1), entry(2)])
    site.raw("UPDATE message SET state = 'approved', approver = 'ap-201' WHERE id = 2")
    _made_by_an_older_program(site)
    done = upgrade.upgrade(site.home)
    assert [(each.table, each.how) for each in done.unsealed.named] == [("message", Difference.CHANGED)]
    with Terminal.open(site.home) as terminal:
        anew = Site(site.home, site.agency_home, terminal, site.administrator)
        assert anew.entries(Event.TERMINAL_UPGRADED)[0].detail["bad"] == 1
        decided = review.hold(terminal, anew.session(APPROVER), numbers)
        assert (decided.changed, [each.reason for each in decided.refused]) == ([1], ["row_seal_broken"])


def test_a_log_that_does_not_hold_seals_nothing(site: Site) -> None:
    site.take_in([entry(1)])
    site.unguard_log()
    site.raw("DELETE FROM log_entry WHERE seq = 3")
    _made_by_an_older_program(site)
    with pytest.raises(LogBroken):
        upgrade.upgrade(site.home)
    with pytest.raises(DatabaseOlder):
        Terminal.open(site.home)
