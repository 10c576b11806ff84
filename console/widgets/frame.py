"""The lines that frame the work on each screen: head, counts, notice and foot."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rich.style import Style

from console.errors import DrillCopy
from console.keys import AT_LOG_ON, AT_WORK, LANGUAGE, LOG_OFF, Key
from console.process.tty import draws_japanese
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, fit, width_of, wrap
from console.words import Words
from store.message.worklists import DIGITS, WorkList
from store.rights import Role

if TYPE_CHECKING:
    from console.host import Host

_GAP: Final = 2
_MARGIN: Final = 1
_LEAST_SECTION: Final = 5  # A section cut to fewer cells says nothing.
_WIDEST_GAP: Final = 4
# A notice takes its lines from the work above it, which has to stay usable at 80 by 24.
_MOST_NOTICE_LINES: Final = 6
# The order in which a person's roles are shown: the one that carries the most weight comes first.
_ROLES: Final = (Role.OFFICER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR, Role.CUSTODIAN)


class HeadLine(OneLine):
    """Shows whose terminal this is, the peer and the line, who is logged on in which role, and the time to log-off."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line. When it is too long, the section gives way first, and then the name of the peer."""
        ink = self.ink("frame").put(" ")
        right = self._right()
        room = self.size.width - 1 - _MARGIN - _GAP - sum(width_of(text) for text, _ in right)
        place, section = self._place()
        ink.put(
            place if room < width_of(place) + _LEAST_SECTION else fit(f"{place} {section}", room),
            self.palette["strong"],
        )
        ink.gap_to(self.size.width - _MARGIN - sum(width_of(text) for text, _ in right))
        return ink.put_all(right)

    def _place(self) -> tuple[str, str]:
        municipality = self.console_app.settings.municipality
        if self.words.language == "ja":
            return municipality.name, municipality.section
        return municipality.name_en, municipality.section_en

    def _right(self) -> list[tuple[str, Style | None]]:
        app, words = self.console_app, self.words
        session = app.session
        if session is None:
            return [(words("head.nobody"), None)]
        roles = words("head.between").join(words(f"roles.short.{role}") for role in _ROLES if role in session.roles)
        return [
            *self._line(),
            (f"  {session.person_id}", self.palette["strong"]),
            (f" {roles}  ", None),
            self._time_left(),
        ]

    def _time_left(self) -> tuple[str, Style | None]:
        name, count = self.console_app.time_left.shown
        # Only the seconds stand out: the minutes are always there.
        style = None if name == "minutes_left" else self.palette["attention"]
        return self.words(f"head.{name}", count=count), style

    def _line(self) -> list[tuple[str, Style | None]]:
        state, words = self.console_app.line_state, self.words
        if state is None:
            return [(words("head.line_asking"), None)]
        if state.code == DrillCopy.code:
            # In place of the peer, whom a copy never reaches: nobody is to take it for the real terminal.
            return [(words("head.drill_copy"), self.palette["trouble"])]
        style = self.palette["good" if state.up else "trouble"]
        # A name longer than a quarter of the line would leave no room for the municipality.
        named = width_of(state.peer_name) <= self.size.width // 4
        peer = f"{state.peer_name} " if named else words("head.peer")
        return [(peer, None), (words("head.line_up" if state.up else "head.line_down"), style)]


class CountsLine(OneLine):
    """Shows how many messages are in which list of work, each with the digit that opens it. Empty lists fall off."""

    _WANTING: Final = {"returned": "attention", "overdue": "attention", "unknown": "attention", "refused": "trouble"}
    _UNNUMBERED: Final = (WorkList.APPROVED, WorkList.HELD)

    def draw_line(self, _y: int) -> Ink:
        """Draw the counts; draw nothing before they are known."""
        ink = self.ink().put(" ")
        # Several screens have counts: each keeps its own under this name.
        counts = getattr(self.screen, "counts", None)
        if counts is None:
            return ink
        parts, gap = self._fitting(counts)
        if not parts:
            return ink.put(self.words("head.counts.nothing"), self.palette["faint"])
        for digit, name, label, number in parts:
            ink.put(digit, self.palette["key"]).put(f"{label} ", self.palette["faint"])
            ink.put(str(number), self.palette[self._WANTING.get(name, "strong")]).put(" " * gap)
        return ink

    def _fitting(self, counts: object) -> tuple[list[tuple[str, WorkList, str, int]], int]:
        """Return as many counts as fit, and the gap between them.

        When the line is too long, the words become short and lose their dots, then the gaps give way, and at last what
        stands at the end of the line: what only waits to be sent or is held, and the last digits.
        """
        # The dots go with the long words: in the short form a digit stands close enough to its word.
        for words, gaps in (("head.counts", (_WIDEST_GAP, _GAP)), ("head.counts.short", (_GAP, 1))):
            parts = self._parts(counts, words, "." if words == "head.counts" else "")
            for gap in gaps:
                if self._width(parts, gap) <= self.size.width:
                    return parts, gap
        while self._width(parts, 1) > self.size.width:
            parts.pop()
        return parts, 1

    def _parts(self, counts: object, words: str, dot: str) -> list[tuple[str, WorkList, str, int]]:
        named = [(f"{digit}{dot}", work) for digit, work in DIGITS.items() if work is not WorkList.TODO]
        lists = [*named, *(("", work) for work in self._UNNUMBERED)]
        numbers = ((digit, work, self.words(f"{words}.{work}"), int(getattr(counts, work))) for digit, work in lists)
        return [part for part in numbers if part[3]]

    def _width(self, parts: Sequence[tuple[str, WorkList, str, int]], gap: int) -> int:
        return _MARGIN + sum(width_of(f"{digit}{label} {number}") + gap for digit, _, label, number in parts) - gap


class NoticeLine(Surface):
    """Shows what the console has to say: a mark in words, the text, and what to do. It is empty most of the time."""

    DEFAULT_CSS = "NoticeLine { height: 1; width: 1fr; }"

    def __init__(self, *, id: str = "notice") -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._level = "note"
        self._text: Callable[[Words], str] | None = None

    def say(self, level: str, text: Callable[[Words], str]) -> None:
        """Show what `text` returns, and ask it again when the language changes; `level` is done, note or trouble."""
        self._level, self._text = level, text
        self._fit_height()

    def clear(self) -> None:
        """Show nothing."""
        self._text = None
        self._fit_height()

    @property
    def shown(self) -> str:
        """The text that is shown now, without its mark."""
        return self._text(self.words) if self._text else ""

    def reword(self) -> None:
        """Show the text in the current language, in as many lines as it takes there."""
        self._fit_height()

    def on_resize(self) -> None:
        """Wrap the text for the new width."""
        self._fit_height()

    def draw_line(self, y: int) -> Ink:
        """Draw line `y` of the notice."""
        lines = self._lines()
        ink = self.ink().put(" ")
        if y >= len(lines):
            return ink
        # The mark repeats in a word what the colour says.
        mark = self.words(f"common.{self._level}")
        style = self.palette[{"done": "good", "note": "attention"}.get(self._level, "trouble")]
        ink.put(mark if y == 0 else " " * width_of(mark), style)
        return ink.put("  ").put(lines[y])

    def _lines(self) -> list[str]:
        if self._text is None:
            return []
        width = self.size.width - 4 - width_of(self.words(f"common.{self._level}"))
        lines = wrap(self._text(self.words), width)
        # What nobody foresaw to be so long ends with the sign of a cut, and not as if it were complete.
        first, rest = lines[: _MOST_NOTICE_LINES - 1], "".join(lines[_MOST_NOTICE_LINES - 1 :])
        return [*first, fit(rest, width)] if len(lines) > _MOST_NOTICE_LINES else lines

    def _fit_height(self) -> None:
        # One line is kept while there is nothing to say, so that the work above does not move with every notice.
        self.styles.height = max(1, len(self._lines()))
        self.refresh()


class FootLine(Surface):
    """Shows the keys of the screen on the left, and on the right those that work everywhere.

    Where they need it they have a line each. The height follows from what the person may do at all, and not from the
    state of what is on the screen: the work above must not jump. `typed`: letters are text here.
    """

    DEFAULT_CSS = "FootLine { height: auto; width: 1fr; }"

    def __init__(self, keys: Iterable[Key], *, everywhere: Sequence[Key] | None = None, typed: bool = False) -> None:
        super().__init__(id="foot")
        self.keys = list(keys)
        self.typed = typed
        self._keys = [key for key in self.keys if key.in_foot]
        self._everywhere = everywhere

    def offer(self, keys: Iterable[Key], *, typed: bool) -> None:
        """Show other keys: those of a field that was opened, or of the screen again."""
        self.keys, self.typed = list(keys), typed
        self._keys = [key for key in self.keys if key.in_foot]
        self.refresh(layout=True)

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """Return one line, or two."""
        # Whether the state allows a key is not asked: it changes with every row under the cursor.
        usable = [key for key in self._keys if self.console_app.may(key.right)]
        left, right = (self._width_of(signs) for signs in (self._named(usable), self._named(self._right_keys())))
        return 2 if left and left + _GAP + right + 2 * _MARGIN > width else 1

    def reword(self) -> None:
        """Show the keys in the current language, in as many lines as they take there."""
        self.refresh(layout=True)

    def draw_line(self, y: int) -> Ink:
        """Draw as many keys as fit; the help shows all of them."""
        ink, apart = self.ink("frame").put(" "), self.size.height > 1
        right = self._named(self._right_keys()) if not apart or y == 1 else []
        start = self.size.width - _MARGIN - self._width_of(right)
        for sign, word in self._named(filter(self._offers, self._keys)) if y == 0 else ():
            # A key too long for the room is left out, and a shorter one after it may still fit.
            if ink.width + width_of(f"{sign} {word}") <= start - (_GAP if right else 0):
                self._put(ink, sign, word)
        ink.gap_to(start)
        for sign, word in right:
            self._put(ink, sign, word)
        return ink

    def _right_keys(self) -> Iterable[Key]:
        everywhere = self._everywhere
        if everywhere is None:
            everywhere = AT_LOG_ON if self.console_app.session is None else AT_WORK
        # Where Japanese cannot be drawn there is nothing to switch to.
        drawn = (key for key in everywhere if key.action != LANGUAGE.action or draws_japanese())
        # Where letters are text, a key that is only a letter does nothing.
        return [key for key in drawn if not self.typed or key.has_function_key]

    def _named(self, keys: Iterable[Key]) -> list[tuple[str, str]]:
        """Return the signs of the keys with their words; keys that share a sign stand together."""
        named: dict[str, list[str]] = {}
        for key in keys:
            named.setdefault(key.function_sign if self.typed else key.sign, []).append(word_of(key, self.console_app))
        return [(sign, self.words("head.between").join(dict.fromkeys(words))) for sign, words in named.items()]

    def _width_of(self, named: Sequence[tuple[str, str]]) -> int:
        return sum(width_of(f"{sign} {word}") + _GAP for sign, word in named) - (_GAP if named else 0)

    def _offers(self, key: Key) -> bool:
        """Return whether the screen says that the key can be used now; a dialog offers all of its keys."""
        offers = getattr(self.screen, "offers", None)
        return offers is None or offers(key)

    def _put(self, ink: Ink, sign: str, word: str) -> None:
        ink.put(sign, self.palette["key"]).put(f" {word}").put(" " * _GAP)


def word_of(key: Key, app: "Host") -> str:
    """Return what a key is called: before the log-on there is nobody to log off, and the same key ends the console."""
    return app.words("keys.leave" if key is LOG_OFF and app.session is None else key.text)
