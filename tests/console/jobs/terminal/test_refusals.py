"""Whatever refuses the next job with status 3, 5, 6 or 7 on account of the terminal's state, `check` names before.

The jobs are the real ones: what they are refused for is compared with what `check` foretold. It shows
`console.jobs.terminal.gate_checks`, and the gates of `console.jobs.admission`.
"""

import importlib
import os
import pkgutil
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

import console
import store
import transport
from console.foreseen import ROOTS, Foreseen, foreseen
from console.jobs import admission, checkpoints, exchange
from console.jobs.messages import intake
from console.jobs.terminal import gate_checks, health, opening, protections
from console.jobs.terminal.findings import Check
from console.settings import FILE_NAME
from console.terminal import PEPPER_KEY
from console.words import Words
from store import clock
from store.log import Event, Log, Occasion, Origin, SigningKeys
from store.log.admissions import content_of
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, CUSTODIAN, OPERATOR, Site, entry, notice, open_as, second, write_lines
from transport.agency.service import Service
from transport.errors import AnswerCancelled, EnvelopeFault, LineCancelled, ReceiptFault, TransportError
from transport.evidence.envelope import Purpose
from transport.line.client import Line

WORDS: Final = Words("en")
STATUSES: Final = {3, 5, 6, 7}
# What is free on the disk may be another number a moment later.
_DIGITS: Final = re.compile(r"\d+")
KEY: Final = Path("keys") / "terminal.key"

Spoil = Callable[[Site, pytest.MonkeyPatch], None]


def foretold(site: Site) -> dict[str | None, Check]:
    """Return what `check` finds refused, by the code of the error."""
    return {part.code: part for part in health.check(site.home, WORDS).checks if not part.ok}


def met(site: Site) -> Foreseen | str | None:
    """Return what the next jobs are refused for: opening, then an import, a sending and a receiving."""
    try:
        with opening.open_terminal(site.home, origin="command") as terminal:
            operator = open_as(terminal, OPERATOR)
            intake.take_in(terminal, operator, [write_lines(site.home.with_name("next.jsonl"), [entry(99)])])
            sent, received = exchange.send(terminal, operator), exchange.receive(terminal, operator)
    except Exception as error:
        ours = foreseen(error)
        if ours is None:
            raise
        return ours
    codes = [done.interruption.code for done in (sent, received) if done.interruption is not None]
    return next(iter([*codes, *(item.code for item in sent.items if item.code)]), None)


# ── States of a terminal ──────────────────────────────────────────────────────────────────────────


def _key_at(site: Site, file: Path, *, mode: int = 0o400) -> None:
    """Let the key lie in `file`, as the settings then say."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    (site.home / KEY).rename(file)
    file.chmod(mode)
    _set(site, 'source = "home"', 'source = "file"')
    _set(site, 'file = ""', f'file = "{file}"')


def _set(site: Site, before: str, after: str) -> None:
    settings = site.home / FILE_NAME
    text = settings.read_text(encoding="utf-8")
    assert before in text
    settings.write_text(text.replace(before, after), encoding="utf-8")


def _key_by_a_link(site: Site, _patch: pytest.MonkeyPatch) -> None:
    _key_at(site, site.home.with_name("apart") / "terminal.key")
    site.home.with_name("link").symlink_to(site.home.with_name("apart"))
    _set(site, "/apart/", "/link/")


def _key_where_others_write(site: Site, _patch: pytest.MonkeyPatch) -> None:
    _key_at(site, site.home.with_name("apart") / "terminal.key")
    site.home.with_name("apart").chmod(0o777)


def _give_the_home_away(site: Site, _patch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives a directory away")
    os.chown(site.home, 12345, -1)


def _key_of_another_user(site: Site, _patch: pytest.MonkeyPatch) -> None:
    file = site.home.with_name("apart") / "terminal.key"
    _key_at(site, file)
    real = os.geteuid()
    if real == 0:
        os.chown(file, 12345, -1)
    else:
        pytest.skip("only root gives a file away")


def _credential(site: Site, directory: Path) -> Path:
    directory.mkdir(mode=0o700)
    file = directory / "renkei-terminal-key"
    (site.home / KEY).rename(file)
    _set(site, 'source = "home"', 'source = "credential"')
    return file


def _credentials_at_a_relative_path(site: Site, patch: pytest.MonkeyPatch) -> None:
    _credential(site, site.home.with_name("credentials"))
    patch.setenv("CREDENTIALS_DIRECTORY", "credentials")


def _credential_open_to_others(site: Site, patch: pytest.MonkeyPatch) -> None:
    directory = site.home.with_name("credentials")
    _credential(site, directory).chmod(0o666)
    patch.setenv("CREDENTIALS_DIRECTORY", str(directory))


def _cut_the_key(site: Site, _patch: pytest.MonkeyPatch) -> None:
    (site.home / KEY).chmod(0o600)
    (site.home / KEY).write_bytes(b"short")
    (site.home / KEY).chmod(0o400)


def _spoil_the_database(site: Site, _patch: pytest.MonkeyPatch) -> None:
    site.terminal.close()
    site.database_file.write_bytes(b"no database" * 1000)


def _change_an_entry(site: Site, _patch: pytest.MonkeyPatch) -> None:
    site.take_in([entry(1)])
    site.unguard_log()
    site.raw("UPDATE log_entry SET actor = 'nobody' WHERE seq = ?", site.newest())


def _lose_the_keys_of_the_log(site: Site, _patch: pytest.MonkeyPatch) -> None:
    for file in (site.home / "keys" / "log").glob("*.key"):
        file.unlink()


def _put_the_database_back(site: Site, _patch: pytest.MonkeyPatch) -> None:
    _put_back(site, "database")


def _put_all_back_that_the_peer_saw(site: Site, _patch: pytest.MonkeyPatch) -> None:
    # Nothing on the machine tells; the peer does.
    _put_back(site, "database", "keys/log")


def _put_back(site: Site, *names: str) -> None:
    site.terminal.close()
    aside = Path(shutil.copytree(site.home, site.home.with_name("aside")))
    with opening.open_terminal(site.home, origin="command") as terminal:
        exchange.send(terminal, open_as(terminal, OPERATOR))
        checkpoints.make(terminal, Occasion.STOP)
    for name in names:
        shutil.rmtree(site.home / name)
        shutil.copytree(aside / name, site.home / name)
    # What the peer saw may be kept in no database that was put back.
    if len(names) == 1:
        site.agency_raw("DELETE FROM witness")


def _let_in(site: Site) -> Log:
    """Let a second terminal in, and return the log as it writes it."""
    log, name, keys = site.terminal.log, "131041-02", SigningKeys.create(site.home.with_name("other"))
    detail = {"terminal": name, "content": content_of(keys.root)}
    with site.terminal.database.writing() as tx:
        log.append(tx, Event.TERMINAL_ADMITTED, actor=None, session=None, detail=detail)
        log.erase_used(log.admit(tx, name, keys.root))
    return Log(name, keys, origin=Origin(site.terminal.name, log.origin.root))


def _restore_under_another(site: Site, _patch: pytest.MonkeyPatch) -> None:
    _let_in(site)
    with site.terminal.database.writing() as tx:
        site.terminal.log.append(tx, Event.BACKUP_RESTORED, actor=None, session=None)


def _retire(site: Site, _patch: pytest.MonkeyPatch) -> None:
    other = _let_in(site)
    with site.terminal.database.writing() as tx:
        other.append(tx, Event.TERMINAL_RETIRED, actor=None, session=None, detail={"terminal": site.terminal.name})
        other.retire(tx, site.terminal.name)


def _break_a_seal(site: Site, _patch: pytest.MonkeyPatch) -> None:
    (number,) = site.approve([entry(1)])
    site.raw("UPDATE content SET ciphertext = ? WHERE message_id = ?", b"x" * 60, number)


def _shorten_the_feed(site: Site, _patch: pytest.MonkeyPatch) -> None:
    site.feed(notice(1), Purpose.NOTICE, "a" * 32)
    exchange.receive(site.terminal, site.session(OPERATOR))
    site.agency_raw("DELETE FROM feed")


def _lose_a_row(site: Site, _patch: pytest.MonkeyPatch) -> None:
    site.raw("DELETE FROM peer_version")


def _write_a_row(site: Site, _patch: pytest.MonkeyPatch) -> None:
    site.raw("UPDATE person SET roles = 'officer,operator' WHERE id = ?", OPERATOR)


def _put_a_row_back(site: Site, _patch: pytest.MonkeyPatch) -> None:
    row = site.raw("SELECT * FROM setting_in_force WHERE name = 'session.lock_seconds'")[0]
    _set(site, "lock_seconds = 180", "lock_seconds = 60")
    with opening.open_terminal(site.home, origin="command") as terminal:
        protections.confirm(terminal, open_as(terminal, CHIEF), second=second(CUSTODIAN))
    site.raw("DELETE FROM setting_in_force WHERE name = 'session.lock_seconds'")
    site.raw(f"INSERT INTO setting_in_force VALUES ({', '.join('?' * len(row))})", *row)


def _restore_for_a_drill(site: Site, _patch: pytest.MonkeyPatch) -> None:
    with site.terminal.database.writing() as tx:
        site.terminal.log.append(tx, Event.BACKUP_DRILLED, actor=None, session=None)


def _set_the_peers_clock(_site: Site, patch: pytest.MonkeyPatch) -> None:
    real = Service.status

    def status(service: Service, terminal: Any, now: datetime) -> dict[str, Any]:
        return real(service, terminal, now + timedelta(hours=1))

    patch.setattr(Service, "status", status)


def _set_our_clock(_site: Site, patch: pytest.MonkeyPatch) -> None:
    real = clock.now
    patch.setattr(clock, "now", lambda: real() + timedelta(days=15))


STATES: Final[Mapping[str, tuple[str, Spoil]]] = {
    "home_foreign": ("settings", _give_the_home_away),
    "home_exposed": ("settings", lambda site, _: site.home.chmod(0o755)),
    "key_file_exposed": ("keys", lambda site, _: (site.home / PEPPER_KEY).chmod(0o644)),
    "key_file_damaged": ("keys", _cut_the_key),
    "key_file_loose": (
        "keys",
        lambda site, _: _key_at(site, site.home.with_name("apart") / "terminal.key", mode=0o600),
    ),
    "key_file_foreign": ("keys", _key_of_another_user),
    "key_in_database": ("keys", lambda site, _: _key_at(site, site.home / "database" / "terminal.key")),
    "key_path_linked": ("keys", _key_by_a_link),
    "key_path_open": ("keys", _key_where_others_write),
    "credentials_relative": ("keys", _credentials_at_a_relative_path),
    "credential_exposed": ("keys", _credential_open_to_others),
    "database_damaged": ("database", _spoil_the_database),
    "database_unsafe": ("database", lambda site, _: site.database_file.chmod(0o640)),
    "identity_exposed": ("certificate", lambda site, _: (site.home / "keys" / "line" / "tls.key").chmod(0o644)),
    "log_broken": ("log", _change_an_entry),
    "ladder_broken": ("log", _lose_the_keys_of_the_log),
    "terminal_not_admitted": ("log", _retire),
    "log_behind": ("log", _put_the_database_back),
    "clock_ahead": ("own_clock", _set_our_clock),
    "disk_low": ("disk", lambda _, patch: patch.setattr(admission, "RESERVE_BYTES", 2**62)),
    "content_seal_broken": ("contents", _break_a_seal),
    "row_missing": ("tables", _lose_a_row),
    "row_seal_broken": ("tables", _write_a_row),
    "row_outdated": ("tables", _put_a_row_back),
    "peer_missing": ("peer", lambda *_: None),
    "drill_copy": ("peer", _restore_for_a_drill),
    "clocks_apart": ("clock", _set_the_peers_clock),
    "recovery_awaited": ("recovery", _restore_under_another),
    "feed_ends_early": ("feed", _shorten_the_feed),
}
"""By the code of a refusal: the part under which `check` names it, and a way to bring the terminal into that state."""


@ON_SQLITE
@pytest.mark.parametrize("code", STATES)
def test_what_refuses_the_next_job_was_foretold(site: Site, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    part, spoil = STATES[code]
    with site.served(register=code != "peer_missing"):
        spoil(site, monkeypatch)
        found = foretold(site)
        error = met(site)
    assert (error if isinstance(error, str | None) else error.code) == code
    assert found[code].name == part
    if isinstance(error, ROOTS) and part != "tables":
        assert _DIGITS.sub("", found[code].detail) == _DIGITS.sub("", WORDS.fault(code, error.facts).cause)
    assert [other for other in found if other is not None] == [code], "each fault is told once"


@ON_SQLITE
def test_a_roll_back_that_only_the_peer_can_tell_is_foretold(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _put_all_back_that_the_peer_saw(served, monkeypatch)
    found = foretold(served)
    error = met(served)
    assert isinstance(error, ROOTS)
    assert {code: part.name for code, part in found.items()} == {"log_behind": "witness"}
    assert (error.code, found["log_behind"].detail) == ("log_behind", WORDS.fault("log_behind", error.facts).cause)


def leaves(*kinds: type[Foreseen]) -> set[type[Foreseen]]:
    below = {leaf for kind in kinds for leaf in leaves(*kind.__subclasses__())}
    return below | {kind for kind in kinds if not kind.__subclasses__()}


LINE: Final = {kind for kind in leaves(TransportError) if kind.exit_status == 5} - {AnswerCancelled, LineCancelled}


@ON_SQLITE
def test_what_the_line_refuses_is_foretold_by_the_greeting(served: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = served.session(OPERATOR)
    for kind in sorted(LINE, key=lambda kind: kind.code):

        def refuse(_line: Line, kind: type[Foreseen] = kind) -> None:
            raise kind

        monkeypatch.setattr(Line, "status", refuse)
        trial = exchange.try_line(served.terminal)
        with pytest.raises(kind):
            exchange.send(served.terminal, operator)
        assert {part: type(error) for part, error in trial.parts.items()} == {"peer": kind}


# ── What is no state of the terminal ──────────────────────────────────────────────────────────────

PERSON: Final = "it is about the person who acts, not about the terminal"
CALL: Final = "it is about a file, a medium or parts that the call names; `check` gets the same parts as any other job"
ITEM: Final = "it is about one message or one item of the peer's, and the work on the others goes on"
WRITE: Final = "the disk fails at a write; what can be known before is in the part `disk`"
PEER: Final = "what the peer answers in an exchange decides it, which no question asks before"
ROLE: Final = "on that server the working role is meant not to do it"
AGENCY: Final = "it is about the reference agency"
MAKERS: Final = "the program is wrong, not the terminal"

OTHERWISE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ["credentials_missing", "credentials_refused", "attempt_too_soon", "person_locked", "session_closed"], PERSON
    ),
    **dict.fromkeys(["right_missing", "pin_to_change", "own_person_refused"], PERSON),
    **dict.fromkeys(["second_person_needed", "other_person_needed", "second_person_missing"], PERSON),
    **dict.fromkeys(["same_person_refused", "code_expired"], PERSON),
    **dict.fromkeys(["answer_cancelled", "line_cancelled"], PERSON),
    **dict.fromkeys(["pin_file_exposed", "pin_file_foreign", "pin_file_unreadable", "pin_file_misspelt"], CALL),
    **dict.fromkeys(["part_file_exposed", "part_file_foreign", "part_file_unreadable"], CALL),
    **dict.fromkeys(["key_parts_missing", "key_parts_refused", "key_parts_too_soon"], CALL),
    **dict.fromkeys(["medium_lies", "medium_failed", "medium_full", "medium_read_only", "sealed_file_broken"], CALL),
    **dict.fromkeys(["dump_unreadable", "export_differs"], CALL),
    # That two persons have to confirm a layout is in the part `protections`, and who names no layout needs none.
    "layout_unconfirmed": CALL,
    **dict.fromkeys((kind.code for kind in leaves(EnvelopeFault, ReceiptFault)), ITEM),
    **dict.fromkeys(["item_unreadable", "item_replayed", "notice_unfit", "notice_conflict"], ITEM),
    **dict.fromkeys(["result_unfit", "result_of_another", "result_of_none", "result_unexpected"], ITEM),
    **dict.fromkeys(["sent_before", "message_lost", "content_unproved"], ITEM),
    "approval_unproved": ITEM,
    **dict.fromkeys(["seal_broken", "content_damaged", "shipment_conflict"], ITEM),
    **dict.fromkeys(["feed_unfit", "witness_broken", "cursor_backwards"], PEER),
    **dict.fromkeys(["disk_full", "disk_failed", "disk_read_only", "database_failed"], WRITE),
    "log_guarded": ROLE,
    "agency_silent": AGENCY,
    "log_entry_refused": MAKERS,
}
"""By the code of a refusal: why `check` need not know it."""


def test_every_refusal_is_foretold_or_is_no_state_of_the_terminal() -> None:
    for package in (console, store, transport):
        # Some errors stand with the module that raises them.
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    refusals = {kind.code for kind in leaves(*ROOTS) if kind.exit_status in STATUSES}
    groups = [set(STATES), {kind.code for kind in LINE}, set(OTHERWISE)]
    assert sum(map(len, groups)) == len(set().union(*groups)), "each is in one group"
    # A refusal of status 5 that is no error of the line is a state all the same.
    assert set().union(*groups) == refusals


def test_every_gate_has_its_part() -> None:
    assert [gate.name for gate in admission.GATES] == list(gate_checks.PARTS)
