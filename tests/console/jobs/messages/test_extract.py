"""Writing a message out as a record file; and a name on its whole way, which no step may change."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from console.errors import FileExists, FileUnwritable
from console.jobs import exchange
from console.jobs.messages import entry, extract, intake, listing
from store import clock
from store.errors import FileSuffixUnknown, MessageMissing
from store.log import Event, EventClass
from store.queue import shipments_of
from tests.console.jobs.site import CHIEF, MUNICIPALITY, OPERATOR, Site, person_of
from tests.console.jobs.site import entry as message
from tests.console.jobs.site import notice as agency_notice
from transport.agency.home import AgencyHome
from transport.evidence.envelope import Opener, Purpose

IVS = "葛\U000e0100城"
SUPPLEMENTARY = "𠮷田𩸽"
PRIVATE_USE = "\ue000\U000f0000"
COMBINING = "NGUYE\u0302\u0303N"
COMPATIBLE = "㍿①ﬁﾇｴﾉ"
NAMES = (IVS, SUPPLEMENTARY, PRIVATE_USE, COMBINING, COMPATIBLE, f"{IVS}{SUPPLEMENTARY}{PRIVATE_USE}" * 25)


def test_in_a_directory_the_file_is_named_after_the_message(site: Site, tmp_path: Path) -> None:
    (number,) = site.take_in([message(1)])
    file = extract.write_out(site.terminal, site.session(OPERATOR), number, tmp_path)
    assert (file, json.loads(file.read_text())["reference"]) == (tmp_path / "R-000001.jsonl", "R-000001")
    # A reference may hold what leads elsewhere.
    assert extract._name_for("../a b/c") == "_a_b_c.jsonl"
    assert extract._name_for("..") == "message.jsonl"


FORMATS = pytest.mark.parametrize("suffix", [".jsonl", ".csv"])


@FORMATS
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_stays_byte_for_byte_on_its_whole_way(served: Site, tmp_path: Path, name: str, suffix: str) -> None:
    record = message(1, person=person_of(name="ROW", name_kanji=name))
    (number,) = served.approve([record])
    exchange.send(served.terminal, served.session(CHIEF))

    opened = json.loads(_opened_by_the_agency(served, number))
    assert opened["person"]["name_kanji"].encode() == name.encode()

    file = tmp_path / f"out{suffix}"
    extract.write_out(served.terminal, served.session(OPERATOR), number, file)
    assert name.encode() in file.read_bytes()
    assert entry.load(file) == record


@FORMATS
def test_what_is_written_out_is_known_when_it_is_taken_in_again(site: Site, tmp_path: Path, suffix: str) -> None:
    (number,) = site.take_in([message(1)])
    file = tmp_path / f"out{suffix}"
    extract.write_out(site.terminal, site.session(OPERATOR), number, file)
    taken = intake.take_in(site.terminal, site.session(OPERATOR), [file])
    assert (taken.accepted, taken.known, taken.errors) == (0, 1, [])
    assert file.stat().st_mode & 0o777 == 0o600


@FORMATS
def test_a_received_notice_is_written_out_whole(served: Site, tmp_path: Path, suffix: str) -> None:
    notice = agency_notice(1)
    served.feed(notice, Purpose.NOTICE, "ab" * 16)
    exchange.receive(served.terminal, served.session(CHIEF))
    (number,) = listing.ids(served.terminal, served.session(OPERATOR), listing.QueueQuery(direction="in"))
    extract.write_out(served.terminal, served.session(OPERATOR), number, tmp_path / f"out{suffix}")
    assert entry.load(tmp_path / f"out{suffix}") == notice


def test_writing_out_is_in_the_log_among_what_was_exported(site: Site, tmp_path: Path) -> None:
    (number,) = site.take_in([message(1)])
    extract.write_out(site.terminal, site.session(OPERATOR), number, tmp_path / "out.csv")
    (exported,) = site.entries(Event.MESSAGE_EXPORTED)
    assert (exported.actor, exported.object) == (OPERATOR, site.row(number).uid)
    assert Event.MESSAGE_EXPORTED.event_class is EventClass.EXPORT


def test_nothing_is_overwritten_and_nothing_half_written_stays(site: Site, tmp_path: Path) -> None:
    (number,) = site.take_in([message(1)])
    who = site.session(OPERATOR)
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    with pytest.raises(FileExists):
        extract.write_out(site.terminal, who, number, there)
    with pytest.raises(FileUnwritable):
        extract.write_out(site.terminal, who, number, tmp_path / "nowhere" / "out.jsonl")
    with pytest.raises(MessageMissing):
        extract.write_out(site.terminal, who, number + 1, tmp_path / "out.jsonl")
    with pytest.raises(FileSuffixUnknown):
        extract.write_out(site.terminal, who, number, tmp_path / "out.txt")
    assert there.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"site", "there.jsonl"}


def _opened_by_the_agency(site: Site, number: int) -> bytes:
    """Return the content as the peer reads it out of the bytes that it keeps."""
    with site.terminal.database.reading() as reading:
        sent = shipments_of(reading, [number])[number]
    ((kept,),) = site.agency_raw("SELECT envelope FROM message")
    assert sha256(kept).digest() == sent.digest
    home = AgencyHome(site.agency_home)
    with home.database() as database:
        (terminal,) = database.terminals()
    now = clock.now()
    return Opener(home.identity(now), terminal.versions, MUNICIPALITY, [Purpose.MESSAGE]).open(kept, now=now).content
