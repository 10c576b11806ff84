"""The dated tables of `store/data`: what an article, a code or a name means on a given day.

Each file is TOML. Under each code it has a list of entries with `from`, perhaps `to` (both days included), and the
names `ja` and `en`. A table is read when it is first needed, with what the terminal lays over it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeVar

from store.message.errors import TableDayMissing
from store.message.table_entries import read_entries
from store.message.table_files import Kept, layers

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
class Nationality(Entry):
    """国籍・地域, with the names that people have for it besides, in either language."""

    aliases: tuple[str, ...] = ()


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
    """異動. `messages` holds the kind of each message and the items that the event determines; empty: not notified.

    `aliases`: what people call it besides, in part.
    """

    messages: tuple[Mapping[str, Any], ...] = ()
    aliases: tuple[str, ...] = ()


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


CLASSES: Final[Mapping[str, type[Entry]]] = MappingProxyType(
    {
        "articles.toml": Entry,
        "reports.toml": Report,
        "residence_reports.toml": ResidenceArticle,
        "paragraphs.toml": Entry,
        "causes.toml": Cause,
        "not_sent.toml": Entry,
        "nationalities.toml": Nationality,
        "statuses.toml": ResidenceStatus,
        "municipalities.toml": Municipality,
        "eras.toml": Era,
        "peers.toml": PeerName,
        "events.toml": CounterEvent,
    }
)
"""The dated tables by the names of their files, and what an entry of each is."""


def merge(name: str, texts: Iterable[str]) -> Table[Any]:
    """Make a table of its file and of what is laid over it: the last text that names a code decides on it.

    Raises a TableFault, with the facts `table`, `line`, `entry` and `item`.
    """
    entries: dict[str, tuple[Entry, ...]] = {}
    for text in texts:
        entries |= read_entries(name, text, CLASSES[name])
    return Table(entries)


def _read(name: str) -> Table[Any]:
    return merge(name, layers(name))


# Each table is read once, and anew only when the terminal lays something else over it.
@Kept
def articles() -> Table[Entry]:
    """Return 根拠条文, under keys that keep their meaning when the numbers of articles change."""
    return _read("articles.toml")


@Kept
def reports() -> Table[Report]:
    """Return 住民基本台帳法の届出."""
    return _read("reports.toml")


@Kept
def residence_articles() -> Table[ResidenceArticle]:
    """Return 住居地の届出."""
    return _read("residence_reports.toml")


@Kept
def paragraphs() -> Table[Entry]:
    """Return 職権の根拠."""
    return _read("paragraphs.toml")


@Kept
def causes() -> Table[Cause]:
    """Return 職権の事由."""
    return _read("causes.toml")


@Kept
def not_sent() -> Table[Entry]:
    """Return what must not be sent, by the first word of its name."""
    return _read("not_sent.toml")


@Kept
def nationalities() -> Table[Nationality]:
    """Return 国籍・地域 by the codes of ISO 3166-1 alpha-3 and some others."""
    return _read("nationalities.toml")


@Kept
def statuses() -> Table[ResidenceStatus]:
    """Return 在留資格 by name."""
    return _read("statuses.toml")


@Kept
def municipalities() -> Table[Municipality]:
    """Return municipalities by code."""
    return _read("municipalities.toml")


@Kept
def eras() -> Table[Era]:
    """Return 元号; from 1873 on, every day belongs to one of them."""
    return _read("eras.toml")


@Kept
def peer_names() -> Table[PeerName]:
    """Return 相手先; the only code is `peer`."""
    return _read("peers.toml")


@Kept
def events() -> Table[CounterEvent]:
    """Return 異動 and the messages that they cause."""
    return _read("events.toml")


def peer_name(day: date) -> PeerName:
    """Return the authority that the law names as the peer on a day.

    Raises TableDayMissing for a day without one, that is before 2012-07-09.
    """
    entry = peer_names().at("peer", day)
    if entry is None:
        raise TableDayMissing(table="peers.toml", entry=day.isoformat())
    return entry
