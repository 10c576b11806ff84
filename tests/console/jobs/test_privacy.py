"""After the whole job, nobody reads a name, a number or an address out of what the terminal keeps."""

from pathlib import Path

import pytest

from console.errors import CredentialsRefused
from console.incidents import record_incident
from console.jobs import exchange
from console.jobs.messages import claims, intake, reading, review
from console.jobs.messages import entry as hand
from console.jobs.people import logon
from store.message.states import Pointer
from tests.canaries import files_with
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, PEOPLE, Site, entry, moving_out, notice, person_of, write_lines
from transport import agency

PLANTED = {
    "name": "QUETZALCOATL ZYLBERSZTEJN",
    "kanji": "鬱\U000e0100龘𠮷野",
    "birthday": "1977-07-17",
    "address": "東京都新宿区不在町九丁目88番77号 幻荘606",
    "former address": "東京都千代田区虚無町六丁目55番44号",
    "card": "QZ90817263ZQ",
    "certificate": "WX13572468XW",
    "subject": "9081726354",
    "reason": "本人の在留カードをもう一度確かめる VERWECHSLUNG",
    "note": "ころ推定の日",
    "pin": "46378291",
    "right pin": PEOPLE[OPERATOR][1],
}
SPOKEN_FOR = person_of(
    name=PLANTED["name"],
    name_kanji=PLANTED["kanji"],
    birth_date=PLANTED["birthday"],
    birth_date_note=PLANTED["note"],
    address=PLANTED["address"],
)


def _whole_job(site: Site, tmp_path: Path) -> None:
    """Do everything that a terminal does with the planted values, also what goes wrong."""
    operator, approver = site.session(OPERATOR), site.session(APPROVER)
    good = {"person": SPOKEN_FOR, "card_number": PLANTED["card"], "subject": PLANTED["subject"]}
    records = [
        entry(1, **good),
        entry(2, **{**good, "subject": PLANTED["subject"][::-1]}),
        moving_out(3, "2099-01-01", **{**good, "subject": "1"}),
        # Refused: an unknown field and an impossible value that are the person's own.
        entry(4, **good, **{PLANTED["name"]: PLANTED["kanji"]}),
        entry(5, **{**good, "card_number": PLANTED["name"]}),
        entry(6, **{**good, "person": {**SPOKEN_FOR, "nationality": PLANTED["name"]}}),
        entry(7, **good, action=PLANTED["address"]),
    ]
    file = write_lines(tmp_path / "personal.jsonl", records)
    taken = intake.take_in(site.terminal, operator, [file])
    assert (taken.accepted, len({fault.line for fault in taken.errors})) == (3, 4)
    assert not any(text in str(fault.facts) for fault in taken.errors for text in PLANTED.values())
    agency.refuse(site.agency_home, "R-000002", "number_not_current")
    planted = PLANTED["certificate"]
    changes = [{"item": "certificate_number", "before": "EF00000000GH", "after": planted, "reason": "changed"}]
    about = {"category": "special_permanent", "certificate_number": planted, "changes": changes}
    special = {name: value for name, value in notice(1, person=SPOKEN_FOR, **about).items() if name != "card_number"}
    agency.post(site.agency_home, [special])

    review.give_back(site.terminal, approver, [1], reason=PLANTED["reason"])
    record, version = hand.open_for_revision(site.terminal, operator, 1)
    hand.revise(site.terminal, operator, 1, {**record, "person": SPOKEN_FOR}, version=version)
    claims.end_edit(site.terminal, operator, 1)
    review.approve(site.terminal, approver, [1, 2, 3], confirm_warnings=True)
    assert exchange.send(site.terminal, operator).delivered == 2
    assert exchange.receive(site.terminal, operator).received == 1
    hand.enter(site.terminal, operator, [hand.counter(site.terminal, operator, 2, Pointer.REPLACES)])
    for number in (1, 2, 3, 4, 5):
        reading.read(site.terminal, operator, number)
    with pytest.raises(CredentialsRefused):
        logon.log_on(site.terminal, PLANTED["pin"], PLANTED["right pin"], origin="screen")
    logon.log_on(site.terminal, OPERATOR, PLANTED["right pin"], origin="screen")
    with pytest.raises(KeyError) as failed:
        dict.fromkeys(PLANTED).pop(PLANTED["name"])
    record_incident(site.home, failed.value)


@ON_SQLITE
def test_nothing_personal_can_be_read_in_the_files(served: Site, tmp_path: Path) -> None:
    _whole_job(served, tmp_path)
    wal = served.database_file.with_name("renkei.sqlite3-wal")
    assert wal.stat().st_size > 0, "the log ahead of the database holds the latest writes"
    assert (served.home / "log" / "technical.log").exists()
    assert files_with([served.home], PLANTED.values()) == []
    served.terminal.close()
    assert files_with([served.home], PLANTED.values()) == []


def test_no_entry_of_the_log_and_no_column_names_anybody(served: Site, tmp_path: Path) -> None:
    _whole_job(served, tmp_path)
    entries = repr([(row.actor, row.object, row.session, dict(row.detail)) for row in served.entries()])
    kept = repr(served.raw("SELECT reference, subject, author, approver, target FROM message"))
    for name, text in PLANTED.items():
        assert text not in entries, name
        assert text not in kept, name
