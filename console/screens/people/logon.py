"""The login screen: 利用者ID and 暗証番号 (protection measure 5). It is painted before anything heavy is imported."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console import jobs
from console.process.tty import draws_japanese
from console.screens.base import ConsoleScreen
from console.settings import KeySourceName
from console.widgets.field import PinField, TextField
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import FieldLabel, Surface, Surround
from console.widgets.text import Ink, width_of
from console.words.digits import are_misspelt

if TYPE_CHECKING:
    from console.host import Host
    from console.jobs.people.sessions import LookBack
    from console.session import Session

_LONGEST_ID: Final = 32
_LONGEST_PIN: Final = 128
_FIELD_WIDTH: Final = 36
_LABEL_WIDTH: Final = 14
_GAP: Final = 2
# Long enough for the first paint to reach the terminal before the heavy imports take the processor.
_PAINT_SECONDS: Final = 0.02
# The farewells that end what the person wanted to end; the others say what happened to their session.
_AS_WISHED: Final = frozenset({"login.ended.log_off", "login.pin_changed"})


class LoginScreen(ConsoleScreen):
    """Asks for ID and PIN."""

    NAME = "login"
    help_topic = "login"
    # As priority bindings, Tab and Enter move the focus before the next key is handled. Otherwise a burst of ID, Tab,
    # PIN (a card reader, a slow connection) would put the PIN into the field that can be read.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "next_field", show=False, priority=True),
        Binding("shift+tab,up", "previous_field", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
    ]
    DEFAULT_CSS = f"""
    LoginScreen #form {{ height: 1fr; width: 1fr; align: center middle; layout: vertical; }}
    LoginScreen LoginTitle, LoginScreen #rehearsal {{ width: {_LABEL_WIDTH + _FIELD_WIDTH}; }}
    LoginScreen LoginTitle {{ height: 4; }}
    LoginScreen .entry {{ height: 1; width: {_LABEL_WIDTH + _FIELD_WIDTH}; layout: horizontal; margin-bottom: 1; }}
    LoginScreen .entry FieldLabel {{ width: {_LABEL_WIDTH}; }}
    LoginScreen TextField {{ width: {_FIELD_WIDTH}; }}
    """

    _checking = False

    def compose(self) -> ComposeResult:
        """Lay out the title, the two fields and, in a rehearsal world, its people."""
        yield HeadLine()
        with Surround(id="form"):
            yield LoginTitle()
            with Surround(classes="entry"):
                yield FieldLabel("login.person_id")
                # IDs are ASCII: what an input method that was left on types is not taken in.
                yield TextField(id="person-id", longest=_LONGEST_ID, takes=str.isascii)
            with Surround(classes="entry"):
                yield FieldLabel("login.pin")
                yield PinField(id="pin", longest=_LONGEST_PIN)
            if self.console_app.settings.rehearsal:
                yield Rehearsal(id="rehearsal")
        yield self.notice
        yield FootLine((), typed=True)

    def on_mount(self) -> None:
        """Wait for the ID, and tell the application when the screen can be seen."""
        self.set_focus(self._person_id)
        # The screen that asks for the passphrase comes above this one: secrets typed too early must not show here.
        self._lock_fields(locked=self.console_app.settings.keys.source == KeySourceName.PASSPHRASE)
        if not draws_japanese():
            # The words change to English by themselves; the names and addresses of people cannot.
            self.say("trouble", "login.no_japanese")
        self.call_after_refresh(self.set_timer, _PAINT_SECONDS, self.console_app.first_painted)

    @property
    def unfinished(self) -> bool:
        """Whether a PIN is being checked: who left now would leave a session behind that nobody closes."""
        return self._checking

    def take_ids(self) -> None:
        """Take IDs from now on: the terminal is open."""
        self._lock_fields(locked=False)

    @property
    def _person_id(self) -> TextField:
        return self.query_one("#person-id", TextField)

    @property
    def _pin(self) -> PinField:
        return self.query_one("#pin", PinField)

    def action_next_field(self) -> None:
        """Go to the other field."""
        self.set_focus(self._pin if self.focused is self._person_id else self._person_id)

    def action_previous_field(self) -> None:
        """Go to the other field."""
        self.action_next_field()

    def action_enter(self) -> None:
        """Go from the ID to the PIN; on the PIN, leave the key to the field."""
        # The field handles its keys in their order, so Enter submits everything that was typed before it.
        if self.focused is not self._person_id:
            raise SkipAction
        self.set_focus(self._pin)

    def on_text_field_submitted(self, event: TextField.Submitted) -> None:
        """Log on, if both fields are filled in."""
        # Enter in the ID's field is handled by `action_enter` and only moves on.
        if event.field is not self._pin:
            return
        # The PIN is taken out of its field at once, so that it stays in no widget.
        person_id, pin = self._person_id.value, self._pin.take()
        if not person_id or not pin:
            self.say("note", "login.both_wanted")
            self.set_focus(self._pin if person_id else self._person_id)
            return
        if are_misspelt(pin):
            self.say("note", "login.misspelt")
            return
        self._lock_fields(locked=True)
        self._checking = True
        self.say("note", "login.checking")
        job = partial(_log_on, self.console_app, person_id, pin)
        self.console_app.background.start(self, job, self._logged_on, self._refused)

    def _logged_on(self, logged_on: "tuple[Session, LookBack | None]") -> None:
        session, look_back = logged_on
        self._checking = False
        self._lock_fields(locked=False)
        self._person_id.clear()
        self.notice.clear()
        self.console_app.logged_on(session)
        if look_back is not None and look_back.failures:
            from console.screens.people.look_back import LookBackScreen

            # Above the first screen of the person, which is ready when it is left.
            self.app.push_screen(LookBackScreen(look_back))

    def _refused(self, error: Exception) -> None:
        self._checking = False
        self._lock_fields(locked=False)
        # The ID stays; the PIN has to be typed again, because its field was emptied.
        self.set_focus(self._pin)
        self.show_error(error)

    def _lock_fields(self, *, locked: bool) -> None:
        # What is typed while the PIN is checked belongs to no field.
        self._person_id.locked = self._pin.locked = locked

    def welcome_back(self, farewell: str) -> None:
        """Be ready for the next person, and say with the text `farewell` how the last session ended."""
        self._pin.take()
        self._person_id.clear()
        self.set_focus(self._person_id)
        self.say("done" if farewell in _AS_WISHED else "note", farewell)


class LoginTitle(Surface):
    """The program's name and what it is."""

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the title."""
        ink = self.ink()
        if y == 0:
            ink.put(self.words("login.title"), self.palette["strong"])
        elif y == 1:
            ink.put(self.words("login.subtitle"), self.palette["faint"])
        return ink


class Rehearsal(Surface):
    """The people of a rehearsal world with their PINs, so that anybody can try it."""

    DEFAULT_CSS = "Rehearsal { height: auto; margin-top: 1; }"

    def get_content_height(self, *_sizes: object) -> int:
        """Return a line for the title and one for each person."""
        return len(self.console_app.settings.rehearsal) + 1

    def draw_line(self, y: int) -> Ink:
        """Draw the title or a person."""
        ink = self.ink()
        people = self.console_app.settings.rehearsal
        if y == 0:
            return ink.put(self.words("login.rehearsal"), self.palette["attention"])
        if y > len(people):
            return ink
        person = people[y - 1]
        # The short names: one person may have two roles, and both have to fit beside the PIN.
        roles = self.words("head.between").join(self.words(f"roles.short.{role}") for role in person.roles)
        pin_column = max(width_of(listed.id) for listed in people) + _GAP
        role_column = pin_column + max(width_of(listed.pin) for listed in people) + _GAP
        ink.put(person.id, self.palette["strong"]).gap_to(pin_column).put(person.pin, self.palette["strong"])
        return ink.gap_to(role_column).put(roles, self.palette["faint"])


def _log_on(app: "Host", person_id: str, pin: str) -> "tuple[Session, LookBack | None]":
    """Log the person on, in a thread, and look back; this waits until the terminal is open."""
    session = jobs.people.logon.log_on(app.terminal, person_id, pin, origin="screen")
    # With a code the person only chooses a PIN, and logs on anew with it.
    return session, None if session.pin_given else jobs.people.sessions.look_back(app.terminal, session)
