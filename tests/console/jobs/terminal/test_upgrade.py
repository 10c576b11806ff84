"""An upgrade of a terminal's database is done when asked for, and recorded."""

from pathlib import Path

import pytest

from console.jobs import exchange
from console.jobs.log import tables
from console.jobs.messages import listing, reading, review
from console.jobs.messages.listing import QueueQuery
from console.jobs.terminal import upgrade
from console.terminal import Terminal
from store import migrations
from store.comparison import Difference, Differing
from store.errors import DatabaseOlder, LogBroken
from store.log import Event
from store.log.entries import FIRST_PREVIOUS
from store.log.rows import entries
from store.packing import unpack
from tests.console.jobs.site import APPROVER, AUDITOR, OPERATOR, Site, entry
from transport.errors import LineCancelled
from transport.line.client import Line

pytestmark = pytest.mark.by_engine

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


def _people_as_before(site: Site) -> None:
    """Keep of people what an older program kept: whether they are active, and neither name nor number."""
    site.raw("DROP TABLE person_details")
    site.raw("DROP INDEX ix_person_staff")
    for column in ("standing", "code_until", "staff", "valid_from", "valid_to", "coming_roles", "coming_on", "details"):
        site.raw(f"ALTER TABLE person DROP COLUMN {column}")
    site.raw("ALTER TABLE person ADD COLUMN active BOOLEAN NOT NULL DEFAULT true")


def _kept_as_before(site: Site) -> None:
    """Keep what the former program kept: whole envelopes, whole entries, and nothing packed."""
    bytes_type = "BLOB" if site.administrator is None else "BYTEA"
    made = {uid: bytes(raw) for uid, raw in site.agency_raw("SELECT id, envelope FROM message")}
    made |= dict(site.raw("SELECT uid, envelope FROM kept_bytes JOIN message ON message.id = message_id"))
    site.raw(f"ALTER TABLE shipment ADD COLUMN envelope {bytes_type} NOT NULL DEFAULT ''")
    for uid, raw in made.items():
        site.raw(
            "UPDATE shipment SET envelope = ? WHERE message_id = (SELECT id FROM message WHERE uid = ?)",
            bytes(raw),
            uid,
        )
    site.raw("DROP TABLE kept_bytes")
    site.raw("DROP TABLE name_block")
    for table in ("file_report", "file_look", "file_outcome"):
        site.raw(f"DROP TABLE {table}")
    site.raw("DROP TABLE entry_draft")
    site.raw("ALTER TABLE shipment DROP COLUMN header")
    for number, receipt in site.raw("SELECT message_id, receipt FROM receipt"):
        site.raw("UPDATE receipt SET receipt = ? WHERE message_id = ?", unpack(bytes(receipt)), number)
    with site.terminal.database.reading() as conn:
        (whole,) = entries(conn, 1, site.newest(), FIRST_PREVIOUS)
    site.unguard_log()
    for seq, body in enumerate(whole, start=1):
        site.raw("UPDATE log_entry SET body = ? WHERE seq = ?", body, seq)
    _people_as_before(site)
    for person_id, roles, pin_hash, version, given, set_at, made_at in site.raw(
        "SELECT id, roles, pin_hash, version, pin_given, pin_set_at, created_at FROM person"
    ):
        values = [person_id, roles, pin_hash, version, int(given), 1, set_at, made_at]
        site.raw("UPDATE person SET seal = ? WHERE id = ?", site.terminal.vault.rows.seal("person", values), person_id)
    site.raw("UPDATE alembic_version SET version_num = '0014'")
    site.terminal.close()


def test_what_was_sent_before_stays_proved_and_what_was_not_leaves_in_the_same_bytes(served: Site) -> None:
    (sent,) = served.approve([entry(1)])
    operator = served.session(OPERATOR)
    assert exchange.send(served.terminal, operator).delivered == 1
    exchange.receive(served.terminal, operator)
    (unsent,) = served.approve([entry(2)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "deliver", _be_cancelled)
        exchange.send(served.terminal, operator)
    ((kept,),) = served.raw("SELECT envelope FROM kept_bytes")
    _kept_as_before(served)
    served.raw("UPDATE person SET roles = 'operator,officer' WHERE id = ?", AUDITOR)
    done = upgrade.upgrade(served.home)
    assert done.before == "0014"
    # Whom another hand wrote keeps the broken seal, and nobody believes the row.
    assert done.unsealed.named == [Differing("person", AUDITOR, Difference.CHANGED)]
    with Terminal.open(served.home) as terminal:
        anew = Site(served.home, served.agency_home, terminal, served.administrator)
        assert anew.log_holds()
        assert tables.compare_new(terminal).named == done.unsealed.named
        assert anew.raw("SELECT message_id, envelope FROM kept_bytes") == [(unsent, kept)]
        # The first search makes what the former program did not keep.
        assert [*listing.find(terminal, anew.session(OPERATOR), QueueQuery(), "hossain")] == [unsent, sent]
        view = reading.read(terminal, anew.session(OPERATOR), sent)
        assert (view.receipt is not None, view.outcome is not None) == (True, True)
        assert exchange.send(terminal, anew.session(OPERATOR)).delivered == 1
        assert (bytes(kept),) in anew.agency_raw("SELECT envelope FROM message")
        assert anew.raw("SELECT count(*) FROM kept_bytes") == [(0,)]
        assert anew.log_holds()


def _be_cancelled(*_: object) -> None:
    raise LineCancelled


def _made_by_an_older_program(site: Site) -> None:
    """Take everything away that the steps from the effective moments on add."""
    _people_as_before(site)
    columns = {"message": ["authors"], "person": ["version"], "attempt": [], "peer_version": [], "setting_in_force": []}
    for table, more in columns.items():
        for column in [*more, "seal"]:
            site.raw(f"ALTER TABLE {table} DROP COLUMN {column}")
    site.raw("ALTER TABLE message RENAME COLUMN effective_at TO occurred_at")
    site.raw("DROP TABLE protected_person")
    site.raw("DROP TABLE kept_bytes")
    site.raw("DROP TABLE name_block")
    for table in ("file_report", "file_look", "file_outcome"):
        site.raw(f"DROP TABLE {table}")
    site.raw("DROP TABLE entry_draft")
    site.raw("ALTER TABLE shipment RENAME COLUMN header TO envelope")
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
