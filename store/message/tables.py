"""The dated tables of `store/data`: what an article, a code or a name means on a given day.

Each file is TOML. Under each code it has a list of entries with `from`, perhaps `to` (both days included), and the
names `ja` and `en`. A table is read when it is first needed, and refused as a whole when the periods of a code overlap
or leave a gap.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

from store.message.errors import TableDamaged

_DIRECTORY: Final = Path(__file__).parent.parent / "data"

SYSTEM_START: Final = date(2012, 7, 9)
"""The day on which the present system of foreign residents came into force (平成21年法律第77号・第79号)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The meaning of a code from `since` to `until` (both included; None: still in force)."""

    code: str
    since: date
    until: date | None
    ja: str
    en: str

    def covers(self, day: date) -> bool:
        """Tell whether the entry is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def name(self, language: Literal["ja", "en"]) -> str:
        """Return the name in one language."""
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Entry):
    """届出 of the 住民基本台帳法: the action that it causes, and whether it states a planned departure.

    `corrected` are the only items that it corrects, `not_for` the categories that do not make it, and `card_pending`
    whether it may be made with a passport that says that the card is delivered later.
    """

    action: str
    planned_departure: bool
    corrected: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()
    card_pending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceArticle(Entry):
    """住居地の届出: whose report it is, which reports it may be deemed by, and which items it carries."""

    category: str
    deemed_by: tuple[str, ...]
    settled_on: bool = False
    settled_on_not_deemed_by: tuple[str, ...] = ()
    settled_on_first_residence: bool = False
    moved_on: bool = False
    previous_address: bool = False
    previous_address_not_deemed_by: tuple[str, ...] = ()
    card_pending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause(Entry):
    """職権の事由: its paragraphs, the usual one first, the actions that it can cause, and the day that its date states.

    `own_date`: the date is that of the event, not that of the change in the record; `partial_date`: parts of it may be
    unknown; `date_note`: papers may describe it in words. `corrected` are the only items that the cause corrects, and
    `category` is the one to which such a person usually belongs.
    """

    paragraphs: tuple[str, ...]
    actions: tuple[str, ...]
    partial_date: bool
    day_ja: str
    day_en: str
    own_date: bool = False
    date_note: bool = False
    corrected: tuple[str, ...] = ()
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidenceStatus(Entry):
    """在留資格, and whether a person of that status is a 中長期在留者."""

    mid_long_term: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality(Entry):
    """A municipality, by its code of six digits."""

    prefecture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Era(Entry):
    """元号. `first_year` is the Western year of 元年."""

    first_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerName(Entry):
    """相手先 as the law names it, and the name of its notices."""

    notice_ja: str
    notice_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterEvent(Entry):
    """異動. `messages` holds the kind of each message and the items that the event determines; empty: not notified."""

    messages: tuple[Mapping[str, Any], ...] = ()


E = TypeVar("E", bound=Entry)


class Table(Generic[E]):
    """A dated table."""

    def __init__(self, entries: Mapping[str, tuple[E, ...]]) -> None:
        self._entries = entries

    def at(self, code: str, day: date) -> E | None:
        """Return what `code` means on a day, or None when it means nothing then."""
        # The comparison is that of `Entry.covers`, without a call: this runs for every coded item of every record.
        for entry in self._entries.get(code, ()):
            if entry.since <= day and (entry.until is None or day <= entry.until):
                return entry
        return None

    def in_force(self, day: date) -> tuple[E, ...]:
        """Return all entries in force on a day, in the order of the file."""
        # People are offered the codes in this order.
        return tuple(entry for entry in self if entry.covers(day))

    def codes(self, day: date) -> str:
        """Return the codes in force on a day, as the facts of a finding list them."""
        return ", ".join(entry.code for entry in self.in_force(day))

    def __contains__(self, code: object) -> bool:
        """Tell whether the code means something on any day."""
        return code in self._entries

    def __iter__(self) -> Iterator[E]:
        for entries in self._entries.values():
            yield from entries


def read_table(path: Path, entry_class: type[E]) -> Table[E]:
    """Read a table.

    Raises TableDamaged (facts `table`, `entry`) for a file that is not TOML, an entry of the wrong shape, and periods
    of a code that overlap or leave a gap.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableDamaged(table=path.name, entry="-") from error
    return Table({code: _line_up(path.name, code, entries, entry_class) for code, entries in document.items()})


def _line_up(table: str, code: str, entries: Any, entry_class: type[E]) -> tuple[E, ...]:
    """Make the entries of a code and check that each of them begins on the day after the previous one ended."""
    try:
        # A code without entries would never mean anything, so an empty list is damage as well.
        made = tuple(_make(code, entry, entry_class) for entry in entries)
        whole = bool(made) and all(
            earlier.until is not None and earlier.until + timedelta(days=1) == later.since
            for earlier, later in pairwise(made)
        )
        ordered = all(entry.until is None or entry.since <= entry.until for entry in made)
    except (TypeError, KeyError, AttributeError) as error:
        raise TableDamaged(table=table, entry=code) from error
    if not (whole and ordered):
        raise TableDamaged(table=table, entry=code)
    return made


def _make(code: str, entry: Mapping[str, Any], entry_class: type[E]) -> E:
    # The class of the entries knows their items: a missing or unknown one is a TypeError.
    items: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    since, until = items.pop("from"), items.pop("to", None)
    # TOML has dates of its own: a quoted date is a text, and comparing it with a day would fail only later.
    if not isinstance(since, date) or not isinstance(until, date | None):
        raise TypeError(code)
    return entry_class(code=code, since=since, until=until, **items)


# Each table is read once per process: its files belong to the program and do not change while it runs.
@cache
def articles() -> Table[Entry]:
    """Return 根拠条文, under keys that keep their meaning when the numbers of articles change."""
    return read_table(_DIRECTORY / "articles.toml", Entry)


@cache
def reports() -> Table[Report]:
    """Return 住民基本台帳法の届出."""
    return read_table(_DIRECTORY / "reports.toml", Report)


@cache
def residence_articles() -> Table[ResidenceArticle]:
    """Return 住居地の届出."""
    return read_table(_DIRECTORY / "residence_reports.toml", ResidenceArticle)


@cache
def paragraphs() -> Table[Entry]:
    """Return 職権の根拠."""
    return read_table(_DIRECTORY / "paragraphs.toml", Entry)


@cache
def causes() -> Table[Cause]:
    """Return 職権の事由."""
    return read_table(_DIRECTORY / "causes.toml", Cause)


@cache
def not_sent() -> Table[Entry]:
    """Return what must not be sent, by the first word of its name."""
    return read_table(_DIRECTORY / "not_sent.toml", Entry)


@cache
def nationalities() -> Table[Entry]:
    """Return 国籍・地域 by the codes of ISO 3166-1 alpha-3 and some others."""
    return read_table(_DIRECTORY / "nationalities.toml", Entry)


@cache
def statuses() -> Table[ResidenceStatus]:
    """Return 在留資格 by name."""
    return read_table(_DIRECTORY / "statuses.toml", ResidenceStatus)


@cache
def municipalities() -> Table[Municipality]:
    """Return municipalities by code."""
    return read_table(_DIRECTORY / "municipalities.toml", Municipality)


@cache
def eras() -> Table[Era]:
    """Return 元号; from 1873 on, every day belongs to one of them."""
    return read_table(_DIRECTORY / "eras.toml", Era)


@cache
def peer_names() -> Table[PeerName]:
    """Return 相手先; the only code is `peer`."""
    return read_table(_DIRECTORY / "peers.toml", PeerName)


@cache
def events() -> Table[CounterEvent]:
    """Return 異動 and the messages that they cause."""
    return read_table(_DIRECTORY / "events.toml", CounterEvent)


def peer_name(day: date) -> PeerName:
    """Return the authority that the law names as the peer on a day.

    Raises TableDamaged for a day without one, that is before 2012-07-09.
    """
    entry = peer_names().at("peer", day)
    if entry is None:
        raise TableDamaged(table="peers.toml", entry=day.isoformat())
    return entry
