"""The terminal's key changes, no content is touched, every interruption is survived, and nothing is left behind."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from console.errors import RightMissing
from console.jobs import exchange
from console.jobs.messages import reading, review
from console.jobs.progress import Progress
from console.jobs.terminal import backup, rekey
from console.session import Session
from console.terminal import Terminal
from store import queue as store_queue
from store.errors import SealBroken
from store.log import Event
from store.sealing.sources.file import KeyFile
from store.sealing.vault import Vault
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, CHIEF, CUSTODIAN, OPERATOR, Site, entry

pytestmark = pytest.mark.by_engine

TERMINAL_KEY = Path("keys") / "terminal.key"

MESSAGES = 39
SEALED = MESSAGES + 3
"""Their contents, a note, the names in them for the search, and the report of their file."""
FEW = 3
"""As many as are needed where files alone matter."""


@pytest.fixture
def custodian(site: Site) -> Session:
    return site.session(CUSTODIAN)


def fill(site: Site, messages: int) -> Site:
    numbers = site.take_in([entry(number) for number in range(1, messages + 1)])
    review.give_back(site.terminal, site.session(APPROVER), numbers[:1], reason="氏名が違う")
    return site


@pytest.fixture
def filled(site: Site) -> Site:
    return fill(site, MESSAGES)


def sealed_rows(site: Site) -> list[tuple[bytes, ...]]:
    rows = site.raw("SELECT ciphertext, wrapped_key FROM content ORDER BY message_id")
    return [tuple(bytes(value) for value in row) for row in rows]


def readable(site: Site, messages: int = MESSAGES) -> bool:
    session = site.session(OPERATOR)
    return all(reading.read(site.terminal, session, number).record["reference"] for number in range(1, messages + 1))


def test_every_row_key_is_wrapped_anew_and_no_content_is_touched(filled: Site, custodian: Session) -> None:
    key_file = filled.home / TERMINAL_KEY
    before, key = sealed_rows(filled), key_file.read_bytes()
    subject = filled.terminal.vault.pseudonym("subject", "1")
    reports: list[Progress] = []
    done = rekey.change_key(filled.terminal, custodian, report=reports.append)
    assert (done.total, done.changed) == (SEALED, SEALED)
    assert (reports[-1].done, reports[-1].total) == (SEALED, SEALED)
    after = sealed_rows(filled)
    assert [row[0] for row in before] == [row[0] for row in after]
    assert not {row[1] for row in before} & {row[1] for row in after}
    assert key_file.read_bytes() != key
    assert key not in [path.read_bytes() for path in key_file.parent.iterdir() if path.is_file()]
    assert readable(filled)
    assert filled.terminal.vault.pseudonym("subject", "1") == subject
    assert filled.entries(Event.KEY_CHANGED)[0].detail == {"count": SEALED}
    with Terminal.open(filled.home) as again:
        assert readable(Site(filled.home, filled.agency_home, again))


def test_the_former_key_opens_nothing_any_more(filled: Site, custodian: Session, tmp_path: Path) -> None:
    stolen = tmp_path / "keys"
    stolen.mkdir(mode=0o700)
    for path in (filled.home / TERMINAL_KEY).parent.glob("*.key"):
        (stolen / path.name).write_bytes(path.read_bytes())
        (stolen / path.name).chmod(0o400)
    rekey.change_key(filled.terminal, custodian)
    thief = Vault.open(KeyFile(stolen), terminal_id=filled.terminal.settings.terminal.id)
    with filled.terminal.database.reading() as connection, pytest.raises(SealBroken):
        store_queue.content_of(connection, thief, store_queue.get(connection, 1))


class Interrupted(BaseException):
    pass


@ON_SQLITE
@pytest.mark.parametrize("moment", range(1, 20))
def test_a_change_interrupted_anywhere_in_its_files_is_ended_later(
    site: Site, custodian: Session, moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop before the n-th thing that it does to a file, as a power cut would, and go on with a new terminal."""
    filled = fill(site, FEW)
    count = iter(range(1, 1000))

    def stopping(name: str) -> None:
        whole = getattr(os, name)

        def stop_or_do(*arguments: object, **more: object) -> object:
            if next(count) == moment:
                raise Interrupted
            return whole(*arguments, **more)

        patched.setattr(os, name, stop_or_do)

    with monkeypatch.context() as patched:
        for name in ("link", "fsync", "replace", "unlink"):
            stopping(name)
        with suppress(Interrupted):
            rekey.change_key(filled.terminal, custodian)
    filled.terminal.close()
    with Terminal.open(filled.home) as later:
        again = Site(filled.home, filled.agency_home, later, filled.administrator)
        assert readable(again, FEW)
        rekey.change_key(later, again.session(CUSTODIAN))
        assert readable(again, FEW)
        assert not list((filled.home / TERMINAL_KEY).parent.glob("*former*"))
        assert again.log_holds()


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekey, "_PORTION", 7)


def test_a_change_interrupted_between_rows_is_counted_on(
    filled: Site, custodian: Session, small_portions: None
) -> None:
    def stop(progress: Progress) -> None:
        if progress.done >= 14:
            raise Interrupted

    with pytest.raises(Interrupted):
        rekey.change_key(filled.terminal, custodian, report=stop)
    with filled.terminal.database.reading() as connection:
        assert store_queue.count_left(connection, filled.terminal.vault) == SEALED - 14
    assert readable(filled)
    done = rekey.change_key(filled.terminal, custodian)
    assert (done.total, done.changed) == (SEALED, SEALED - 14)
    assert len(filled.entries(Event.KEY_CHANGING)) == 1


def test_who_had_the_terminal_open_seals_under_the_new_key(filled: Site, custodian: Session) -> None:
    with Terminal.open(filled.home) as early:
        rekey.change_key(filled.terminal, custodian)
        other = Site(filled.home, filled.agency_home, early)
        assert readable(other)
        (number,) = other.take_in([entry(900)])
    assert reading.read(filled.terminal, filled.session(OPERATOR), number).record["reference"] == "R-000900"
    with filled.terminal.database.reading() as connection:
        assert store_queue.count_left(connection, filled.terminal.vault) == 0


def test_a_row_that_no_key_opens_keeps_the_former_key(filled: Site, custodian: Session) -> None:
    filled.raw("UPDATE content SET wrapped_key = ? WHERE message_id = 5", bytes(60))
    with pytest.raises(SealBroken):
        rekey.change_key(filled.terminal, custodian)
    assert list((filled.home / TERMINAL_KEY).parent.glob("*former*"))


def test_the_line_and_backups_go_on(served: Site, tmp_path: Path) -> None:
    served.approve([entry(1)])
    custodian = served.session(CUSTODIAN)
    rekey.change_key(served.terminal, custodian)
    assert exchange.send(served.terminal, served.session(CHIEF)).delivered == 1
    assert exchange.receive(served.terminal, served.session(CHIEF)).results == 1
    backup.back_up(served.terminal, custodian, tmp_path / "backup")


def test_only_the_custodian_changes_the_key(site: Site) -> None:
    with pytest.raises(RightMissing):
        rekey.change_key(site.terminal, site.session(CHIEF))
