"""What a step refused of many messages: each reason once, with its remedy and all the messages that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from console.keys import ABOVE_OTHERS, HELP, LANGUAGE, Key, above
from console.screens.base import Dialog
from console.screens.dialogs import Box
from console.widgets.frame import FootLine
from console.widgets.page import Pieces, TextPage
from console.widgets.text import wrap

if TYPE_CHECKING:
    from console.jobs.messages.review import RefusedStep
    from console.jobs.work.outline import Named

_CLOSE = Key("escape,enter,b", "Esc", "back", "close")


class RefusalSheet(Dialog[None]):
    """Lists the refusals; `named` has the messages by number."""

    NAME = "refusals"
    DEFAULT_CSS = """
    RefusalSheet #box { height: 60%; width: 1fr; layout: vertical; }
    """
    BINDINGS: ClassVar[list[BindingType]] = above((_CLOSE,), HELP, LANGUAGE, *ABOVE_OTHERS)

    def __init__(self, refused: "Sequence[RefusedStep]", named: "Mapping[int, Named]") -> None:
        super().__init__()
        self._refused = refused
        self._named = named

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Box(id="box"):
            yield TextPage(id="refused")
        yield FootLine((_CLOSE,), everywhere=ABOVE_OTHERS[:2])

    def on_mount(self) -> None:
        """Show the list; it is built again for each width and language."""
        page = self.query_one("#refused", TextPage)
        self.set_focus(page)
        page.show(lambda width: list(self._lines(width)))

    def action_back(self) -> None:
        """Close the list."""
        self.dismiss(None)

    def _lines(self, width: int) -> Iterator[Pieces]:
        words, palette = self.words, self.console_app.palette
        yield [(words("queue.refused.title", count=len(self._refused)), palette["strong"])]
        for reason in dict.fromkeys(refusal.reason for refusal in self._refused):
            same = [refusal for refusal in self._refused if refusal.reason == reason]
            fault = words.fault(reason, same[0].facts)
            yield []
            for line in wrap(f"{fault.cause} {fault.remedy}", width):
                yield [(line, palette["trouble"])]
            for refusal in same:
                named = self._named.get(refusal.id)
                yield [("  ", None), (f"{named.reference}  {named.name}" if named else str(refusal.id), None)]
