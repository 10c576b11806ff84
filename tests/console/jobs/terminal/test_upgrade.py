"""An upgrade of a terminal's database is done when asked for, and recorded."""

from pathlib import Path

import pytest

from console.jobs.terminal import upgrade
from console.terminal import Terminal
from store import migrations
from store.errors import DatabaseOlder
from store.log import Event
from tests.console.jobs.site import Site, entry

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
