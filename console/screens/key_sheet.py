"""The key sheet (キー一覧): all keys of the screen in hand, beside those that work everywhere.

It shows what the foot line of that screen was given, so that foot, sheet and help say the same, and a screen or dialog
needs no line of its own for it. A key that the person has no right to is shown nowhere; one that the state of what is
on the screen does not allow is faint here, and is missing in the foot.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen

from console.hardened import HardenedScreen
from console.keys import AT_LOG_ON, EVERYWHERE, LANGUAGE, LIST_KEYS, LOCK, LOG_OFF, WAYS, Key, above
from console.screens.base import Dialog
from console.widgets.frame import FootLine, word_of
from console.widgets.page import Pieces
from console.widgets.surface import Surface
from console.widgets.text import Ink, fit, width_of, wrap

if TYPE_CHECKING:
    from rich.style import Style

    from console.host import Host

_SIGN: Final = 13  # the cells of a key
_RIGHT: Final = 38  # those of what works everywhere
_HEAD: Final = 4  # the title, the names of the columns, and the blank lines between
# They lead away from what the screen shows, and are the same on every screen that has them.
_WAYS: Final = frozenset({"exchange", "log", "search", "reload", "open_list", "back"})
_PAGE: Final = Key("f1", "F1", "help", "read_help")
_CLOSE: Final = Key("escape,enter,b", "Esc", "back", "close")
_AGAIN: Final = Key("question_mark", "?", "help('keys')", "close", in_foot=False)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A line of the sheet: the sign of a key, its words, and whether it can do something now."""

    sign: str
    words: Sequence[str]
    offered: bool = True


def key_lines(
    app: "Host", keys: Sequence[Key], screen: Screen[Any] | None = None, *, typed: bool = False
) -> list[KeyLine]:
    """Return the lines of `keys` that the person may use; keys that share a letter stand in one.

    With a `screen`, what its state does not allow is not offered. `typed`: letters are text there.
    """
    offers = getattr(screen, "offers", lambda _key: True)
    shared: dict[str, list[Key]] = {}
    for key in keys:
        if app.may(key.right):
            shared.setdefault(_sign(key, typed=typed), []).append(key)
    return [
        KeyLine(sign, list(dict.fromkeys(word_of(key, app) for key in alike)), any(map(offers, alike)))
        for sign, alike in shared.items()
    ]


def columns(left: Sequence[KeyLine], right: Sequence[KeyLine], app: "Host", width: int) -> Iterator[Pieces]:
    """Yield the lines of two columns of keys beside each other; a long word takes several lines."""
    between = app.words("head.between")
    rooms = (width - _RIGHT, _RIGHT)
    wrapped = (_wrapped(side, between, room - _SIGN) for side, room in zip((left, right), rooms, strict=True))
    for sides in zip_longest(*wrapped):
        pieces: list[tuple[str, Style | None]] = []
        for line, room in zip(sides, rooms, strict=True):
            sign, word, offered = (line.sign, line.words[0], line.offered) if line is not None else ("", "", True)
            pieces += [
                (fit(f"  {sign}", _SIGN), app.palette["key" if offered else "faint"]),
                (fit(word, room - _SIGN), None if offered else app.palette["faint"]),
            ]
        yield pieces


# A letter that several deeds share has all of their words, which may take more than one line.
def _wrapped(lines: Sequence[KeyLine], between: str, room: int) -> Iterator[KeyLine]:
    for line in lines:
        for at, part in enumerate(_broken(line.words, between, room - 1)):
            yield replace(line, words=(part,), sign=line.sign if at == 0 else "")


def _broken(words: Sequence[str], between: str, room: int) -> Iterator[str]:
    """Yield the words in lines, each of them whole; a word that is too long for a line is broken."""
    line = ""
    for index, word in enumerate(words):
        piece = word + (between if index < len(words) - 1 else "")
        if line and width_of(f"{line}{piece}".rstrip()) > room:
            yield line.rstrip()
            line = ""
        *whole, line = wrap(f"{line}{piece}", room) if width_of(piece.rstrip()) > room else [f"{line}{piece}"]
        yield from whole
    yield line.rstrip()


def everywhere_lines(app: "Host", *, typed: bool = False) -> list[KeyLine]:
    """Return the keys that work everywhere, and those of lists and pages."""
    everywhere = AT_LOG_ON if app.session is None else EVERYWHERE
    keys = [key for key in everywhere if not typed or key.has_function_key]
    # A form moves by Tab and the arrows, and its letters are text.
    moves = () if typed else LIST_KEYS
    return [*key_lines(app, keys, typed=typed), *(KeyLine(sign, [app.words(f"keys.{name}")]) for sign, name in moves)]


def sides(
    app: "Host", keys: Sequence[Key], screen: Screen[Any] | None = None, *, typed: bool = False
) -> list[list[KeyLine]]:
    """Return both columns: what is done to what the screen shows, and the ways that are the same on every screen.

    So divided, each column has about half of the keys, and the sheet of the fullest screen has room at 80 by 24.
    """
    here = [key for key in keys if typed or key.deed not in _WAYS] or list(keys)
    ways = [key for key in keys if key not in here]
    # Those that every screen has, unless the letter is the screen's own here. A dialog wants its answer first.
    if app.session is not None and not isinstance(screen, ModalScreen):
        taken = {key.letter for key in keys}
        ways += [way for way in WAYS if way.letter not in taken and (not typed or way.has_function_key)]
    right = [*key_lines(app, ways, screen, typed=typed), *everywhere_lines(app, typed=typed)]
    return [key_lines(app, here, screen, typed=typed), right]


def _sign(key: Key, *, typed: bool) -> str:
    if typed or key.letter is None:
        return key.function_sign
    return key.letter_sign if key.function_sign == key.letter_sign else f"{key.letter_sign}  {key.function_sign}"


class KeySheet(Dialog[bool]):
    """Shows the keys of the screen below. Its result is whether the page of the help is wanted."""

    NAME = "keys"
    DEFAULT_CSS = "KeySheet KeyTable { height: auto; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = above((_CLOSE, _PAGE, _AGAIN), LANGUAGE, LOCK, LOG_OFF)

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self.about = about
        # Taken now: a job may close the screen below while its keys are shown.
        self.foot = about.query_one(FootLine)

    def compose(self) -> ComposeResult:
        """Lay out the table."""
        yield KeyTable()
        yield FootLine((_PAGE, _CLOSE), everywhere=(LOCK,))

    def action_back(self) -> None:
        """Close the sheet."""
        self.dismiss(result=False)

    def action_help(self, part: str = "page") -> None:
        """Close the sheet; F1 goes on to the page of the help."""
        self.dismiss(result=part == "page")


class KeyTable(Surface):
    """The two columns."""

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """Return a line for each key of the longer column, with the head and a blank line below."""
        return _HEAD + len(self._lines(width)) + 1

    def reword(self) -> None:
        """Show the keys in the current language."""
        self.refresh(layout=True)

    def draw_line(self, y: int) -> Ink:
        """Draw the title, the names of the columns, or keys."""
        ink, words, palette = self.ink("dialog"), self.words, self.palette
        lines = self._lines(self.size.width)
        if y == 1:
            return ink.put(f"  {words('keys.keys')}", palette["strong"])
        if y == _HEAD - 1:
            return ink.put(fit(f"  {words('keys.here')}", self.size.width - _RIGHT), palette["key"]).put(
                f"  {words('keys.everywhere')}", palette["key"]
            )
        return ink.put_all(lines[y - _HEAD]) if 0 <= y - _HEAD < len(lines) else ink

    def _lines(self, width: int) -> list[Pieces]:
        sheet = self.screen
        if not isinstance(sheet, KeySheet):
            return []
        foot, about = sheet.foot, sheet.about
        # A screen that was closed knows nothing of its state any more.
        left, right = sides(self.console_app, foot.keys, None if _is_gone(about) else about, typed=foot.typed)
        return list(columns(left, right, self.console_app, width))


def _is_gone(screen: Screen[Any]) -> bool:
    return isinstance(screen, HardenedScreen) and screen.gone
