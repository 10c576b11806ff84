"""A setting that carries a protection changes by two persons alone, in the log, and is in `check` while weaker."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from console.errors import CredentialsRefused, OwnPersonRefused, RightMissing
from console.jobs.messages import review
from console.jobs.people import logon
from console.jobs.terminal import health, opening, protections
from console.jobs.terminal.findings import Check
from console.protections import names
from console.settings import FILE_NAME
from console.terminal import Terminal
from console.words import Words
from store.errors import LogBroken, RowSealBroken
from store.log import Event, LogRow
from store.rights import Right
from store.settings_in_force import SettingInForce, in_force
from tests.clusters import ON_POSTGRESQL, ON_SQLITE
from tests.console.jobs.neighbour import NAME, join
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, CUSTODIAN, OPERATOR, PEOPLE, Site, entry, second

WORDS: Final = Words("en")
WEAKER: Final = {
    "review.two_persons": ("true", "false"),
    "retention.content_days": ("0", "1"),
    "session.lock_seconds": ("180", "3600"),
    "session.logoff_seconds": ("300", "7200"),
    "log.keep_years": ("7", "1"),
}
"""By name, the value at first and another one in the file; all but one of the others protect less."""


def edit(site: Site, *chosen: str, back: bool = False) -> None:
    """Change settings in the file, or put them back."""
    settings = site.home / FILE_NAME
    text = settings.read_text(encoding="utf-8")
    for name in chosen or WEAKER:
        item, (before, after) = name.rpartition(".")[2], WEAKER[name][::-1] if back else WEAKER[name]
        assert f"\n{item} = {before}\n" in text
        text = text.replace(f"\n{item} = {before}\n", f"\n{item} = {after}\n")
    settings.write_text(text, encoding="utf-8")


def opened(site: Site) -> Site:
    """Return the site with its terminal opened anew, as the next command or console does."""
    return replace(site, terminal=opening.open_terminal(site.home, origin="command"))


@pytest.fixture
def edited(site: Site) -> Iterator[Site]:
    """A terminal whose file was edited, opened since."""
    edit(site)
    again = opened(site)
    yield again
    again.terminal.close()


def values(site: Site) -> dict[str, Any]:
    settings = site.terminal.settings
    return {name: getattr(getattr(settings, name.split(".")[0]), name.split(".")[1]) for name in WEAKER}


BEFORE: Final = {
    "review.two_persons": True,
    "retention.content_days": 0,
    "session.lock_seconds": 180,
    "session.logoff_seconds": 300,
    "log.keep_years": 7,
}
AFTER: Final = {
    "review.two_persons": False,
    "retention.content_days": 1,
    "session.lock_seconds": 3600,
    "session.logoff_seconds": 7200,
    "log.keep_years": 1,
}


def found(site: Site) -> Check:
    (part,) = [part for part in health.check(site.home, WORDS).checks if part.name == "protections"]
    return part


def facts(row: LogRow) -> tuple[object, ...]:
    return (row.detail["setting"], row.detail.get("from"), row.detail["to"], row.detail.get("second"), row.actor)


def test_a_new_terminal_takes_what_its_file_says_and_records_it(site: Site) -> None:
    taken = site.entries(Event.SETTINGS_TAKEN)
    assert [facts(row) for row in taken] == [(name, None, before, None, None) for name, (before, _) in WEAKER.items()]
    with site.terminal.database.reading() as reading:
        kept = in_force(reading, site.terminal.vault.rows, site.terminal.name)
    for row in taken:
        name = str(row.detail["setting"])
        assert kept[name] == SettingInForce(name, str(row.detail["to"]), row.seq)
    again = opened(site)
    assert len(site.entries(Event.SETTINGS_TAKEN)) == len(taken), "once"
    again.terminal.close()


def test_an_edited_file_changes_nothing(edited: Site) -> None:
    assert values(edited) == BEFORE
    (number,) = edited.take_in([entry(1)])
    operator = edited.session(OPERATOR)
    both = replace(operator, rights=operator.rights | {Right.APPROVE})
    assert review.approve(edited.terminal, both, [number]).changed == []
    # What carries no protection changes as it always did.
    shown = {each.name: each for each in protections.show(edited.terminal, edited.session(CUSTODIAN))}
    assert {name: (each.given, each.in_force, each.pending) for name, each in shown.items()} == {
        name: (AFTER[name], BEFORE[name], True) for name in WEAKER
    }


def test_two_persons_bring_it_into_force_with_old_and_new_in_the_log(edited: Site, site: Site) -> None:
    changed = protections.confirm(edited.terminal, edited.session(CHIEF), second=second(CUSTODIAN))
    assert [(each.name, each.former, each.value) for each in changed] == [
        (name, BEFORE[name], AFTER[name]) for name in WEAKER
    ]
    assert values(edited) == AFTER
    rows = edited.entries(Event.SETTINGS_CONFIRMED)
    assert [facts(row) for row in rows] == [
        (name, before, after, CUSTODIAN, CHIEF) for name, (before, after) in WEAKER.items()
    ]
    assert {row.object for row in rows} == {CUSTODIAN}
    shown = protections.known(edited.terminal)
    assert [(each.since, each.officer, each.second) for each in shown] == [(row.seq, CHIEF, CUSTODIAN) for row in rows]
    assert protections.confirm(edited.terminal, edited.session(CHIEF), second=second(CUSTODIAN)) == []
    assert len(edited.entries(Event.SETTINGS_CONFIRMED)) == len(rows)
    # A console that was open all the while: at the next renewal of a lease, and at the next log-on.
    session = site.session(OPERATOR)
    assert values(site) == BEFORE
    logon.renew(site.terminal, session)
    assert values(site) == AFTER
    site.terminal.settings = site.terminal.given
    logon.log_on(site.terminal, OPERATOR, PEOPLE[OPERATOR][1], origin="screen")
    assert values(site) == AFTER


@pytest.mark.parametrize(
    ("first", "other", "error"),
    [
        (CHIEF, second(CHIEF), OwnPersonRefused),
        (CHIEF, second(OPERATOR), RightMissing),
        (CHIEF, second(APPROVER), RightMissing),
        (CHIEF, second(AUDITOR), RightMissing),
        (CHIEF, replace(second(CUSTODIAN), pin="00000000"), CredentialsRefused),
        (CUSTODIAN, second(CHIEF), RightMissing),
        (OPERATOR, second(CHIEF), RightMissing),
    ],
    ids=lambda value: getattr(value, "person_id", None) or getattr(value, "__name__", value),
)
def test_nobody_else_does(edited: Site, first: str, other: logon.SecondPerson, error: type[Exception]) -> None:
    with pytest.raises(error):
        protections.confirm(edited.terminal, edited.session(first), second=other)
    assert values(edited) == BEFORE
    assert edited.entries(Event.SETTINGS_CONFIRMED) == []


def test_a_halted_terminal_changes_no_protection(edited: Site) -> None:
    edited.terminal.halted = LogBroken(first_bad=1)
    with pytest.raises(LogBroken):
        protections.confirm(edited.terminal, edited.session(CHIEF), second=second(CUSTODIAN))
    assert values(edited) == BEFORE


@ON_SQLITE
def test_check_names_what_is_pending_and_what_is_weaker(site: Site) -> None:
    assert found(site).ok
    edit(site, "session.logoff_seconds", "retention.content_days")
    pending = found(site)
    assert (pending.ok, pending.code) == (False, None)
    assert "session.logoff_seconds 300→7200" in pending.detail
    assert pending.remedy == WORDS("check.remedy.pending")
    again = opened(site)
    protections.confirm(again.terminal, again.session(CHIEF), second=second(CUSTODIAN))
    again.terminal.close()
    weaker = found(site)
    # Contents that are erased earlier than by default are no weakness.
    assert weaker.detail == WORDS("check.found.weaker", settings="session.logoff_seconds 7200")
    assert (weaker.ok, weaker.remedy) == (False, WORDS("check.remedy.weaker"))
    edit(site, "session.logoff_seconds", back=True)
    assert WORDS("check.remedy.pending") == found(site).remedy, "a stronger value takes two persons as well"


def test_after_an_upgrade_the_first_opening_takes_the_files_values(site: Site) -> None:
    # As an older program left it: neither row nor entry. An entry cannot be removed, so another terminal stands for it.
    site.raw("DELETE FROM setting_in_force")
    with site.terminal.database.writing() as tx:
        assert protections._logged(tx, "131041-09") == {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protections, "_logged", lambda *_: {})
        edit(site)
        before = site.newest()
        again = opened(site)
    assert values(again) == AFTER
    assert [row.detail["to"] for row in again.entries(Event.SETTINGS_TAKEN) if row.seq > before] == [
        after for _, after in WEAKER.values()
    ]
    assert {name for name, _ in WEAKER.items()} == set(names())
    again.terminal.close()


def test_a_row_that_is_gone_weakens_nothing(edited: Site) -> None:
    edited.raw("DELETE FROM setting_in_force")
    again = opened(edited)
    assert values(again) == BEFORE, "the log knows what was in force"
    again.terminal.close()


def test_a_row_that_goes_meanwhile_keeps_no_other_from_coming_into_force(edited: Site) -> None:
    edited.raw("DELETE FROM setting_in_force WHERE name = 'log.keep_years'")
    changed = protections.confirm(edited.terminal, edited.session(CHIEF), second=second(CUSTODIAN))
    assert [each.name for each in changed] == [name for name in WEAKER if name != "log.keep_years"]


@ON_SQLITE
@pytest.mark.parametrize("value", ["3600", "false", "never"])
def test_a_row_that_somebody_else_wrote_protects_by_default_and_halts_new_work(site: Site, value: str) -> None:
    numbers = site.take_in([entry(1)])
    site.raw("UPDATE setting_in_force SET value = ? WHERE name = 'session.lock_seconds'", value)
    again = opened(site)
    assert values(again) == BEFORE
    with pytest.raises(RowSealBroken):
        review.approve(again.terminal, again.session(APPROVER), numbers)
    again.terminal.close()
    refused = {part.code for part in health.check(site.home, WORDS).checks if part.code is not None}
    assert "row_seal_broken" in refused


@ON_POSTGRESQL
def test_each_terminal_of_a_queue_has_its_own(served: Site, tmp_path: Path) -> None:
    home = tmp_path / "other" / "terminal"
    home.parent.mkdir()
    join(served, home)
    edit(served)
    again = opened(served)
    protections.confirm(again.terminal, again.session(CHIEF), second=second(CUSTODIAN))
    again.terminal.close()
    with Terminal.open(home) as terminal:
        other = replace(served, home=home, terminal=terminal)
        assert values(other) == BEFORE
        assert {row.terminal for row in other.entries(Event.SETTINGS_TAKEN)} == {served.terminal.name, NAME}
