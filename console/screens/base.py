"""What every screen of the console has: keys from the table of keys, words, and a line that says what happened."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from textual.screen import ModalScreen

from console.hardened import HardenedScreen
from console.keys import Key
from console.widgets.field import TextField
from console.widgets.frame import NoticeLine
from console.widgets.too_small import LEAST_COLUMNS, LEAST_ROWS, TooSmall
from console.words import Words

if TYPE_CHECKING:
    from console.host import Host
    from console.session import Session
    from console.terminal import Terminal

T = TypeVar("T")
A = TypeVar("A")
_FIRST_OF_PERSON: Final = 2  # The log-on lies below all screens.


# What a person needs who cannot see the screen for want of room.
_UNSEEN: Final = frozenset({"log_off", "lock", "language"})


class RoomyScreen(HardenedScreen[T], inherit_bindings=False):
    """A screen that wants 80×24. Where there is less it says so, and no key does what nobody could see."""

    DEFAULT_CSS = """
    RoomyScreen { layers: default above; }
    RoomyScreen.-small > TooSmall { display: block; }
    """

    @property
    def too_small(self) -> bool:
        """Whether the terminal has no room for the screen."""
        return self.size.width < LEAST_COLUMNS or self.size.height < LEAST_ROWS

    def on_mount(self) -> None:
        """Lay what says so over the screen, unseen."""
        self.mount(TooSmall())

    def on_resize(self) -> None:
        """Show it, or what it covered, which has stayed as it was."""
        self.set_class(self.too_small, "-small")

    def obeys(self, action: str) -> bool:
        """Tell whether a key may do this now."""
        return not self.too_small or action in _UNSEEN


class ConsoleScreen(RoomyScreen[None], inherit_bindings=False):
    """A screen with a head line, its work, a notice line and a foot line.

    Subclasses have a `NAME` each, their keys in `KEYS` and the page of the help in `help_topic` (None: F1 does
    nothing).
    """

    # Each screen sets its focus itself: Textual's default would pick the first widget that can have it.
    AUTO_FOCUS: ClassVar[str | None] = ""
    KEYS: ClassVar[Sequence[Key]] = ()
    help_topic: ClassVar[str | None] = None

    def __init__(self) -> None:
        super().__init__()
        # Not looked for on the screen: something may be said before the screen is laid out.
        self.notice = NoticeLine()
        # How often each subject was looked at: the answer to an older look is out of date.
        self._looks: Counter[str] = Counter()

    @property
    def console_app(self) -> "Host":
        """The application."""
        # Textual knows it only as an App; that ours is a Host is checked beside RenkeiApp.
        return cast("Host", self.app)

    @property
    def words(self) -> Words:
        """The texts in the current language."""
        return self.console_app.words

    @property
    def unfinished(self) -> bool:
        """Whether something runs here that a log-off must not interrupt unseen."""
        return False

    def leave(self) -> None:
        """Close this screen, unless it is the one on which the person begins: below it is only the log-on."""
        if len(self.app.screen_stack) > _FIRST_OF_PERSON:
            self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Obey a key only on the screen in hand, and only if the person has the right that the table of keys names."""
        if not self.in_hand:
            return False
        # Actions outside the table are such as moving in a list, which everybody may do.
        key = self.key_of(action, parameters)
        return self.console_app.may(None if key is None else key.right)

    def key_of(self, action: str, parameters: tuple[object, ...]) -> Key | None:
        """Return the key of this screen that leads to `action`; None for an action that the screen has no key for."""
        return next((key for key in self.KEYS if key.leads_to(action, parameters)), None)

    def offers(self, key: Key) -> bool:
        """Tell whether the foot line shows `key` to this person, given what is on the screen."""
        return self.console_app.may(key.right)

    def work(
        self,
        job: Callable[["Terminal", "Session"], T],
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `job` in a thread for the person who is logged on; without `otherwise`, this screen shows its error.

        `job` gets the terminal and the session. It runs outside the screen's thread and must not touch widgets.
        """
        self.console_app.work(self, job, then, otherwise or self.show_error)

    def look(
        self,
        subject: str,
        job: Callable[["Terminal", "Session"], T],
        then: Callable[[T], None],
        otherwise: Callable[[Exception], None] | None = None,
    ) -> None:
        """Read something with `work`; the answer is dropped if `subject` was looked at again since.

        Threads end in any order. An older answer would put back on the screen what a newer one has replaced, such as a
        message that was decided in between, and the next key would meet it.
        """
        self._looks[subject] += 1
        number = self._looks[subject]

        def if_newest(use: Callable[[A], None]) -> Callable[[A], None]:
            def take(answer: A) -> None:
                if self._looks[subject] == number:
                    use(answer)

            return take

        self.work(job, if_newest(then), if_newest(otherwise or self.show_error))

    def say(self, level: str, key: str, **facts: object) -> None:
        """Show the text `key` in the notice line; `level` is done, note or trouble."""
        self.notice.say(level, lambda words: words(key, **facts))

    def hint(self, key: str, **facts: object) -> None:
        """Say the text `key` about what was just typed; dialogs have this as well."""
        self.say("note", key, **facts)

    def on_text_field_refused(self, event: TextField.Refused) -> None:
        """Say why a field did not take in what was typed or pasted."""
        self.hint(event.key, longest=event.field.longest)

    def show_error(self, error: Exception) -> None:
        """Show cause and remedy of an error that was foreseen, and the incident number of any other."""
        # Not at the top: it brings the error trees of the other rooms, which the first paint does not need.
        from console.foreseen import foreseen

        ours = foreseen(error)
        if ours is None:
            self.say("trouble", "common.incident", number=self.console_app.note_incident(error))
        else:
            self.show_fault(ours.code, ours.facts, ours.incident)

    def show_fault(self, code: str, facts: dict[str, Any], incident: str | None = None) -> None:
        """Show cause and remedy of the error `code`, and the number of its technical record if it has one."""

        # A function, not a text: the notice is built again when the language changes.
        def text(words: Words) -> str:
            fault = words.fault(code, facts)
            recorded = "" if incident is None else f" {words('common.recorded', number=incident)}"
            return f"{fault.cause} {fault.remedy}{recorded}"

        self.notice.say("trouble", text)


class Dialog(RoomyScreen[T], ModalScreen[T], inherit_bindings=False):
    """A question at the lower edge of the screen, which leaves the work it is about in sight."""

    # As for screens: the dialog sets its focus itself.
    AUTO_FOCUS: ClassVar[str | None] = ""

    @property
    def console_app(self) -> "Host":
        """The application."""
        return cast("Host", self.app)

    @property
    def words(self) -> Words:
        """The texts in the current language."""
        return self.console_app.words

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # The base's names.
        """Obey a key only when the dialog is in hand, as `ConsoleScreen` does."""
        return self.in_hand

    def hint(self, key: str, **facts: object) -> None:
        """Say the text `key` about what was just typed, where the dialog has a line for it."""

    def on_text_field_refused(self, event: TextField.Refused) -> None:
        """Say why a field did not take in what was typed or pasted."""
        self.hint(event.key, longest=event.field.longest)
