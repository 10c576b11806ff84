"""The queue (審査): what waits, what was sent, what came in. People review it here, or on the page of a message."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console.keys import QUEUE, SEARCHING, Key, bindings
from console.screens.dialogs import Box
from console.screens.messages.message_list import MessageList
from console.screens.messages.preview import BESIDE_FROM, Preview
from console.screens.messages.queue_view import Begun, Completed, View, begin, complete, rows_of
from console.screens.messages.review import Review, allows
from console.screens.messages.titles import ViewLine
from console.screens.work.ways import WorkScreen
from console.steps import STEPS, ReviewStep
from console.widgets.field import TextField
from console.widgets.frame import CountsLine, FootLine, HeadLine
from console.widgets.virtual_list import VirtualList
from store.message.states import Direction, OutState, Step
from store.message.worklists import Sort, WorkList
from store.rights import Right

if TYPE_CHECKING:
    from array import array

    from console.jobs.messages.listing import Counts, QueueRow
    from console.jobs.messages.review import Decided
    from console.jobs.residents.hits import Hits

_LONGEST_SOUGHT: Final = 200
# Names are sealed: sorting by them opens every content, which a screen of people can wait for only so long.
_MOST_BY_NAME: Final = 5000


class QueueScreen(WorkScreen):
    """The list of what waits for people, or of anything else in the queue, with the counts above it."""

    NAME = "queue"
    help_topic = "queue"
    KEYS: ClassVar[Sequence[Key]] = QUEUE
    BINDINGS: ClassVar[list[BindingType]] = bindings(QUEUE)
    DEFAULT_CSS = """
    QueueScreen #work { height: 1fr; layout: vertical; }
    QueueScreen.beside #work { layout: horizontal; }
    QueueScreen.beside #preview { height: 1fr; }
    QueueScreen #search { display: none; }
    QueueScreen.searching #search { display: block; }
    """

    def __init__(self, view: View | None = None, *, searching: bool = False) -> None:
        super().__init__()
        self.counts: Counts | None = None
        self.view = view or View()
        self._searching = searching
        # The message that the last step was taken with, and the one on which the cursor went on.
        self._passed: tuple[int, int | None] | None = None
        # For how many messages the rows stand, and of how many people those of a search are.
        self.messages = self.people = 0

    def compose(self) -> ComposeResult:
        """Lay out the counts, the line of the filter, the list, and the field of the search."""
        yield HeadLine()
        yield CountsLine(id="counts")
        yield ViewLine(self)
        with Box(id="work"):
            yield MessageList(id="list")
            yield Preview(id="preview")
        yield TextField(id="search", longest=_LONGEST_SOUGHT)
        yield self.notice
        yield FootLine(QUEUE)

    def on_mount(self) -> None:
        """Show the list, or ask first what is sought."""
        self.rows.selectable = True
        if not self.console_app.may(Right.READ):
            # An empty list beside full counts would say that there is nothing.
            self.rows.empty_text = "queue.no_right"
        self.set_focus(self.rows)
        self.load()
        if self._searching:
            self.action_search()

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
        if self.rows.count:
            # The cursor may stand beyond the first rows, so that all take the place of all.
            self._complete(known=False)
        else:
            self.look("rows", partial(begin, self.view, self.rows.apart), self._begun, self._not_loaded)

    def _complete(self, *, known: bool, rows: "Sequence[QueueRow]" = ()) -> None:
        job = partial(complete, self.view, self.rows.apart, known=known)
        self.look("rows", job, partial(self._completed, rows), self._not_loaded)

    def _not_loaded(self, error: Exception) -> None:
        self.show_error(error)
        if not self.rows.count:
            # The list would say for ever that it is loading.
            self.rows.forget()

    def _begun(self, begun: Begun) -> None:
        # Painted at once. The numbers of all follow, and with them the last row and the choice of every one.
        self.messages = begun.messages
        self._put(begun.keys, begun.rows, begun.hits, whole=begun.whole)
        self._complete(known=begun.whole, rows=begun.rows)

    def _completed(self, rows: "Sequence[QueueRow]", completed: Completed) -> None:
        self.counts = completed.counts
        self.query_one("#counts").refresh()
        if completed.keys is not None:
            self.messages = completed.messages
            self._put(completed.keys, rows, completed.hits, whole=True)

    def _put(self, keys: "array[int]", rows: "Sequence[QueueRow]", hits: "Hits | None", *, whole: bool) -> None:
        app, session = self.console_app, self.console_app.session

        def fetch(keys: Sequence[int]) -> "Sequence[QueueRow]":
            return rows_of(hits, app.terminal, session, keys) if session else []

        # The first rows are taken over only where they are still the first.
        same = [row.id for row in rows] == list(keys[: len(rows)])
        starts = () if hits is None else hits.starts
        self.people = len(starts)
        self.rows.load(keys, fetch, rows if same else (), whole=whole, starts=starts)

    def on_virtual_list_moved(self) -> None:
        """Show the new position, the message that stands there, and the keys that fit it."""
        self.query_one("#view").refresh()
        self.query_one("#foot").refresh()
        row = self.rows.cursor_row
        half = None if row is None else self.rows.half_of(row)
        self.query_one("#preview", Preview).follow(self.rows.cursor_key, row, half)

    def on_resize(self) -> None:
        """Put list and message beside each other where there is room for both."""
        self.set_class(self.size.width >= BESIDE_FROM, "beside")

    def on_virtual_list_chosen(self, event: VirtualList.Chosen) -> None:
        """Open the message under the cursor."""
        if self.console_app.may(Right.READ):
            self._open(event.key)

    def _open(self, key: int, hint: str | None = None) -> None:
        from console.screens.messages.message import MessageScreen

        self.notice.clear()
        self.app.push_screen(MessageScreen(key, hint, self._along, alone=key in self.rows.apart))

    def _along(self, key: int, step: int) -> int | None:
        """Return the message `step` rows after `key`, and put the cursor on it: where one leaves off, one goes on."""
        found = self.rows.neighbour(key, step)
        if found is not None:
            self.rows.go_to(found)
        return found

    def offers(self, key: Key) -> bool:
        """Show in the foot line what can be done with the row under the cursor, as far as its state tells."""
        if not super().offers(key):
            return False
        if key.action == "split":
            return self.rows.cursor_row is not None and self.rows.cursor_row.pair is not None
        return key.step is None or self._fits(key.step)

    def fits(self, key: Key) -> bool:
        """Tell whether the row under the cursor can take the step; of an empty list nothing is known."""
        return self.offers(key) and self.rows.cursor_key is not None

    def _fits(self, step: Step) -> bool:
        row = self.rows.cursor_row
        if row is None or self.rows.selected:
            return STEPS[step].direction == (Direction.OUT if row is None else row.direction)
        return allows(row, step)

    def action_split(self) -> None:
        """Take the pair under the cursor apart, so that each half has its own row; or put it together again."""
        row = self.rows.cursor_row
        if row is None or row.pair is None:
            self.say("note", "queue.pair.none")
            return
        self.notice.clear()
        # Kept while the screen lives: who takes a pair apart decides about its halves one after the other.
        self.rows.apart ^= {row.id, row.pair.id}
        self.load()

    def action_person(self) -> None:
        """Show everything about the person of the message under the cursor."""
        from console.screens.messages.message import MessageScreen
        from console.screens.residents.person import PersonScreen

        if (key := self.rows.cursor_key) is not None:
            self.notice.clear()
            self.app.push_screen(PersonScreen(key, MessageScreen))

    # Reviewing

    def action_review(self, name: str) -> None:
        """Take the step `name` with the selected messages, or with the one under the cursor."""
        step = STEPS[Step(name)]
        row = self.rows.cursor_row
        single = row if not self.rows.selected else None
        if row is None and not self.rows.selected and self.rows.cursor_key is not None:
            # Nobody decides about a message that has not been on the screen.
            self.say("note", "common.loading")
            return
        if single is not None and self._is_to_be_read(step, single):
            # Only somebody who has the warnings on the screen can confirm them.
            self._open(single.id, hint="queue.note.read_first")
        elif step.step is Step.CONFIRM and single is not None and allows(single, step.step):
            # On its page one reads what it changes.
            self._open(single.id, hint="queue.note.open_first")
        else:
            self._review(step)

    def _is_to_be_read(self, step: ReviewStep, row: "QueueRow") -> bool:
        """Tell whether a message has warnings that are confirmed with the step and do not stand on the screen."""
        half = self.rows.half_of(row)
        warnings = row.warnings + (half.warnings if half is not None else 0)
        asked = step.confirms_warnings and warnings > 0 and row.state == OutState.REVIEW
        return asked and not self.query_one("#preview", Preview).whole(row, half)

    def _review(self, step: ReviewStep) -> None:
        ids = sorted(self.rows.selected) or [key for key in (self.rows.cursor_key,) if key is not None]
        if not ids:
            self.say("note", "queue.note.nothing")
            return
        row = self.rows.row_of(ids[0]) if len(ids) == 1 else None
        half = self.rows.half_of(row) if row is not None and step.in_pairs else None
        # Its version was on the screen with the row, and goes with the decision like the row's own.
        if half is not None:
            ids = [*ids, half.id]
        # What stands beside the list is on the screen, so that going on confirms it.
        warnings = row.warnings + (half.warnings if half is not None else 0) if row is not None else 0
        Review(
            self,
            step,
            ids,
            row,
            self._reviewed,
            # As they are on the screen now, which may be drawn anew behind the question.
            self.rows.versions_of(ids),
            warnings if step.confirms_warnings else 0,
            begun=self._go_past,
            half=half,
            apart=self.rows.apart,
        ).ask()

    def _go_past(self, ids: Sequence[int]) -> None:
        # At once, and not when the step is done: a key that is typed ahead means the next message.
        at = self.rows.cursor_key
        self.rows.go_past(ids)
        self._passed = None if at is None else (at, self.rows.cursor_key)

    def _reviewed(self, decided: "Decided | None") -> None:
        if decided is not None:
            # Only the messages of this step: while it ran, the person may have selected others.
            self.rows.selected -= {*decided.changed, *(refusal.id for refusal in decided.refused)}
        if not (decided and decided.count):
            self._go_back()
        self.load()

    def _go_back(self) -> None:
        """Return to the message whose step was refused, unless the person has gone on from the next one."""
        if self._passed is not None and self._passed[1] == self.rows.cursor_key:
            self.rows.go_to(self._passed[0])

    def action_select(self) -> None:
        """Select the message under the cursor."""
        self.rows.toggle_selected()

    def action_select_all(self) -> None:
        """Select all messages of the list, or none."""
        self.rows.select_all()
        self.on_virtual_list_moved()

    # What is shown

    def show(self, view: View) -> None:
        """Show another list."""
        self.view = view
        # Keys that were typed ahead must not reach rows of the list before.
        # Of a search the first person is the one who is most often meant.
        self.rows.await_others(stay=not view.sought)
        self.query_one("#foot").refresh()
        self.notice.clear()
        self.on_virtual_list_moved()
        self.load()

    def open_list(self, work: WorkList, *, searching: bool = False) -> None:
        """Show another list of work in the place of this one."""
        self.show(View(work))
        if searching:
            self.action_search()

    def action_filter(self) -> None:
        """Open the menu of states, kinds and marks, each with its count."""
        from console.screens.messages.filter_sheet import FilterSheet

        self.notice.clear()
        self.app.push_screen(FilterSheet(self.view), self._filtered)

    def _filtered(self, view: View | None) -> None:
        if view is not None:
            self.show(view)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or turn the order round (-1)."""
        if step < 0:
            self.show(replace(self.view, backward=not self.view.backward))
            return
        orders = [order for order in Sort if order is not Sort.NAME or self.rows.count <= _MOST_BY_NAME]
        at = orders.index(self.view.sort) if self.view.sort in orders else 0
        self.show(replace(self.view, sort=orders[(at + 1) % len(orders)], backward=False))

    def action_reload(self) -> None:
        """Take a new snapshot, and look whether the peer can be reached."""
        self.notice.clear()
        self.load()
        self.console_app.look_at_line()

    def action_search(self) -> None:
        """Ask for a part of a name, or the beginning of a reference."""
        self.add_class("searching")
        # Letters are text now, and mean no deed until the field is closed.
        self.query_one(FootLine).offer(SEARCHING, typed=True)
        self.say("note", "queue.note.search")
        field = self.query_one("#search", TextField)
        field.value = self.view.sought
        self.set_focus(field)

    def on_text_field_submitted(self, event: TextField.Submitted) -> None:
        """Show what matches the text, in whatever state it is."""
        self._leave_search()
        self.show(View(self.view.work, sought=event.field.value.strip()))

    def action_back(self) -> None:
        """Leave the search, then the selection, then the filter, and at last the list."""
        if self.has_class("searching"):
            self._leave_search()
        elif self.rows.selected:
            self.rows.selected.clear()
            self.rows.refresh()
            self.on_virtual_list_moved()
        elif self.notice.shown:
            self.notice.clear()
        elif self.view != View(self.view.work):
            self.show(View(self.view.work))
        else:
            self.leave()

    def _leave_search(self) -> None:
        self.remove_class("searching")
        self.query_one(FootLine).offer(QUEUE, typed=False)
        self.notice.clear()
        self.set_focus(self.rows)
