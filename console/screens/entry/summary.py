"""The end of an entry: everything that will be put into the queue, shown as a whole before Enter does it."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from console.keys import HELP, KEY_SHEET, LANGUAGE, LOCK, Key, above
from console.screens.base import ConsoleScreen
from console.screens.messages.naming import Naming
from console.widgets.frame import FootLine, HeadLine
from console.widgets.page import Pieces, TextPage
from console.widgets.surface import OneLine
from console.widgets.text import Ink, beside, wrap

if TYPE_CHECKING:
    from console.jobs.entry.draft import Draft
    from console.jobs.entry.items import DraftItem

_LABEL: Final = 24  # the width of the labels, in cells
_AGREE: Final = Key("enter", "Enter", "finish", "enter_queue")
_ONE_MORE: Final = Key("y", "y", "one_more", "one_more")
_BACK: Final = Key("escape,b", "Esc", "back", "mend")


class SummaryScreen(ConsoleScreen, ModalScreen[None], inherit_bindings=False):
    """Shows `draft` as it will be queued; `agreed` is called when the person agrees.

    With `repeats` the person may go on with another entry for the same event: `agreed` is told so.
    """

    NAME = "summary"
    help_topic = None
    # F10 is missing on purpose: only the form asks before an entry is lost.
    BINDINGS: ClassVar[list[BindingType]] = above((_AGREE, _ONE_MORE, _BACK), HELP, KEY_SHEET, LANGUAGE, LOCK)
    DEFAULT_CSS = "SummaryScreen TextPage { margin-top: 1; }"

    def __init__(self, draft: "Draft", agreed: "Callable[[bool], None]", *, repeats: bool) -> None:
        super().__init__()
        self._draft = draft
        self._agreed = agreed
        self._repeats = repeats

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HeadLine()
        yield SummaryTitle(len(self._draft.records))
        yield TextPage(id="summary-page")
        yield self.notice
        keys = (_AGREE, _ONE_MORE, _BACK) if self._repeats else (_AGREE, _BACK)
        yield FootLine(keys, everywhere=(KEY_SHEET, LOCK))

    def on_mount(self) -> None:
        """Show the page; it is built again for each width and language."""
        page = self.query_one("#summary-page", TextPage)
        self.set_focus(page)
        page.show(lambda width: list(self._lines(width)))

    def action_finish(self) -> None:
        """Agree: the form puts the draft into the queue."""
        # Closed first: an error of the job is shown on the form, where it can be corrected.
        self.dismiss()
        self._agreed(False)  # noqa: FBT003  # Whether another one follows.

    def action_one_more(self) -> None:
        """Agree, and go on with another entry for the same event (続けて入力)."""
        # A correction has no event that could come again.
        if self._repeats:
            self.dismiss()
            self._agreed(True)  # noqa: FBT003  # Whether another one follows.

    def action_back(self) -> None:
        """Go back to the form."""
        self.dismiss()

    def _lines(self, width: int) -> Iterator[Pieces]:
        # Everything that will be sent, so also what the event settled and the form did not ask for.
        items = [item for item in self._draft.items(everything=True) if item.value is not None]
        yield from self._warnings(items, width)
        if self._draft.corrects:
            yield from self._corrections(width)
            yield [(self.words("entry.summary.unchanged"), self.console_app.palette["key"])]
            for item in (each for each in items if not each.corrected):
                yield from self._item_lines(item, width)
            return
        for section in (None, *range(len(self._draft.records))):
            section_items = [item for item in items if item.section == section]
            if section_items:
                yield [(self._heading(section), self.console_app.palette["key"])]
                for item in section_items:
                    yield from self._item_lines(item, width)

    def _corrections(self, width: int) -> Iterator[Pieces]:
        """Yield what a correction changes, old above new: the rest is as it was, and read before.

        Who registers a correction without any difference has corrected something else than they thought.
        """
        palette = self.console_app.palette
        corrected = [item for item in self._draft.items(everything=True) if item.corrected]
        yield [(self.words("entry.summary.corrected"), palette["key"])]
        if not corrected:
            yield [("  ", None), (self.words("entry.summary.nothing"), palette["attention"])]
        for item in corrected:
            yield [("  ", None), (self._label(item), palette["strong"])]
            sides = (("before", item.before, palette["faint"]), ("after", item.value, palette["strong"]))
            for name, value, style in sides:
                shown = self._naming(item).value(item.field, value)
                for side, line in beside(self.words(f"entry.column.{name}"), _LABEL - 2, shown, width - 4):
                    yield [("    ", None), (side, palette["faint"]), (line, style)]

    def _heading(self, section: int | None) -> str:
        records = self._draft.records
        # A single message has no common part: its items are all without a section.
        if section is None and len(records) > 1:
            return self.words("entry.summary.common")
        return self.words.name("kinds", str(records[section or 0]["kind"]))

    def _warnings(self, items: Sequence["DraftItem"], width: int) -> Iterator[Pieces]:
        palette = self.console_app.palette
        # A draft with errors does not get this far, so these are warnings: the reviewer will see them as well.
        findings = [(item, finding) for item in items for finding in item.findings]
        if findings:
            yield [(self.words("entry.summary.warnings"), palette["attention"])]
        for item, finding in findings:
            fault = self.words.finding(finding.rule, finding.facts)
            for line in wrap(f"{self._label(item)}: {fault.cause} {fault.remedy}", width - 2):
                yield [("  ", None), (line, palette["attention"])]

    def _item_lines(self, item: "DraftItem", width: int) -> Iterator[Pieces]:
        value = self._naming(item).value(item.field, item.value)
        for label, line in beside(self._label(item), _LABEL, value, width - 2):
            yield [("  ", None), (label, self.console_app.palette["faint"]), (line, None)]

    def _label(self, item: "DraftItem") -> str:
        return self._naming(item).label(item.field if item.section is not None else item.key)

    def _naming(self, item: "DraftItem") -> Naming:
        return Naming(self.words, item.kind, self._draft.day)


class SummaryTitle(OneLine):
    """The line that says how many messages will be entered."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink = self.ink().put(" ").put(self.words("entry.summary.title"), self.palette["strong"])
        return ink.put("   ").put(self.words("entry.summary.count", count=self._count), self.palette["key"])
