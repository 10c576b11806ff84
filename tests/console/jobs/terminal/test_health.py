"""Each fault of a terminal is found, said in words, and comes with what to do about it.

It shows `console.jobs.terminal.findings` as well, and with the certificates `console.jobs.terminal.announcements`.
"""

import errno
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.jobs import checkpoints
from console.jobs.terminal import health
from console.jobs.terminal.findings import Check
from console.terminal import PEPPER_KEY
from console.words import Words
from store import clock
from store.log import Occasion, WitnessRow
from store.log import checkpoints as kept
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import Site, entry, free_port
from transport.agency.service import Service

TERMINAL_KEY = Path("keys") / "terminal.key"

pytestmark = ON_SQLITE
WORDS = Words("en")


def faults(site: Site) -> dict[str, Check]:
    whole = health.check(site.home, WORDS)
    bad = {part.name: part for part in whole.checks if not part.ok}
    assert whole.ok == (not bad)
    for part in bad.values():
        assert part.detail
        assert part.remedy
        assert "{" not in part.detail + part.remedy
    return bad


def test_a_sound_terminal_and_nothing_changed(served: Site) -> None:
    served.take_in([entry(1)])
    before, newest = served.contents(), served.newest()
    whole = health.check(served.home, WORDS)
    assert whole.ok
    assert [part.name for part in whole.checks if part.remedy is not None] == []
    names = [part.name for part in whole.checks]
    assert names[:3] == ["settings", "keys", "database"]
    assert {"certificate", "log", "peer", "clock"} <= set(names)
    assert (served.contents(), served.newest()) == (before, newest)
    assert served.received().messages == 0


@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_part_has_its_name_in_words(served: Site, language: str) -> None:
    words = Words("ja" if language == "ja" else "en")
    for part in health.check(served.home, words).checks:
        assert words(f"check.{part.name}")
        assert part.detail


def _spoil_settings(site: Site) -> None:
    (site.home / "renkei.toml").write_text("language = 3\n")


def _widen_home(site: Site) -> None:
    site.home.chmod(0o755)


def _lose_key(site: Site) -> None:
    (site.home / TERMINAL_KEY).unlink()


def _widen_pepper(site: Site) -> None:
    (site.home / PEPPER_KEY).chmod(0o644)


def _cut_key(site: Site) -> None:
    (site.home / TERMINAL_KEY).chmod(0o600)
    (site.home / TERMINAL_KEY).write_bytes(b"short")
    (site.home / TERMINAL_KEY).chmod(0o400)


def _lose_database(site: Site) -> None:
    site.terminal.close()
    site.database_file.rename(site.database_file.with_name("elsewhere"))


def _spoil_database(site: Site) -> None:
    site.terminal.close()
    site.database_file.write_bytes(b"no database" * 1000)


def _widen_database(site: Site) -> None:
    site.database_file.chmod(0o640)


def _lose_certificate(site: Site) -> None:
    (site.home / "keys" / "line" / "tls.crt").unlink()


def _tamper_with_log(site: Site) -> None:
    site.unguard_log()
    site.raw("UPDATE log_entry SET actor = 'nobody' WHERE seq = 3")


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (_spoil_settings, "settings"),
        (_widen_home, "settings"),
        (_lose_key, "keys"),
        (_widen_pepper, "keys"),
        (_cut_key, "keys"),
        (_lose_database, "database"),
        (_spoil_database, "database"),
        (_widen_database, "database"),
        (_lose_certificate, "certificate"),
        (_tamper_with_log, "log"),
    ],
)
def test_a_fault_of_the_terminal(served: Site, spoil: Callable[[Site], None], name: str) -> None:
    spoil(served)
    assert name in faults(served)


def test_a_log_that_was_tampered_with_says_where(served: Site) -> None:
    _tamper_with_log(served)
    bad = faults(served)
    assert set(bad) == {"log"}
    assert "3" in bad["log"].detail


def test_peer_down(site: Site) -> None:
    site.register_peer(free_port())
    assert set(faults(site)) == {"peer"}


def test_no_peer(site: Site) -> None:
    assert "peer" in faults(site)


@pytest.mark.parametrize("seconds", [31, -31, 3600])
def test_clocks_apart(served: Site, monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    def status(service: Service, terminal: Any, now: datetime) -> dict[str, Any]:
        return status_now(service, terminal, now + timedelta(seconds=seconds))

    status_now = Service.status
    monkeypatch.setattr(Service, "status", status)
    bad = faults(served)
    assert set(bad) == {"clock"}
    assert f"{seconds:+}" in bad["clock"].detail


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.EROFS, "disk_read_only"), (errno.EDQUOT, "disk_full"), (errno.EACCES, "home_unwritable")],
)
def test_a_disk_with_room_that_takes_nothing(
    served: Site, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(_directory: Path) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("console.jobs.terminal.gate_checks.try_write", refuse)
    bad = faults(served)
    assert {name: part.code for name, part in bad.items()} == {"disk": code}


@pytest.mark.parametrize("days", [89, -1])
def test_a_certificate_that_ends(served: Site, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    until = served.terminal.identity.certificate_until
    monkeypatch.setattr("store.clock.now", lambda: until - timedelta(days=days))
    assert "certificate" in faults(served)


def test_the_check_reads_the_whole_log_not_only_what_is_new(site: Site) -> None:
    site.take_in([entry(1)])
    seen = checkpoints.make(site.terminal, Occasion.EXCHANGE)
    assert seen is not None
    with site.terminal.database.writing() as tx:
        kept.add_witness(tx, WitnessRow(seen.number, seen.digest, "agency", b"", clock.now()))
    site.unguard_log()
    site.raw("UPDATE log_entry SET hash = zeroblob(32) WHERE seq = 2")
    assert checkpoints.examine(site.terminal, from_witness=True) is None
    assert faults(site)["log"].code == "log_broken"
