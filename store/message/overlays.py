"""Whether what a terminal would lay over its tables is sound: the same that holds for the files of the package.

Each file has the form of its table; what it points at is there; and what it says of a code leaves out no day of which
the package says something, because old messages keep the names of their own day.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any, Final

from store import holidays
from store.message import seiji, tables
from store.message.codes import OUTGOING, Action, BasisKind, Category, CorrectedItem
from store.message.declarations.values import check_digit
from store.message.errors import TableForeign, TableItemWrong, TablePeriodBroken
from store.message.search import VARIANTS, read_variants
from store.message.table_entries import line_of
from store.message.table_files import names, package_text
from store.message.tables import CLASSES, CounterEvent, Entry, Table

# Something has to be said of each day to come: they are the sources of rules, the peer, the era of a date.
_WITHOUT_END: Final = frozenset({"articles.toml", "peers.toml"})
_ERAS: Final = "eras.toml"
_MESSAGE_ITEMS: Final = frozenset({"kind", "preset", "articles", "choose_article", "card_presented"})
_PRESET_ITEMS: Final = frozenset({"action", "corrected", "name_pending", "deemed_by", "basis"})

Tables = Mapping[str, Table[Any]]
# The codes of an item of an entry, and those among which they have to be.
Reference = tuple[str, Iterable[object], Iterable[object]]


def check(texts: Mapping[str, str]) -> None:
    """Check the texts that would be laid over the tables, by the names of files. Raises the first TableFault."""
    for name in texts:
        if name not in names():
            raise TableForeign(table=name)
    _check_forms(texts)
    # Merged first, because what one file points at may be in another.
    merged = {
        name: tables.merge(name, [package_text(name), *(text for file, text in texts.items() if file == name)])
        for name in CLASSES
    }
    for name, text in texts.items():
        if name in CLASSES:
            _check_entries(name, text, merged)
    # Eras follow each other from code to code, so they are looked at all together.
    if _ERAS in texts:
        _check_eras(texts[_ERAS], merged[_ERAS])


def said_of(name: str, text: str) -> dict[str, object]:
    """Return what a sound file says, by its codes, to compare it with what another says."""
    if name in CLASSES:
        entries = list(tables.merge(name, [text]))
        return {entry.code: [each for each in entries if each.code == entry.code] for entry in entries}
    if name == seiji.REPLACEMENTS:
        return dict(seiji.read_replacements(text))
    if name == VARIANTS:
        return dict(read_variants(text))
    return dict.fromkeys(seiji.read_kept(text)) if name == seiji.KEPT else holidays.merge([text])


def _check_forms(texts: Mapping[str, str]) -> None:
    """Check the tables that are not dated; the dated ones are checked as they are merged."""
    forms: Mapping[str, Callable[[str], object]] = {
        seiji.REPLACEMENTS: seiji.read_replacements,
        seiji.KEPT: seiji.read_kept,
        VARIANTS: read_variants,
        holidays.TABLE: lambda text: holidays.merge([text]),
    }
    for name, read in forms.items():
        if name in texts:
            read(texts[name])


def _check_entries(name: str, text: str, merged: Tables) -> None:
    package = tables.merge(name, [package_text(name)])
    own: Table[Any] = tables.merge(name, [text])
    for code in dict.fromkeys(entry.code for entry in own):
        entries = [entry for entry in own if entry.code == code]
        former = [entry for entry in package if entry.code == code]
        facts = {"table": name, "line": line_of(text, code), "entry": code}
        # A message of long ago is shown under the names of its own day.
        if former and entries[0].since > former[0].since:
            raise TablePeriodBroken(**facts, item="from")
        if name in _WITHOUT_END and entries[-1].until is not None:
            raise TablePeriodBroken(**facts, item="to")
        if name in _CODES and not _CODES[name](code):
            raise TableItemWrong(**facts, item="-", wanted=_CODE_FORMS[name])
        for number, entry in enumerate(entries):
            for item, found, allowed in _references(entry, merged):
                known = list(map(str, allowed))
                if not {*map(str, found)} <= {*known}:
                    line = line_of(text, code, number)
                    raise TableItemWrong(**{**facts, "line": line}, item=item, wanted=", ".join(known))


def _check_eras(text: str, eras: Table[Any]) -> None:
    """Check that every day belongs to one era."""
    ordered: list[Entry] = sorted(eras, key=lambda era: era.since)
    for earlier, later in pairwise(ordered):
        if earlier.until is None or (later.since - earlier.until).days != 1:
            raise TablePeriodBroken(table=_ERAS, line=line_of(text, later.code), entry=later.code, item="from")
    if ordered[-1].until is not None:
        raise TablePeriodBroken(table=_ERAS, line=line_of(text, ordered[-1].code), entry=ordered[-1].code, item="to")


# The agency refuses what is not of these forms, so a code of another form would only be refused later.
def _is_municipality(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit() and check_digit(code) == code[-1]  # noqa: PLR2004  # The length of the code.


def _is_nationality(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()  # noqa: PLR2004  # The length of the code.


# What codes look like, in the tables of which messages take the code itself.
_CODES: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {"municipalities.toml": _is_municipality, "nationalities.toml": _is_nationality, "peers.toml": "peer".__eq__}
)
_CODE_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {"municipalities.toml": "NNNNNC", "nationalities.toml": "AAA", "peers.toml": "peer"}
)


def _references(entry: Entry, merged: Tables) -> list[Reference]:
    """Return what an entry points at."""
    reports = _codes(merged, "reports.toml")
    # By the class, as the class says which items there are: a new kind of table gets its case here.
    match entry:
        case tables.Report():
            return [
                ("action", [entry.action], Action),
                ("corrected", entry.corrected, CorrectedItem),
                ("not_for", entry.not_for, Category),
            ]
        case tables.ResidenceArticle():
            return [
                ("category", [entry.category], Category),
                ("deemed_by", entry.deemed_by, reports),
                ("settled_on_not_deemed_by", entry.settled_on_not_deemed_by, entry.deemed_by),
                ("previous_address_not_deemed_by", entry.previous_address_not_deemed_by, entry.deemed_by),
            ]
        case tables.Cause():
            return [
                ("paragraphs", entry.paragraphs, _codes(merged, "paragraphs.toml")),
                ("actions", entry.actions, Action),
                ("corrected", entry.corrected, CorrectedItem),
                ("category", [] if entry.category is None else [entry.category], Category),
            ]
        case CounterEvent():
            return list(chain.from_iterable(_of_message(message, merged) for message in entry.messages))
        case _:
            return []


def _of_message(message: Mapping[str, Any], merged: Tables) -> list[Reference]:
    """Return what a message of an event points at: its kind, and what it presets."""
    preset, articles = _group(message.get("preset")), _group(message.get("articles"))
    basis = _group(preset.get("basis"))
    reports = _codes(merged, "reports.toml")
    residence = _codes(merged, "residence_reports.toml")
    # The names of the items come first: what an unknown item holds says nothing.
    return [
        ("messages", message, _MESSAGE_ITEMS),
        ("kind", [message.get("kind")], OUTGOING),
        ("preset", preset, _PRESET_ITEMS),
        ("action", _given(preset, "action"), Action),
        ("corrected", _listed(preset, "corrected"), CorrectedItem),
        ("name_pending", _given(preset, "name_pending"), [True]),
        ("deemed_by", _given(preset, "deemed_by"), reports),
        ("basis", basis, ("kind", "article", "paragraph", "cause")),
        ("kind", _given(basis, "kind"), BasisKind),
        ("article", _given(basis, "article"), reports),
        ("paragraph", _given(basis, "paragraph"), _codes(merged, "paragraphs.toml")),
        ("cause", _given(basis, "cause"), _codes(merged, "causes.toml")),
        ("articles", articles, Category),
        ("articles", chain.from_iterable(_listed(articles, category) for category in articles), residence),
    ]


def _group(value: Any) -> Mapping[str, Any]:
    # What is no group is told as an item that no group has.
    return value if isinstance(value, Mapping) else {} if value is None else {str(value): None}


def _given(group: Mapping[str, Any], name: str) -> list[Any]:
    return [group[name]] if name in group else []


def _listed(group: Mapping[str, Any], name: str) -> list[Any]:
    value = group.get(name, [])
    return value if isinstance(value, list) else [value]


def _codes(merged: Tables, name: str) -> list[str]:
    return list(dict.fromkeys(entry.code for entry in merged[name]))
