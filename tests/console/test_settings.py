"""The settings: every bound of every setting, and every way in which a file or its directory is refused."""

import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from console.errors import (
    HomeExposed,
    HomeForeign,
    HomeMissing,
    SettingAbsent,
    SettingsInvalid,
    SettingsMissing,
    SettingsUnknown,
    SettingsUnreadable,
)
from console.settings import FILE_NAME, SEVERAL, Settings, declarations, default_of, dump, names

GOOD: dict[str, Any] = {
    "municipality": {
        "code": "131041",
        "name": "新宿区",
        "name_en": "Shinjuku City",
        "section": "戸籍住民課",
        "section_en": "Residents' Section",
    },
    "terminal": {"id": "131041-01"},
}
LONGEST_FILE = 64 * 1024
# Those of which there is one; `tests/console/configuration/test_handins.py` has the others.
SINGLE = {name for name in names() if name.partition(".")[0] not in SEVERAL}


def toml(data: dict[str, Any]) -> str:
    """Write nested tables as TOML; strings, numbers and booleans are those of JSON, but for one character."""
    plain = [f"{name} = {_plain(value)}" for name, value in data.items() if not isinstance(value, dict)]
    tables = [f"[{name}]\n{toml(value)}" for name, value in data.items() if isinstance(value, dict)]
    return "\n".join([*plain, *tables]) + "\n"


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def having(setting: str, value: object) -> dict[str, Any]:
    table, _, name = setting.rpartition(".")
    if not table:
        return {**GOOD, name: value}
    return {**GOOD, table: {**GOOD.get(table, {}), name: value}}


def parse(data: dict[str, Any]) -> Settings:
    return Settings.parse(toml(data), Path(FILE_NAME))


def value_of(settings: Settings, setting: str) -> object:
    value: object = settings
    for name in setting.split("."):
        value = getattr(value, name)
    return value


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "terminal"
    made.mkdir(mode=0o700)
    (made / FILE_NAME).write_text(toml(GOOD), encoding="utf-8")
    return made


NAMES = ("municipality.name", "municipality.name_en", "municipality.section", "municipality.section_en")
BOUNDS = {
    "municipality.subject_digits": (0, 32),
    "review.overdue_hours": (1, 24 * 14),
    "retention.content_days": (0, 36_500),
    "session.lock_seconds": (15, 3600),
    "session.logoff_seconds": (30, 7200),
    "line.connect_seconds": (1, 60),
    "line.read_seconds": (1, 300),
    "line.batch": (1, 500),
    "log.keep_years": (1, 100),
}
ADMITTED: list[tuple[str, object]] = [
    ("language", "ja"),
    ("language", "en"),
    ("municipality.code", "011002"),
    ("terminal.id", "t1"),
    ("terminal.id", "0" + "x-" * 15 + "9"),
    ("store.url", "sqlite:////var/lib/renkei/store.sqlite3"),
    ("store.url", "sqlite:///x"),
    ("store.url", "postgresql+psycopg://renkei@/renkei?host=/run/postgresql"),
    *(("keys.source", source) for source in ("home", "file", "credential", "passphrase")),
    ("keys.file", ""),
    ("keys.file", "/etc/renkei/鍵.key"),
    ("keys.credential", "renkei.key_1-a"),
    ("review.two_persons", True),
    ("review.two_persons", False),
    *((name, text) for name in NAMES for text in ("市", "葛\U000e0100城" * 13, 'a"b\\c')),
    *((name, value) for name, (least, most) in BOUNDS.items() for value in (least, most)),
]
REFUSED_VALUES: dict[str, list[object]] = {
    "language": ["fr", "JA", "", "ja ", 1, True, ["ja"], {}],
    "municipality.code": ["13104", "1310411", "13104a", "１３１０４１", 131041, "131041\n"],
    **{name: ["", "あ" * 41, "a\tb", "a\x1b[2J", "a\x7f", "a\x85", 5, ["a"]] for name in NAMES},
    "terminal.id": ["x", "-x", "X1", "a b", "a/b", "a" * 33, "ａ1", 11, ""],
    "store.url": [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///a b",
        "sqlite:///a?mode=ro",
        "sqlite:///a#b",
        "file:a",
        "postgresql://x",
    ],
    "keys.source": ["", "Home", "disk", 1, True, ["home"]],
    "keys.file": ["keys/terminal.key", "./x", "/a\tb", "/a\n", 1, False],
    "keys.credential": ["", ".", "..", "../x", "a/b", "鍵", "a b", "x" * 65, 1],
    "review.two_persons": [0, 1, "true", "yes", [], 1.0],
    **{
        name: [least - 1, most + 1, -1, 10**30, True, False, float(least), str(least), [least]]
        for name, (least, most) in BOUNDS.items()
    },
}
REFUSED = [(name, wrong) for name, values in REFUSED_VALUES.items() for wrong in values]


@pytest.mark.parametrize(("setting", "value"), ADMITTED)
def test_what_is_admitted(setting: str, value: object) -> None:
    assert value_of(parse(having(setting, value)), setting) == value


@pytest.mark.parametrize(("setting", "value"), REFUSED)
def test_what_is_refused(setting: str, value: object) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        parse(having(setting, value))
    facts = refused.value.facts
    assert facts["setting"] == setting
    # What can be, what would be, where it stands and what stands there: nothing else has to be looked up.
    assert facts["wanted"]
    assert facts["default"] == (default_of(dict(declarations())[setting]) or "—")
    assert facts["place"].startswith(f"{FILE_NAME}:")
    line = toml(having(setting, value)).split("\n")[int(facts["place"].rpartition(":")[2]) - 1]
    assert line == (f"[{setting}]" if value == {} else f"{setting.rpartition('.')[2]} = {_plain(value)}")
    shown = isinstance(value, str | int | float) and setting != "store.url"
    assert facts["value"].removesuffix("…") == (json.dumps(value, ensure_ascii=False)[:60] if shown else "")


def test_the_cases_hold_every_setting() -> None:
    # A new setting without its bounds in the tables above is found here.
    assert {setting for setting, _ in ADMITTED} == {setting for setting, _ in REFUSED} == SINGLE


def test_a_key_file_elsewhere_has_to_be_named(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(toml(having("keys.source", "file")), encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        Settings.read(file)
    assert refused.value.facts["setting"] == "keys.file"


@pytest.mark.parametrize("setting", [*NAMES, "municipality.code", "terminal.id"])
def test_what_has_no_default_must_be_said(setting: str) -> None:
    table, _, name = setting.partition(".")
    data = {**GOOD, table: {key: value for key, value in GOOD[table].items() if key != name}}
    with pytest.raises(SettingAbsent) as refused:
        parse(data)
    assert refused.value.facts["setting"] == setting
    assert refused.value.facts["place"] == FILE_NAME


def test_everything_else_has_a_default_that_its_own_bounds_admit() -> None:
    settings = parse(GOOD)
    assert settings.language == "ja"
    assert settings.review.two_persons
    assert settings == parse(tomllib.loads(dump(settings, dict.fromkeys(names(), "about"))))


@pytest.mark.parametrize(
    "setting", ["speed", "municipality.mayor", "session.lock_minutes", "store.Url", "rehearsal", "line.batch_size"]
)
def test_unknown_names(setting: str) -> None:
    with pytest.raises(SettingsUnknown) as refused:
        parse(having(setting, 1))
    assert refused.value.facts["setting"] == setting
    assert refused.value.facts["place"].startswith(f"{FILE_NAME}:")


@pytest.mark.parametrize("wrong", [3, "x", True, [], [["id"]]])
@pytest.mark.parametrize("table", ["review", "terminal"])
def test_a_table_has_to_be_one(table: str, wrong: object) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        parse({**GOOD, table: wrong})
    assert refused.value.facts["setting"] == table
    assert refused.value.facts["wanted"] == f"[{table}]"
    assert refused.value.facts["place"].startswith(f"{FILE_NAME}:")


def test_the_written_file_says_each_setting_and_what_it_means(home: Path) -> None:
    about = {name: f"about {name}" for name in names()}
    settings = parse(having("municipality.name", '"\\ 葛\U000e0100 \u2028'))
    text = dump(settings, about)
    assert all((f"# about {name}\n" in text) == (name in SINGLE) for name in about)
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    assert Settings.load(home) == settings


def test_names_are_those_of_the_dataclasses() -> None:
    settings = parse(GOOD)
    assert len(set(names())) == len(list(names()))
    assert all(not is_dataclass(value_of(settings, name)) for name in SINGLE)
    assert {name.partition(".")[0] for name in names()} == {entry.name for entry in fields(Settings)} - {"rehearsal"}


@pytest.mark.parametrize(("lock", "logoff", "admitted"), [(180, 181, True), (180, 180, False), (300, 200, False)])
def test_log_off_comes_after_the_lock(home: Path, lock: int, logoff: int, admitted: bool) -> None:  # noqa: FBT001  # Its name says which it is.
    session = {"lock_seconds": lock, "logoff_seconds": logoff}
    (home / FILE_NAME).write_text(toml({**GOOD, "session": session}), encoding="utf-8")
    if admitted:
        assert Settings.load(home).session.logoff_seconds == logoff
        return
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load(home)
    assert refused.value.facts["setting"] == "session.logoff_seconds"
    place = refused.value.facts["place"]
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    assert place == f"{home / FILE_NAME}:{text.splitlines().index(f'logoff_seconds = {logoff}') + 1}"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"language = \n", "1"),
        (b'language = "ja"\nlanguage = "en"\n', "2"),
        (b'language = "ja"\n\n\xff\xfe\n', "3"),
        ('language = "ja" # 日本語\n'.encode("cp932"), "1"),
        ('language = "ja"\n'.encode("utf-16"), "1"),
        (b"x = " + b"[" * 5000, None),
        (b"#" + b"x" * LONGEST_FILE, "?"),
        (b"\x00", "1"),
    ],
    ids=["syntax", "twice", "bytes", "cp932", "utf-16", "deep", "huge", "nul"],
)
def test_files_that_cannot_be_read(home: Path, raw: bytes, line: str | None) -> None:
    (home / FILE_NAME).write_bytes(raw)
    with pytest.raises(SettingsUnreadable) as refused:
        Settings.load(home)
    assert refused.value.facts["path"] == str(home / FILE_NAME)
    assert line is None or refused.value.facts["line"] == line


def test_the_longest_file_and_a_byte_order_mark_are_admitted(home: Path) -> None:
    text = b"\xef\xbb\xbf" + toml(GOOD).encode()
    (home / FILE_NAME).write_bytes(text + b"#" * (LONGEST_FILE - len(text)))
    assert Settings.load(home) == parse(GOOD)


def test_an_empty_file_says_nothing(home: Path) -> None:
    (home / FILE_NAME).write_bytes(b"")
    with pytest.raises(SettingAbsent):
        Settings.load(home)


def _remove(home: Path) -> None:
    (home / FILE_NAME).unlink()


def _replace_by_directory(home: Path) -> None:
    (home / FILE_NAME).unlink()
    (home / FILE_NAME).mkdir()


@pytest.mark.parametrize(("act", "error"), [(_remove, SettingsMissing), (_replace_by_directory, SettingsUnreadable)])
def test_no_file(home: Path, act: Callable[[Path], None], error: type[Exception]) -> None:
    act(home)
    with pytest.raises(error):
        Settings.load(home)


@pytest.mark.parametrize("bit", [0o001, 0o002, 0o004, 0o010, 0o020, 0o040])
def test_a_directory_that_others_can_enter(home: Path, bit: int) -> None:
    home.chmod(0o700 | bit)
    with pytest.raises(HomeExposed) as refused:
        Settings.load(home)
    assert refused.value.facts == {"path": str(home)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_directory_of_somebody_else(home: Path) -> None:
    os.chown(home, 12345, -1)
    # No mode mends that, and the remedy is another.
    with pytest.raises(HomeForeign) as refused:
        Settings.load(home)
    assert refused.value.facts["owner"] == "12345"


@pytest.mark.parametrize("name", ["nowhere", FILE_NAME, f"{FILE_NAME}/below"])
def test_no_directory(home: Path, name: str) -> None:
    with pytest.raises(HomeMissing):
        Settings.load(home / name)


def test_the_database_lies_in_the_directory_unless_said_otherwise(home: Path) -> None:
    assert parse(GOOD).database_url(home) == f"sqlite:///{home}/database/renkei.sqlite3"
    elsewhere = parse(having("store.url", "sqlite:////srv/queue.sqlite3"))
    assert elsewhere.database_url(home) == "sqlite:////srv/queue.sqlite3"
