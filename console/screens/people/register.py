"""利用者: who there is, how each ID stands and what is to come; the deeds are letters, and each takes two persons."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.register import RegisterEntry, State, count_able
from console.keys import PEOPLE, Key, bindings
from console.screens.dialogs import Selection
from console.screens.people.agreement import AgreementScreen
from console.screens.people.form import PersonForm
from console.screens.people.people_list import STYLES, PeopleList, RegisterPanel
from console.screens.shared_letters import SharedLetters
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import OneLine
from console.widgets.text import Ink, width_of
from store.rights import Role

if TYPE_CHECKING:
    from console.jobs.people.changes import ChangePlan
    from console.session import Session
    from console.terminal import Terminal

# In the order of the counts: first what all is well with.
_COUNTED: Final = (State.ACTIVE, State.NEW, State.LOCKED, State.SUSPENDED, State.PLANNED, State.ENDED)
_WANTING: Final = frozenset({State.NEW, State.LOCKED, State.SUSPENDED, State.PLANNED})
_FILTERS: Final = {
    "all": frozenset(State),
    "working": frozenset(State) - {State.ENDED},
    "wanting": _WANTING,
}
_ENOUGH: Final = 2  # Of an officer and a custodian each: one is the other's second person.
_FORMS: Final = ("add", "change", "roles")


class PeopleScreen(SharedLetters):
    """The register, and the ways to its changes."""

    NAME = "people"
    help_topic = "people"
    KEYS: ClassVar[Sequence[Key]] = PEOPLE
    BINDINGS: ClassVar[list[BindingType]] = bindings(PEOPLE)

    def __init__(self) -> None:
        super().__init__()
        self.everybody: Sequence[RegisterEntry] | None = None
        self.unended = 0
        self._filter = "all"
        # Whom the last change was about: the cursor goes there when the register was read anew.
        self._wanted: str | None = None
        self._planning = False
        self._numbers: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        """Lay out the counts, the title, the list and the person under the cursor."""
        rows = PeopleList(id="list")
        yield HeadLine()
        yield PeopleCounts(id="counts")
        yield PeopleTitle(id="title")
        yield rows
        yield RegisterPanel(rows)
        yield self.notice
        yield FootLine(PEOPLE)

    def on_mount(self) -> None:
        """Put the cursor on the list."""
        self.set_focus(self.rows)

    def on_screen_resume(self) -> None:
        """Read the register anew: another officer may have changed it meanwhile."""
        self.load()

    @property
    def rows(self) -> "PeopleList":
        """The people."""
        return self.query_one("#list", PeopleList)

    @property
    def current(self) -> RegisterEntry | None:
        """The person under the cursor."""
        return self.rows.cursor_row

    def load(self) -> None:
        """Read who there is."""
        self.look("people", _read, self._loaded)

    def _loaded(self, found: "tuple[Sequence[RegisterEntry], int]") -> None:
        # Kept whole, also while only some are shown: the counts above are those of everybody.
        self.everybody, self.unended = found
        self._show()

    def _show(self) -> None:
        # Narrowed here: a register has dozens of people, and all of them are needed for the counts.
        shown = [each for each in self.everybody or () if each.state in _FILTERS[self._filter]]
        # Whoever is registered keeps a number, so that the cursor stays on its person wherever the row goes.
        by_number = {self._numbers.setdefault(each.person.id, len(self._numbers)): each for each in shown}
        self.rows.load(list(by_number), lambda keys: [by_number[key] for key in keys], shown)
        if self._wanted in self._numbers:
            self.rows.go_to(self._numbers[self._wanted])
        self._wanted = None
        self._refresh()

    def _refresh(self) -> None:
        for selector in ("#counts", "#title", "#about", "#foot"):
            self.query_one(selector).refresh()

    def on_virtual_list_moved(self) -> None:
        """Show what is known of the person under the cursor, and the keys that fit."""
        self._refresh()

    # Which deed fits

    def fits(self, key: Key) -> bool:
        """Tell whether a deed can be done with the person under the cursor; of `u` that is what lets them in again."""
        known = self.current
        if key.action == "resume":
            return known is not None and known.state is State.SUSPENDED
        if key.action == "unlock":
            return known is not None and known.failures > 0
        if key.action == "suspend":
            return known is not None and known.state not in {State.SUSPENDED, State.ENDED}
        if key.action in {"reset_pin", "destroy"}:
            return known is not None and known.state is not State.ENDED
        return True

    def offers(self, key: Key) -> bool:
        """Show only what can be done with the person under the cursor."""
        return super().offers(key) and self.fits(key)

    # The deeds

    def action_entry(self) -> None:
        """Ask whether somebody is to be registered, or the person under the cursor changed."""
        known = self.current
        self.notice.clear()
        # With an ended ID there is nothing left to do, so that nobody has to choose.
        if known is None or known.state is State.ENDED:
            self._fill_in(PersonDeed.ADD.value)
            return
        person_id = known.person.id
        question = Selection(
            lambda words: words("people.choose", person=person_id),
            _FORMS,
            lambda words, deed: words(f"people.choice.{deed}"),
        )
        self.app.push_screen(question, self._fill_in)

    def _fill_in(self, deed: str | None) -> None:
        if deed is not None:
            known = None if deed == PersonDeed.ADD else self.current
            self.app.push_screen(PersonForm(PersonDeed(deed), known, self._agree))

    def on_virtual_list_chosen(self) -> None:
        """Do what `e` does: a person who is opened is looked at to be changed."""
        self.action_entry()

    def action_suspend(self) -> None:
        """Ask why, and then for the second person."""
        known = self.current
        self.notice.clear()
        if known is not None:
            self.app.push_screen(PersonForm(PersonDeed.SUSPEND, known, self._agree))

    def action_resume(self) -> None:
        """Let a suspended person log on again."""
        self._ask(PersonDeed.RESUME)

    def action_unlock(self) -> None:
        """Forget the wrong PINs of a person."""
        self._ask(PersonDeed.RELEASE)

    def action_reset_pin(self) -> None:
        """Put a one-time code in the place of a PIN."""
        self._ask(PersonDeed.RESET)

    def action_destroy(self) -> None:
        """End an ID for ever."""
        self._ask(PersonDeed.END)

    def _ask(self, deed: PersonDeed) -> None:
        known = self.current
        self.notice.clear()
        if known is not None:
            # The version that is on the screen: what changed since then is not what the officer looked at.
            change = PersonChange(deed, known.person.id, known.person.version)
            # Until the second person is asked, nothing else is begun by what is typed ahead.
            self._planning = True
            self.work(partial(_plan, change=change), self._agree, self._not_planned)

    def obeys(self, action: str) -> bool:
        """Wait for the question about the second person, but for what a log-off or a lock is."""
        return super().obeys(action) and (not self._planning or action in {"log_off", "lock", "help"})

    def _not_planned(self, error: Exception) -> None:
        self._planning = False
        self.show_error(error)

    def _agree(self, plan: "ChangePlan") -> None:
        self._planning = False
        self.app.push_screen(AgreementScreen(plan, partial(self._changed, plan)))

    def _changed(self, plan: "ChangePlan", code_file: str | None) -> None:
        # The form as well: what it asked for is done.
        stack = self.app.screen_stack
        # From the top: a screen that is not in hand takes no more keys while it goes.
        for screen in reversed(stack[stack.index(self) + 1 :]):
            screen.dismiss()
        self.notice.say("done", lambda words: jobs.people.telling.outcome(words, plan, code_file))
        self._wanted = plan.change.person_id

    # Looking

    def action_filter(self) -> None:
        """Ask which people are to be shown."""
        self.notice.clear()
        # A choice and no switch: which of three comes next, nobody could tell.
        question = Selection(
            lambda words: words("people.filter"), tuple(_FILTERS), lambda words, name: words(f"people.filter_by.{name}")
        )
        self.app.push_screen(question, self._filtered)

    def _filtered(self, name: str | None) -> None:
        if name is not None:
            self._filter = name
            self._show()

    def action_sessions(self) -> None:
        """Show the sessions that did not end by log-off, and those of the person under the cursor."""
        from console.screens.people.sessions import SessionsScreen

        self.notice.clear()
        known = self.current
        self.app.push_screen(SessionsScreen(None if known is None else known.person.id))

    def action_reload(self) -> None:
        """Read the register again."""
        self.notice.clear()
        self.load()

    def action_back(self) -> None:
        """Go back, unless the person begins here."""
        self.leave()


class PeopleCounts(OneLine):
    """How many IDs stand how, and how many sessions did not end by log-off."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the counts; states that nobody is in fall off."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        if not isinstance(screen, PeopleScreen) or screen.everybody is None:
            return ink
        counts = Counter(each.state for each in screen.everybody)
        for state in _COUNTED:
            if counts[state]:
                ink.put(f"{words(f'people.state.{state}')} ", self.palette["faint"])
                ink.put(f"{counts[state]}", self.palette[STYLES.get(state, "strong")]).put("  ")
        if screen.unended:
            ink.put("  ").put(words("people.unended", count=screen.unended), self.palette["attention"])
        return ink


class PeopleTitle(OneLine):
    """Whether there are enough officers and custodians, and where the cursor is."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, words, screen = self.ink().put(" "), self.words, self.screen
        ink.put(words("people.title"), self.palette["strong"]).put("  ")
        if not isinstance(screen, PeopleScreen) or screen.everybody is None:
            return ink.put(words("common.loading"), self.palette["faint"])
        able = {role: count_able(screen.everybody, role) for role in (Role.OFFICER, Role.CUSTODIAN)}
        # With a single officer or custodian, a forgotten PIN would be nobody's to reset.
        style = None if min(able.values()) >= _ENOUGH else self.palette["attention"]
        ink.put(words("people.staffed", officers=able[Role.OFFICER], custodians=able[Role.CUSTODIAN]), style)
        place = f"{screen.rows.position} / {screen.rows.count}"
        return ink.gap_to(self.size.width - width_of(place) - 1).put(place)


# The jobs are named inside functions that run in a thread: the first use of one imports it.


def _read(terminal: "Terminal", session: "Session") -> "tuple[Sequence[RegisterEntry], int]":
    unended = jobs.people.sessions.recent(terminal, session, unended=True)
    return jobs.people.register.everybody(terminal, session), len(unended)


def _plan(terminal: "Terminal", session: "Session", *, change: PersonChange) -> "ChangePlan":
    return jobs.people.changes.plan(terminal, session, change)
