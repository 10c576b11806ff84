"""A layout is used as two persons confirmed it, and as nothing else; a dry run may try it before.

It shows `console.jobs.handins.examination`, through which layouts are tried.
"""

from hashlib import sha256
from pathlib import Path

import pytest

from console.errors import FileExists
from console.jobs.handins import examination
from console.jobs.log import tables
from console.jobs.messages import intake, record_reader
from console.jobs.terminal import announcements, backup, layouts, protections
from console.words import Words
from store.errors import FileUnreadable
from store.log import Event
from store.message.errors import LayoutInvalid, LayoutMissing, LayoutUnconfirmed, LayoutUnreadable
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, CHIEF, CUSTODIAN, OPERATOR, Site, second

pytestmark = ON_SQLITE
LAYOUT = """encoding = "cp932"
[constants]
kind = "resident_record"
municipality = "131041"
category = "mid_long_term"
action = "entry"
basis.kind = "report"
basis.article = "juki-30-46"
[items.reference]
column = "番号"
[items.occurred_at]
column = "異動日"
dates = "era-code"
time = "09:00"
[items.subject]
column = "宛名番号"
digits = 10
[items.basis.reported_on]
column = "異動日"
dates = "era-code"
[items.person.name]
column = "氏名"
[items.person.birth_date]
column = "生年月日"
dates = "western"
[items.person.sex]
column = "性別"
codes = {"1" = "male", "2" = "female"}
[items.person.nationality]
column = "国籍"
[items.person.address]
column = "住所"
[items.card_number]
column = "カード"
"""
HEADER = "番号,異動日,宛名番号,氏名,生年月日,性別,国籍,住所,カード\n"
ROW = "L-{0},5081119,{0},TEST ALPHA,1994/1/4,1,KOR,東京都新宿区北新宿一丁目29番3号,AB0000000{0}CD\n"


def write_layout(site: Site, text: str = LAYOUT, name: str = "ward") -> Path:
    path = site.home / "layouts" / f"{name}.toml"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def confirm(site: Site) -> list[protections.ChangedProtection]:
    return protections.confirm(site.terminal, site.session(CHIEF), second=second(CUSTODIAN))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes((HEADER + ROW.format(1) + ROW.format(2).replace(",1,KOR", ",3,KOR")).encode("cp932"))
    return path


def test_only_what_two_persons_confirmed_is_used(site: Site, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = site.session(OPERATOR)
    path = write_layout(site)
    digest = sha256(path.read_bytes()).hexdigest()
    with pytest.raises(LayoutUnconfirmed):
        intake.take_in(site.terminal, operator, [export], layout="ward")
    assert [each.pending for each in layouts.known(site.terminal)] == [True]

    assert confirm(site) == [protections.ChangedProtection("layouts.ward", "none", digest)]
    assert confirm(site) == []
    (entry,) = site.entries(Event.SETTINGS_CONFIRMED)
    assert entry.detail == {"setting": "layouts.ward", "from": "none", "to": digest, "second": CUSTODIAN}
    # In this process, and as a large file is read.
    taken = intake.take_in(site.terminal, operator, [export], layout="ward")
    assert (taken.accepted, taken.known, taken.refused) == (1, 0, 1)
    assert [(fault.line, fault.field, fault.rule) for fault in taken.errors] == [
        (3, "person.sex", "layout_code_unknown")
    ]
    monkeypatch.setattr(record_reader, "_LARGE_BYTES", 0)
    assert intake.take_in(site.terminal, operator, [export], layout="ward").known == 1

    write_layout(site, LAYOUT.replace('"1" = "male"', '"1" = "female"'))
    with pytest.raises(LayoutUnconfirmed):
        intake.take_in(site.terminal, operator, [export], layout="ward")
    write_layout(site)
    assert intake.take_in(site.terminal, operator, [export], layout="ward").known == 1
    assert not any(each.pending for each in layouts.known(site.terminal))
    assert tables.verify(site.terminal, site.session(AUDITOR)).ok


def test_a_wrong_layout_is_refused_with_its_line_and_brings_nothing_into_force(site: Site, export: Path) -> None:
    write_layout(site)
    write_layout(site, LAYOUT.replace("digits = 10", "digits = 0"), "bad")
    with pytest.raises(LayoutInvalid) as refused:
        confirm(site)
    line = LAYOUT.splitlines().index("digits = 10") + 1
    assert refused.value.facts["place"] == f"layouts/bad.toml:{line}"
    assert site.entries(Event.SETTINGS_CONFIRMED) == []
    write_layout(site, "a = \n", "bad")
    with pytest.raises(LayoutUnreadable):
        layouts.chosen(site.terminal, "bad", even_unconfirmed=True)
    with pytest.raises(LayoutMissing) as missing:
        intake.take_in(site.terminal, site.session(OPERATOR), [export], layout="../ward")
    assert missing.value.facts["known"] == "bad, ward"
    (bad, ward) = layouts.known(site.terminal)
    assert (bad.fault is None, ward.fault) == (False, None)
    (pending,) = announcements.at_log_on(site.terminal, site.session(CHIEF))
    assert "layouts.bad" in pending.text(Words("en"))


def test_a_dry_run_shows_which_cell_becomes_which_item_and_takes_nothing_in(site: Site, export: Path) -> None:
    write_layout(site)
    examined = examination.examine(site.terminal, site.session(OPERATOR), [export], "ward")
    assert (examined.found.accepted, examined.found.refused) == (1, 1)
    ((name, row),) = examined.rows
    traced = {item.field: (item.column, item.cell, item.value) for item in row.items}
    assert (name, row.line) == ("export.csv", 2)
    assert traced["person.birth_date"] == ("生年月日", "1994/1/4", "1994-01-04")
    assert traced["kind"] == (None, "", "resident_record")
    assert site.entries(Event.MESSAGE_IMPORTED) == []
    plain = examination.examine(site.terminal, site.session(OPERATOR), [site.home.with_name("none.jsonl")][:0])
    assert plain.rows == []


def test_a_layout_is_begun_from_a_file_and_kept_in_a_backup(site: Site, export: Path) -> None:
    operator = site.session(OPERATOR)
    path = layouts.draft(site.terminal, operator, export, "ward")
    assert path == site.home / "layouts" / "ward.toml"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert '[items.person.name]  # 4\ncolumn = "氏名"' in path.read_text(encoding="utf-8")
    with pytest.raises(FileExists):
        layouts.draft(site.terminal, operator, export, "ward")
    with pytest.raises(LayoutInvalid):
        layouts.draft(site.terminal, operator, export, "Ward!")
    with pytest.raises(FileUnreadable):
        layouts.draft(site.terminal, operator, export.with_name("missing"), "other")
    assert "layouts/ward.toml" in {name for name, _ in backup._files(site.terminal)}
