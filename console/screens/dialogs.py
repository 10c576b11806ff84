"""Questions to the person: a plain one, one that wants a number or a reason typed, and one that wants a choice."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, LOCK, LOG_OFF, Key, above
from console.screens.base import Dialog
from console.widgets.field import TextField
from console.widgets.frame import FootLine
from console.widgets.options import Option, Options
from console.widgets.surface import OneLine, Surface
from console.widgets.text import Ink, wrap
from console.words import Words

_CANCEL = Key("escape", "Esc", "back", "cancel")
_CHOOSE = Key("", "Enter", "choose", "choose")  # The list itself binds it.


KEPT = "kept"
"""The result of a question that was answered by keeping what the other answer would destroy."""


class Deed(Key):
    """The key of a deed, whose text is in the catalogue of what it is about."""

    @property
    def text(self) -> str:
        """The key of the word in the catalogues."""
        return self.word


class QuestionDialog(Dialog[str | None]):
    """Asks a question. Its result is what was typed ("" where nothing is typed), or None when it was cancelled.

    The deed stands on its key: `deed` is the key of a text in the catalogues. What `destroys` is done by `d` and not by
    Enter, which stands for what can be taken back; nothing is typed there, and `back` says where Escape leads.

    `check` gets what was typed and returns the key of a complaint, or None when the answer is acceptable. The field
    begins with `initial`, so that an answer with a slip is mended and not typed again, and with `complaint` above it.
    """

    NAME = "question"
    DEFAULT_CSS = """
    QuestionDialog #box { height: auto; width: 1fr; layout: vertical; }
    QuestionDialog TextField { margin: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *above((_CANCEL,), HELP, LANGUAGE, LOCK, LOG_OFF, typed=True),
        Binding("enter", "enter", show=False),
        Binding("d,D", "destroy", show=False),
    ]

    def __init__(
        self,
        text: Callable[[Words], str],
        deed: str,
        *,
        typed: bool = False,
        destroys: bool = False,
        back: str = "cancel",
        initial: str = "",
        complaint: str | None = None,
        check: Callable[[str], str | None] = lambda _typed: None,
    ) -> None:
        super().__init__()
        self._text = text
        self._deed = Deed("d", "d", "destroy", deed) if destroys else Deed("enter", "Enter", "enter", deed)
        self._back = Key("escape", "Esc", "back", back)
        self._destroys = destroys
        self._keeps: Deed | None = None
        self._typed = typed
        self._initial = initial
        self._complaint = complaint
        self._check = check

    def compose(self) -> ComposeResult:
        """Lay out the text, the field where something is typed, and the keys."""
        with Box(id="box"):
            yield QuestionText(self._text)
            if self._typed:
                yield TextField(id="answer", longest=500)
            # There from the beginning, so that a complaint does not move the question.
            yield Complaint(id="complaint")
        keys = (self._deed, self._back) if self._keeps is None else (self._keeps, self._deed, self._back)
        yield FootLine(keys, everywhere=(HELP, LOCK), typed=True)

    def on_mount(self) -> None:
        """Wait for the answer."""
        if self._typed:
            answer = self.query_one("#answer", TextField)
            answer.value = self._initial
            self.set_focus(answer)
        if self._complaint is not None:
            self.query_one("#complaint", Complaint).say(self._complaint)

    def on_text_field_submitted(self) -> None:
        """Take what was typed: inside the field, Enter reaches the dialog as this message."""
        self.action_enter()

    def action_enter(self) -> None:
        """Close with the answer, unless there is a complaint about it."""
        # Enter is pressed without thinking, and in a burst.
        if self._destroys:
            if self._keeps is not None:
                self.dismiss(KEPT)
            return
        answer = self.query_one("#answer", TextField).value.strip() if self._typed else ""
        complaint = self._check(answer)
        # After a complaint the dialog stays, with what was typed.
        if complaint is None:
            self.dismiss(answer)
        else:
            self.hint(complaint)

    def action_destroy(self) -> None:
        """Close with the answer of a question about what cannot be taken back."""
        if self._destroys:
            self.dismiss("")

    def hint(self, key: str, **facts: object) -> None:
        """Show the text `key` below the question."""
        self.query_one("#complaint", Complaint).say(key, **facts)

    def ask(self, text: Callable[[Words], str], check: Callable[[str], str | None]) -> None:
        """Ask this instead, with what was typed: more has become known of what the question is about."""
        self._text, self._check = text, check
        # It may come before the question is laid out, or after it was closed.
        for shown in self.query(QuestionText):
            shown.change(text)

    def action_back(self) -> None:
        """Cancel."""
        self.dismiss(None)


class LeavingDialog(QuestionDialog):
    """Asks what becomes of something unfinished: `d` destroys it, and Enter keeps it (KEPT)."""

    NAME = "leaving"

    def __init__(self, text: Callable[[Words], str], deed: str, keeps: str, *, back: str) -> None:
        super().__init__(text, deed, destroys=True, back=back)
        self._keeps = Deed("enter", "Enter", "enter", keeps)


class Selection(Dialog[str | None]):
    """Asks for one of `codes`, each shown as `name` calls it. Its result is the code, or None when it was cancelled."""

    NAME = "selection"
    DEFAULT_CSS = """
    Selection #box { height: auto; width: 1fr; layout: vertical; }
    """
    BINDINGS: ClassVar[list[BindingType]] = above((_CANCEL,), HELP, LANGUAGE, *ABOVE_OTHERS)

    def __init__(
        self,
        text: Callable[[Words], str],
        codes: Sequence[str],
        name: Callable[[Words, str], str],
    ) -> None:
        super().__init__()
        self._text = text
        self._codes = codes
        self._label = name

    def compose(self) -> ComposeResult:
        """Lay out the text, the list and the keys."""
        with Box(id="box"):
            yield QuestionText(self._text)
            yield Options(id="options", ground="dialog")
        yield FootLine((_CHOOSE, _CANCEL), everywhere=ABOVE_OTHERS[:2])

    def on_mount(self) -> None:
        """Wait for the choice."""
        options = self.query_one("#options", Options)
        # One more than the codes: a blank line below them, as below the text.
        options.styles.height = len(self._codes) + 1
        # A function, not a list: the names are built again when the language changes.
        options.show(lambda: [Option(code, self._label(self.words, code)) for code in self._codes])
        self.set_focus(options)

    def on_options_chosen(self, event: Options.Chosen) -> None:
        """Close with the code that was chosen."""
        self.dismiss(event.code)

    def action_back(self) -> None:
        """Cancel."""
        self.dismiss(None)


class Box(Surface):
    """The background of a dialog."""

    def draw_line(self, _y: int) -> Ink:
        """Draw nothing but the colour."""
        return self.ink("dialog")


class QuestionText(Surface):
    """The question, wrapped."""

    DEFAULT_CSS = "QuestionText { height: auto; width: 1fr; }"

    def __init__(self, text: Callable[[Words], str]) -> None:
        super().__init__()
        self._text = text

    def get_content_height(self, _container: object, _viewport: object, width: int) -> int:
        """Return how many lines the text takes, with a blank one above and below."""
        return len(wrap(self._text(self.words), width - 4)) + 2

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the text; the first stands out."""
        ink = self.ink("dialog").put("  ")
        lines = wrap(self._text(self.words), self.size.width - 4)
        return ink.put(lines[y - 1], self.palette["strong"] if y == 1 else None) if 0 < y <= len(lines) else ink

    def change(self, text: Callable[[Words], str]) -> None:
        """Show another text."""
        self._text = text
        self.reword()

    def reword(self) -> None:
        """Ask in the current language, which may take another number of lines."""
        self.refresh(layout=True)


class Complaint(OneLine):
    """The line that says what is wrong with an answer."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self._key: str | None = None
        self._facts: dict[str, object] = {}

    def say(self, key: str, **facts: object) -> None:
        """Show the text `key`."""
        self._key, self._facts = key, facts
        self.refresh()

    def clear(self) -> None:
        """Show nothing."""
        self._key = None
        self.refresh()

    def draw_line(self, _y: int) -> Ink:
        """Draw the complaint, or an empty line while there is none."""
        ink = self.ink("dialog").put("  ")
        return ink.put(self.words(self._key, **self._facts), self.palette["trouble"]) if self._key else ink
