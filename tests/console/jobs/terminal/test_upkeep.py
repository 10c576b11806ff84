"""What a terminal wants before anything is refused is in `check`, and ends no command with another status."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from console.errors import CredentialsRefused
from console.jobs.log import pruning
from console.jobs.peers import line_keys
from console.jobs.people import logon, register
from console.jobs.people.deeds import PersonDeed
from console.jobs.terminal import backup, health, rekey
from console.jobs.terminal.findings import Check
from console.words import Words
from store import clock
from store.log import Event, Result
from store.people import IdStanding, Role, set_standing
from store.people.attempts import LOCKED_AFTER
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, CUSTODIAN, Site, second

pytestmark = ON_SQLITE
WORDS: Final = Words("en")


def wanting(site: Site) -> dict[str, Check]:
    """Return what wants care; none of it is what jobs are refused for."""
    found = {part.name: part for part in health.check(site.home, WORDS).checks if not part.ok}
    assert [part.name for part in found.values() if part.code is not None and part.name != "peer"] == []
    assert all(part.remedy for part in found.values())
    return {name: part for name, part in found.items() if name != "peer"}


def part(site: Site, name: str) -> Check:
    (found,) = [part for part in health.check(site.home, WORDS).checks if part.name == name]
    return found


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=days))


def note(site: Site, event: Event, result: Result = Result.DONE, **detail: str | int) -> None:
    with site.terminal.database.writing() as tx:
        site.terminal.log.append(tx, event, actor=None, session=None, result=result, detail=detail)


def test_a_role_with_nobody_is_named(site: Site) -> None:
    assert wanting(site) == {}
    with site.terminal.database.writing() as tx:
        set_standing(tx, site.terminal.vault.rows, APPROVER, IdStanding.ENDED)
    assert WORDS("roles.approver.name") in wanting(site)["roles"].detail
    pin = site.enrol("ap-2", Role.APPROVER)
    assert "roles" in wanting(site), "with a PIN that was given out nobody approves"
    register.change_pin(site.terminal, logon.log_on(site.terminal, "ap-2", pin, origin="command"), "48151623")
    assert wanting(site) == {}


def test_who_is_locked_counts_as_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(LOCKED_AFTER):
        later(monkeypatch, 0.1)
        with pytest.raises(CredentialsRefused):
            logon.log_on(site.terminal, AUDITOR, "00000000", origin="command")
    assert set(wanting(site)) == {"people", "roles", "alarms"}
    site.change(PersonDeed.RELEASE, AUDITOR)
    assert set(wanting(site)) == {"alarms"}


def test_copies_that_are_too_old_are_named(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert WORDS("check.found.no_copy") == part(site, "backup").detail == part(site, "export").detail
    later(monkeypatch, 10)
    note(site, Event.TERMINAL_STARTED)
    assert wanting(site) == {}
    later(monkeypatch, 4.1)
    assert set(wanting(site)) == {"backup"}
    backup.back_up(site.terminal, site.session(CUSTODIAN), tmp_path / "backup")
    assert wanting(site) == {}
    later(monkeypatch, 13.8)
    note(site, Event.BACKUP_MADE, Result.FAILED)
    note(site, Event.LOG_EXPORTED, medium="separate", to=1)
    assert wanting(site) == {}
    later(monkeypatch, 10)
    assert set(wanting(site)) == {"backup"}, "a backup that failed is none"
    note(site, Event.LOG_EXPORTED, medium="same", to=2)
    later(monkeypatch, 10)
    note(site, Event.BACKUP_MADE)
    later(monkeypatch, 10)
    note(site, Event.BACKUP_MADE)
    later(monkeypatch, 5.1)
    assert set(wanting(site)) == {"export"}, "what lies on the terminal's own disk has not left the building"


@pytest.mark.parametrize("event", [Event.MESSAGE_CONFLICT, Event.PROGRAM_FAILED, Event.OPERATOR_LOCKED])
def test_an_alarm_stays_for_a_week(site: Site, monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    note(site, event, Result.FAILED)
    note(site, event, Result.FAILED)
    assert "2" in wanting(site)["alarms"].detail
    assert WORDS(f"events.{event}") in wanting(site)["alarms"].detail
    later(monkeypatch, 7.1)
    assert wanting(site) == {}


def test_an_alarm_from_which_two_persons_resumed_is_over(site: Site) -> None:
    note(site, Event.PROTECTION_FAILED, Result.FAILED, code="log_behind", protection="log")
    assert set(wanting(site)) == {"alarms"}
    pruning.resume(site.terminal, site.session(CHIEF), second=second(AUDITOR))
    assert "alarms" not in wanting(site)


def test_next_keys_of_the_line_are_named_while_they_wait(site: Site) -> None:
    assert part(site, "next_keys").remedy is None
    line_keys.renew(site.terminal, site.session(CUSTODIAN))
    waiting = part(site, "next_keys")
    assert waiting.ok
    assert waiting.remedy == WORDS("check.remedy.next_keys")


def _leave_the_key_behind(site: Site) -> None:
    _name_another_place(site)
    rekey.move_key(site.home, site.home / "keys" / "terminal.key", None)


def _name_another_place(site: Site) -> None:
    settings, file = site.home / "renkei.toml", site.home.with_name("terminal.key")
    text = settings.read_text(encoding="utf-8").replace('source = "home"', 'source = "file"')
    settings.write_text(text.replace('file = ""', f'file = "{file}"'), encoding="utf-8")


def _stop_amid_a_change(site: Site) -> None:
    def stop(*_: object) -> None:
        raise InterruptedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("console.jobs.terminal.rekey.queue.portions", stop)
        with pytest.raises(InterruptedError):
            rekey.change_key(site.terminal, site.session(CUSTODIAN))


@pytest.mark.parametrize(
    ("spoil", "what", "code"),
    [
        (_name_another_place, "key_unmoved", "key_file_missing"),
        (_leave_the_key_behind, "key_left", None),
        (_stop_amid_a_change, "key_changing", None),
    ],
)
def test_a_key_on_its_way_is_named_with_what_remains(
    site: Site, spoil: Callable[[Site], None], what: str, code: str | None
) -> None:
    spoil(site)
    keys = part(site, "keys")
    assert (keys.ok, keys.code) == (False, code)
    assert keys.detail == WORDS(f"check.found.{what}", file="terminal.key")
    assert keys.remedy == WORDS(f"check.remedy.{what}", file="terminal.key")
