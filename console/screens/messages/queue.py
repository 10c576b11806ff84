"""The queue (審査): what waits, what was sent, what came in. People review it here, or on the page of a message."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.keys import QUEUE, Key, bindings
from console.screens.base import ConsoleScreen
from console.screens.messages.message_list import MessageList
from console.screens.messages.queue_view import FILTERS, Group, Loaded, View, snapshot
from console.screens.messages.review import Review
from console.steps import STEPS, ReviewStep
from console.widgets.field import TextField
from console.widgets.frame import CountsLine, FootLine, HeadLine, NoticeLine
from console.widgets.surface import OneLine
from console.widgets.text import Ink
from console.widgets.virtual_list import VirtualList
from store.message.states import Direction, OutState, Step
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.messages.listing import Counts, QueueRow
    from console.jobs.messages.review import Decided

# What the foot line of a list of notices leaves out besides the steps: a notice is dealt with on its page.
_OUT_ONLY: Final = frozenset({"select", "entry"})
_LONGEST_SOUGHT: Final = 200


class QueueScreen(ConsoleScreen):
    """The list of messages or notices, with the counts above it."""

    help_topic = "queue"
    KEYS: ClassVar[Sequence[Key]] = QUEUE
    BINDINGS: ClassVar[list[BindingType]] = bindings(QUEUE)
    DEFAULT_CSS = """
    QueueScreen #search { display: none; }
    QueueScreen.searching #search { display: block; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's own name for it.
        super().__init__(id=id)
        self.counts: Counts | None = None
        self.view = View()
        # The version in which each row was shown, by number: a step is refused for a message changed since then.
        self._seen: dict[int, int] = {}

    def compose(self) -> ComposeResult:
        """Lay out the counts, the line of the filter, the list, and the field of the search."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield ViewLine(id="view")
        yield MessageList(id="list")
        yield TextField(id="search", longest=_LONGEST_SOUGHT)
        yield NoticeLine()
        yield FootLine(QUEUE)

    def on_mount(self) -> None:
        """Show first what this person has to do: an approver begins with the messages that wait for review."""
        if self.console_app.may(Right.APPROVE):
            self.view = View(state=OutState.REVIEW)
        self.set_focus(self.rows)
        self.load()

    @property
    def rows(self) -> "MessageList":
        """The list."""
        return self.query_one("#list", MessageList)

    def on_screen_resume(self) -> None:
        """Show what changed while another screen was open."""
        # The first time, `on_mount` has asked already.
        if self.counts is not None:
            self.load()

    def load(self) -> None:
        """Take a new snapshot; the cursor stays where it is."""
        # Another view may be chosen before the snapshot arrives, so the job and its result get the present one.
        view = self.view
        self.work(partial(snapshot, view), partial(self._loaded, view), self._not_loaded)

    def _not_loaded(self, error: Exception) -> None:
        self.show_error(error)
        if not self.rows.count:
            # The list would say for ever that it is loading.
            self.rows.forget()

    def _loaded(self, view: View, loaded: Loaded) -> None:
        self.counts = loaded.counts
        self.query_one("#counts").refresh()
        # A filter was changed meanwhile; its own snapshot follows.
        if view != self.view:
            return
        app, session = self.console_app, self.console_app.session
        # People decide on the rows that they see, so the versions of those rows go with the decision.
        seen = self._seen = {row.id: row.version for row in loaded.rows}

        def fetch(keys: Sequence[int]) -> "Sequence[QueueRow]":
            rows = jobs.messages.listing.rows(app.terminal, session, keys) if session else []
            seen.update({row.id: row.version for row in rows})
            return rows

        self.rows.selectable = view.direction is Direction.OUT
        self.rows.load(loaded.keys, fetch, loaded.rows)

    def on_virtual_list_moved(self) -> None:
        """Show the new position."""
        self.query_one("#view").refresh()

    def on_virtual_list_chosen(self, event: VirtualList.Chosen) -> None:
        """Open the message under the cursor."""
        if self.console_app.may(Right.READ):
            self._open(event.key)

    def _open(self, key: int, hint: str | None = None) -> None:
        from console.screens.messages.message import MessageScreen

        self.notice.clear()
        self.app.push_screen(MessageScreen(key, hint))

    def offers(self, key: Key) -> bool:
        """Show in the foot line what can be done in a list of this direction."""
        out_only = key.step is not None or key.action in _OUT_ONLY
        return super().offers(key) and (self.view.direction is Direction.OUT or not out_only)

    # Reviewing

    def action_review(self, name: str) -> None:
        """Take the step `name` with the selected messages, or with the one under the cursor."""
        step = STEPS[Step(name)]
        row = self.rows.cursor_row
        single = row if not self.rows.selected else None
        if step.confirms_warnings and single is not None and single.warnings and single.state == OutState.REVIEW:
            # Only somebody who has the warnings on the screen can confirm them.
            self._open(single.id, hint="queue.note.read_first")
        elif step.step is Step.APPROVE and self.view.direction is Direction.IN:
            # The same key confirms a notice, but on its page, where one reads what it changes.
            self.say("note", "queue.note.open_first")
        else:
            self._review(step)

    def _review(self, step: ReviewStep) -> None:
        ids = sorted(self.rows.selected) or [key for key in (self.rows.cursor_key,) if key is not None]
        if not ids:
            self.say("note", "queue.note.nothing")
            return
        row = self.rows.row_of(ids[0]) if len(ids) == 1 else None
        Review(self, step, ids, row, self._reviewed, self._seen).ask()

    def _reviewed(self, decided: "Decided") -> None:
        # Only the messages of this step: while it ran, the person may have selected others.
        self.rows.selected -= {*decided.changed, *(refusal.id for refusal in decided.refused)}
        self.load()

    def action_select(self) -> None:
        """Select the message under the cursor."""
        self.rows.toggle_selected()

    def action_select_all(self) -> None:
        """Select all messages of the list, or none."""
        self.rows.select_all()
        self.on_virtual_list_moved()

    # What is shown

    def _show(self, view: View) -> None:
        self.view = view
        # Keys that were typed ahead must not reach rows of the list before.
        self.rows.await_others()
        self.query_one("#foot").refresh()
        self.notice.clear()
        self.on_virtual_list_moved()
        self.load()

    def action_filter(self, step: int) -> None:
        """Show the next state, or the one before."""
        states = FILTERS[self.view.direction]
        at = states.index(self.view.state)
        self._show(replace(self.view, state=states[(at + step) % len(states)]))

    def action_direction(self) -> None:
        """Show what came in and waits for people instead of what goes out, and back."""
        out = self.view.direction is Direction.OUT
        self._show(View(Direction.IN, Group.UNHANDLED) if out else View(Direction.OUT))

    def action_reload(self) -> None:
        """Take a new snapshot, and look whether the peer can be reached."""
        self.notice.clear()
        self.load()
        self.console_app.look_at_line()

    def action_search(self) -> None:
        """Ask for a part of a name, or the beginning of a reference."""
        self.add_class("searching")
        self.say("note", "queue.note.search")
        field = self.query_one("#search", TextField)
        field.value = self.view.sought
        self.set_focus(field)

    def on_text_field_submitted(self, event: TextField.Submitted) -> None:
        """Show what matches the text, in whatever state it is."""
        self._leave_search()
        self._show(replace(self.view, sought=event.field.value.strip(), state=None))

    def action_back(self) -> None:
        """Leave the search, then the selection, then the filter."""
        if self.has_class("searching"):
            self._leave_search()
        elif self.rows.selected:
            self.rows.selected.clear()
            self.rows.refresh()
            self.on_virtual_list_moved()
        elif self.view != View(self.view.direction):
            self._show(View(self.view.direction))

    def _leave_search(self) -> None:
        self.remove_class("searching")
        self.notice.clear()
        self.set_focus(self.rows)

    # Other screens. Each is imported when it is opened, so that nobody waits for all of them at the log-on.

    def action_entry(self) -> None:
        """Open the entry by hand."""
        from console.screens.messages.entry_event import EventScreen

        self.notice.clear()
        self.app.push_screen(EventScreen())

    def action_exchange(self) -> None:
        """Open the exchange."""
        from console.screens.exchange import ExchangeScreen

        self.notice.clear()
        self.app.push_screen(ExchangeScreen(id="exchange"))

    def action_log(self) -> None:
        """Open the log."""
        from console.screens.log.viewing import LogScreen

        self.notice.clear()
        self.app.push_screen(LogScreen(id="log"))


class ViewLine(OneLine):
    """The line above the list: what it shows, how many rows are selected, and where the cursor is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words = self.ink().put(" "), self.words
        screen = self.screen
        if not isinstance(screen, QueueScreen):
            return ink
        view, rows = screen.view, screen.rows
        shown = "queue.all" if view.state is None else f"states.{view.direction}.{view.state}"
        state = words(f"queue.{view.state}" if isinstance(view.state, Group) else shown)
        ink.put(words(f"queue.{view.direction}"), self.palette["strong"]).put(" / ", self.palette["faint"])
        ink.put(state, self.palette["strong"])
        if view.sought:
            sought = words("queue.found_name" if view.name else "queue.found", sought=view.sought)
            ink.put("   ").put(sought, self.palette["attention"])
        if rows.selected:
            ink.put("   ").put(words("queue.selected", count=len(rows.selected)), self.palette["key"])
        where = f"{rows.position:,} / {rows.count:,}"
        return ink.gap_to(self.size.width - len(where) - 1).put(where, self.palette["faint"])
