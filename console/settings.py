"""The settings of a terminal: `renkei.toml` in its directory, checked whole before anything else is opened.

Each setting is declared once, as a field of a dataclass below, with its bounds. What it means to people is written in
the catalogue `words/settings.toml`. This module imports nothing heavy, because the login screen needs it.
"""

import json
import operator
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from console.configuration import toml_file
from console.configuration.handins import HandinSettings
from console.configuration.rehearsal_people import RehearsalPerson, rehearsal_people
from console.errors import (
    HomeExposed,
    HomeForeign,
    HomeMissing,
    SettingAbsent,
    SettingsFault,
    SettingsInvalid,
    SettingsUnknown,
)

FILE_NAME = "renkei.toml"
SEVERAL = frozenset({"handin"})
"""The tables of which a file may have none, one or several (`[[handin]]`)."""
# An error is one line: of a longer value its beginning is told.
_LONGEST_VALUE = 60
# An opening asks a hundred times for the types of the same few classes, and each answer evaluates their sources anew.
_hints: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


def _text(pattern: str, wanted: str, default: str | None = None, *, secret: bool = False) -> Any:
    """Return a field for a text that the whole `pattern` matches; the error names `wanted` when it does not.

    A value that is `secret`, since it may hold a password, is told in no error.
    """
    metadata = {"pattern": re.compile(pattern), "wanted": wanted, "secret": secret}
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


def _whole(default: int, least: int, most: int, *, weaker: Callable[[int, int], bool] | None = None) -> Any:
    """Return a field for a whole number from `least` to `most`.

    `weaker` belongs to a setting that carries a protection: it tells whether the first value protects less than the
    second. A change of such a setting takes two persons (`console.protections`).
    """
    protection = {} if weaker is None else {"weaker": weaker}
    metadata = {"least": least, "most": most, "wanted": f"{least}–{most}", **protection}
    return field(default=default, metadata=metadata)


def _keeps_longer(days: int, than: int) -> bool:
    """Tell whether contents are kept for more days; 0 is for ever."""
    return than != 0 and (days == 0 or days > than)


# A name is shown on every screen: no control characters, and short enough for the head line.
_NAME = r"[^\x00-\x1f\x7f-\x9f]{1,40}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MunicipalitySettings:
    """Whose terminal this is. `code` has six digits, the last of them a check digit.

    `subject_digits`: of how many digits, leading zeros included, a 宛名番号 consists; 0 for 1 to 32 digits and letters.
    """

    # The check digit is looked at when the terminal is opened, by the store, so that the rule exists once.
    code: str = _text(r"[0-9]{6}", "[0-9], 6")
    name: str = _text(_NAME, "1–40")
    name_en: str = _text(_NAME, "1–40")
    section: str = _text(_NAME, "1–40")
    section_en: str = _text(_NAME, "1–40")
    subject_digits: int = _whole(0, 0, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSettings:
    """Which of the municipality's terminals this is; its name is signed in every envelope and log entry."""

    id: str = _text(r"[a-z0-9][a-z0-9-]{1,31}", "[a-z0-9-], 2–32")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the database is: PostgreSQL, or a file of SQLite, whose path may start at the terminal's directory."""

    # No query in the URL of a file: it could open the database read-only or without its locks.
    url: str = _text(
        r"sqlite:///[^\x00-\x20?#]+|postgresql\+psycopg://[^\x00-\x20#]+",
        "sqlite:///…, postgresql+psycopg://…",
        "sqlite:///database/renkei.sqlite3",
        secret=True,
    )


class KeySourceName(StrEnum):
    """Where the terminal's key comes from."""

    HOME = "home"
    FILE = "file"
    CREDENTIAL = "credential"
    PASSPHRASE = "passphrase"  # noqa: S105  # It is the name of a source, not a passphrase.


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysSettings:
    """Where the terminal's key comes from. `file` and `credential` say which, for the source of the same name."""

    source: str = _text("|".join(KeySourceName), ", ".join(KeySourceName), KeySourceName.HOME.value)
    file: str = _text(r"|/[^\x00-\x1f\x7f]+", "/…", "")
    # A name without slashes, which is looked up in the directory that systemd made for the service.
    credential: str = _text(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "[A-Za-z0-9_.-], 1–64", "renkei-terminal-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """How messages are reviewed."""

    # False is less than True, and protects less.
    two_persons: bool = field(default=True, metadata={"wanted": "true, false", "weaker": operator.lt})
    overdue_hours: int = _whole(24, 1, 24 * 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How many days contents are kept after a message has ended; 0 keeps them for ever."""

    content_days: int = _whole(0, 0, 36_500, weaker=_keeps_longer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """After how many seconds an idle screen is locked, and its session ended (protection measure 6)."""

    # `Settings.read` makes sure that the lock comes before the end.
    lock_seconds: int = _whole(180, 15, 3600, weaker=operator.gt)
    logoff_seconds: int = _whole(300, 30, 7200, weaker=operator.gt)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How many seconds the line waits to connect and to read, and how many messages one batch holds."""

    connect_seconds: int = _whole(5, 1, 60)
    read_seconds: int = _whole(30, 1, 300)
    # A batch on the line holds at most 512 items (PROTOCOL.md, 1).
    batch: int = _whole(100, 1, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How many years entries of the log stay here at least after their export (protection measure 7)."""

    keep_years: int = _whole(7, 1, 100, weaker=operator.lt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one terminal. `rehearsal` is empty on a real one, and comes from another file."""

    language: str = _text("ja|en", "ja, en", "ja")
    municipality: MunicipalitySettings
    terminal: TerminalSettings
    store: StoreSettings = StoreSettings()
    keys: KeysSettings = KeysSettings()
    review: ReviewSettings = ReviewSettings()
    retention: RetentionSettings = RetentionSettings()
    session: SessionSettings = SessionSettings()
    line: LineSettings = LineSettings()
    log: LogSettings = LogSettings()
    handin: tuple[HandinSettings, ...] = ()
    rehearsal: tuple[RehearsalPerson, ...] = ()

    @classmethod
    def load(cls, home: Path) -> "Settings":
        """Read and check the settings of the terminal at `home`.

        Raises HomeMissing, HomeForeign, HomeExposed or a SettingsFault.
        """
        # Before any content is read: what others could have written is not believed.
        check_private(home)
        settings = cls.read(home / FILE_NAME)
        people = rehearsal_people(home)
        return replace(settings, rehearsal=people) if people else settings

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """Read and check only the settings file at `path`, as it is prepared for a new terminal.

        Raises a SettingsFault.
        """
        text = toml_file.read_text(path)
        settings = cls.parse(text, path)
        # What two settings have to be together; each by itself was checked when it was read.
        with _placed(text, path):
            if settings.session.logoff_seconds <= settings.session.lock_seconds:
                wanted = f"> session.lock_seconds ({settings.session.lock_seconds})"
                raise invalid("session.logoff_seconds", settings.session.logoff_seconds, wanted)
            if settings.keys.source == KeySourceName.FILE and not settings.keys.file:
                raise invalid("keys.file", settings.keys.file, "/…")
        return settings

    @classmethod
    def parse(cls, text: str, path: Path) -> "Settings":
        """Build settings from `text`, the content of `path`, which errors name.

        Raises SettingsUnreadable, SettingsUnknown, SettingAbsent or SettingsInvalid.
        """
        data = toml_file.parse(text, path)
        with _placed(text, path):
            # It is a field of this class but no setting: the login screen of a real terminal must not show PINs.
            if "rehearsal" in data:
                raise SettingsUnknown(setting="rehearsal")
            built: Settings = _fill(cls, data, "")
        return built

    def database_url(self, home: Path) -> str:
        """Return the URL of the database, with an absolute path if it is a file."""
        file = self.database_file(home)
        return self.store.url if file is None else f"sqlite:///{file}"

    def database_file(self, home: Path) -> Path | None:
        """Return the absolute path of the database if it is a file; None for PostgreSQL."""
        if not self.store.url.startswith("sqlite:"):
            return None
        return (home / self.store.url.removeprefix("sqlite:///")).absolute()


def check_private(home: Path) -> None:
    """Refuse a directory that is missing, not ours, or open to others: it holds keys, so mode 0700 is wanted.

    Raises HomeMissing, HomeForeign, HomeExposed.
    """
    try:
        status = home.stat()
    except OSError:
        raise HomeMissing(home=str(home)) from None
    if not stat.S_ISDIR(status.st_mode):
        raise HomeMissing(home=str(home))
    # Apart from the mode: no mode helps where the directory belongs to somebody else, whose account has to run this.
    if status.st_uid != os.geteuid():
        raise HomeForeign(path=str(home), owner=status.st_uid, account=os.geteuid())
    if status.st_mode & 0o077:
        raise HomeExposed(path=str(home))


def dump(settings: Settings, about: Mapping[str, str]) -> str:
    """Return `settings` as the text of a settings file; above each, as a comment, is the sentence of `about`."""
    # In TOML, what belongs to no table has to come before the first table.
    lines: list[str] = []
    tables: list[str] = []
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        if entry.name == "rehearsal":
            continue
        heading, parts = (f"[[{entry.name}]]", value) if isinstance(value, tuple) else (f"[{entry.name}]", [value])
        if is_dataclass(value) or isinstance(value, tuple):
            for part in parts:
                tables += ["", heading]
                for inner in fields(part):
                    tables += _line(f"{entry.name}.{inner.name}", getattr(part, inner.name), about)
        else:
            lines += _line(entry.name, value, about)
    return "\n".join(lines + tables) + "\n"


def declarations() -> Iterator[tuple[str, Field[Any]]]:
    """Yield the dotted name of every setting, with the field that declares its bounds and default."""
    for entry in fields(Settings):
        kind = _hints(Settings)[entry.name]
        if entry.name == "rehearsal":
            continue
        table = get_args(kind)[0] if get_origin(kind) is tuple else kind
        if is_dataclass(table):
            yield from ((f"{entry.name}.{inner.name}", inner) for inner in fields(table))
        else:
            yield entry.name, entry


def names() -> Iterator[str]:
    """Yield the dotted name of every setting."""
    return (name for name, _ in declarations())


def default_of(entry: Field[Any]) -> str | None:
    """Return the default of a setting as the file spells it; None where the file has to say it."""
    return None if entry.default is MISSING else spelt(entry.default)


def spelt(value: object) -> str:
    """Return `value` as a settings file spells it."""
    # The standard library writes no TOML. A TOML basic string takes the escapes of a JSON string, and whole numbers and
    # booleans look the same in both.
    return json.dumps(value, ensure_ascii=False)


def checked(name: str, value: object) -> Any:
    """Return `value` if the setting with the dotted `name` may have it. Raises SettingsInvalid."""
    section, _, item = name.partition(".")
    kind = _hints(Settings)[section]
    entry = dict(declarations())[name]
    return _value(entry, _hints(kind)[item], value, name)


def invalid(name: str, value: object, wanted: str) -> SettingsInvalid:
    """Return the error for a `value` that the setting `name` must not have, where its bounds are `wanted`."""
    entry = dict(declarations())[name]
    shown = spelt(value) if isinstance(value, str | int | float) and not entry.metadata.get("secret") else "…"
    shown = shown if len(shown) <= _LONGEST_VALUE else shown[:_LONGEST_VALUE] + "…"
    return SettingsInvalid(setting=name, value=shown, wanted=wanted, default=default_of(entry) or "—")


def place_in(path: Path, error: SettingsFault) -> SettingsFault:
    """Return `error` with the place of its setting in the file at `path`: for what is found out after the reading."""
    with suppress(SettingsFault):
        return _place(error, toml_file.read_text(path), path)
    return error


def _line(name: str, value: object, about: Mapping[str, str]) -> list[str]:
    return [f"# {about[name]}", f"{name.rpartition('.')[2]} = {spelt(value)}"]


@contextmanager
def _placed(text: str, path: Path) -> Iterator[None]:
    """Add to what is wrong with a setting of `text` where it stands, so that people mend the file that was read."""
    try:
        yield
    except SettingsFault as error:
        raise _place(error, text, path) from None


def _place(error: SettingsFault, text: str, path: Path) -> SettingsFault:
    # Of one table among several it is known which: the setting alone would name the first of them.
    error.facts["place"] = toml_file.place_of(text, path, error.facts.pop("at", error.facts["setting"]))
    return error


def _fill(kind: type[Any], data: Mapping[str, object], prefix: str) -> Any:
    """Return `data` as an object of the dataclass `kind`; `prefix` is the dotted name of its table, for errors."""
    known = {entry.name: entry for entry in fields(kind)}
    # An unknown name is refused, never ignored: a misspelt protection would silently keep its default.
    for name in data:
        if name not in known:
            raise SettingsUnknown(setting=prefix + name)
    hints = _hints(kind)
    values: dict[str, object] = {}
    for name, entry in known.items():
        if name in data:
            values[name] = _value(entry, hints[name], data[name], prefix + name)
        # A table that is missing altogether: the error names the first setting in it that has no default.
        elif is_dataclass(hints[name]) and entry.default is MISSING:
            values[name] = _fill(hints[name], {}, f"{prefix}{name}.")
        elif entry.default is MISSING:
            raise SettingAbsent(setting=prefix + name, wanted=entry.metadata["wanted"])
    return kind(**values)


def _tables(kind: type[Any], value: object, name: str) -> tuple[object, ...]:
    """Return the tables `[[name]]` as objects of the dataclass `kind`."""
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise SettingsInvalid(setting=name, value="…", wanted=f"[[{name}]]", default="—")
    built = []
    for number, part in enumerate(value):
        try:
            built.append(_fill(kind, part, f"{name}."))
        except SettingsFault as error:
            error.facts["at"] = error.facts["setting"].replace(name, f"{name}.{number}", 1)
            raise
    return tuple(built)


def _value(entry: Field[Any], kind: Any, value: object, name: str) -> object:
    if get_origin(kind) is tuple:
        return _tables(get_args(kind)[0], value, name)
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise SettingsInvalid(setting=name, value="…", wanted=f"[{name}]", default="—")
        return _fill(kind, value, f"{name}.")  # type: ignore[arg-type]  # A parsed TOML table has text keys.
    if kind is bool:
        fits = isinstance(value, bool)
    elif kind is int:
        # `bool` is a kind of `int` to Python, but `true` is no number.
        fits = type(value) is int and entry.metadata["least"] <= value <= entry.metadata["most"]
    else:
        fits = isinstance(value, str) and entry.metadata["pattern"].fullmatch(value) is not None
    if not fits:
        raise invalid(name, value, entry.metadata["wanted"])
    return value
