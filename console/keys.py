"""The one table of keys: what the screens bind, what the foot line and the help show, and who may use a key.

Every function key has a letter beside it, for keyboards and connections that lose function keys. The keys of the review
steps come from the table of steps (`console.steps`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

from console.steps import STEPS, KeyPlace, ReviewStep
from store.message.states import Step
from store.message.worklists import DIGITS
from store.rights import Right


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its names in Textual, the sign that people read, its action, its word, and the right that it needs.

    `word` names the text in the catalogue `keys`; the key of a step has its text with the others of the step. To a
    person without `right` the key is not shown, and it does nothing. The help shows keys that are not `in_foot` too.
    """

    keys: str
    sign: str
    action: str
    word: str
    right: Right | None = None
    in_foot: bool = True
    step: Step | None = None

    @property
    def text(self) -> str:
        """The key of the word in the catalogues."""
        return f"keys.{self.word}" if self.step is None else f"steps.{self.step}.key"

    def leads_to(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Return whether it is the key of `action`. The steps share one action, so their parameter decides."""
        if self.step is not None:
            return action == REVIEW and parameters[:1] == (self.step,)
        # "filter(1)" and "filter(-1)" are one action in two directions, and need the same right.
        return action == self.action.partition("(")[0]


REVIEW: Final = "review"
"""The action of every key of a step; its parameter is the step."""

# Function keys work everywhere; letters do not while text is typed.
HELP: Final = Key("f1,question_mark", "F1", "help", "help")
LANGUAGE: Final = Key("f2", "F2", "language", "language")
LOG_OFF: Final = Key("f10,q", "F10", "log_off", "log_off")
EVERYWHERE: Final = (HELP, LANGUAGE, LOG_OFF)

BACK: Final = Key("escape,b", "Esc", "back", "back")
OPEN: Final = Key("", "Enter", "choose", "open", Right.READ)  # The list itself binds it.
# In the list the letter enters a new message, on the page it corrects the message that is shown.
ENTER: Final = Key("e", "e", "entry", "entry", Right.ENTER)
REVISE: Final = Key("e", "e", "revise", "revise", Right.ENTER)
REPLACE: Final = Key("s", "s", "replace_sent", "replace_sent", Right.ENTER)
CANCEL: Final = Key("z", "z", "cancel_sent", "cancel_sent", Right.ENTER)
CANCEL_EVENT: Final = Key("Z", "Z", "cancel_event", "cancel_event", Right.READ)
ADDRESS: Final = Key("p", "p", "show_address", "show_address", Right.READ)
PROTECT: Final = Key("P", "P", "protect", "protect", Right.READ, in_foot=False)
SPLIT: Final = Key("t", "t", "split", "split", Right.READ)
NEXT: Final = Key("n", "n", "along(1)", "next")
REVISIONS: Final = Key("v", "v", "revisions", "revisions", Right.READ)


# Each digit opens its list, so that the action has the key for its parameter.
LISTS: Final = Key(",".join(DIGITS), f"{min(DIGITS)}-{max(DIGITS)}", "open_list('{key}')", "open_list", in_foot=False)


def _step_key(row: ReviewStep, *, in_foot: bool = True) -> Key:
    return Key(row.keys, row.sign, f"{REVIEW}('{row.step}')", "", row.right, in_foot, row.step)


def _of_page(place: KeyPlace) -> Iterator[Key]:
    """Return the keys of the steps in `place`, for the page of a message or notice."""
    return (_step_key(row) for row in STEPS.values() if row.place is place)


def _of_list(*, first: bool) -> Iterator[Key]:
    """Yield the keys of the steps for the list, which obeys the one that fits the row under the cursor."""
    for row in STEPS.values():
        if first == (row.place is KeyPlace.FIRST):
            yield _step_key(row, in_foot=row.in_list_foot)


SEARCH: Final = Key("f3,slash", "/", "search", "search", Right.READ)
EXCHANGE_KEY: Final = Key("f7,x", "x", "exchange", "exchange")
LOG_KEY: Final = Key("f8,l", "l", "log", "log", Right.LOG)
RELOAD: Final = Key("f5,full_stop", ".", "reload", "reload")

# Home. The digits stand before the lists themselves.
TODAY: Final = (
    LISTS,
    Key("", "Enter", "choose", "open_line", Right.READ),
    SEARCH,
    ENTER,
    EXCHANGE_KEY,
    LOG_KEY,
    RELOAD,
)
# The foot line shows as many keys as fit, in this order.
QUEUE: Final = (
    *_of_list(first=True),
    OPEN,
    ENTER,
    EXCHANGE_KEY,
    LOG_KEY,
    Key("space", "Space", "select", "select"),
    SPLIT,
    SEARCH,
    Key("f4,f", "f", "filter", "filter"),
    Key("s", "s", "sort(1)", "sort"),
    *_of_list(first=False),
    LISTS,
    Key("asterisk", "*", "select_all", "select_all", in_foot=False),
    Key("S", "S", "sort(-1)", "sort_back", in_foot=False),
    RELOAD,
    Key("escape,b", "Esc", "back", "clear", in_foot=False),
)
# Two steps may share their keys, one for messages and one for notices: the page obeys the one that fits what it shows.
MESSAGE: Final = (
    *_of_page(KeyPlace.FIRST),
    REVISE,
    *_of_page(KeyPlace.MENDING),
    REPLACE,
    CANCEL,
    CANCEL_EVENT,
    BACK,
    REVISIONS,
    ADDRESS,
    Key("f6,c", "c", "characters", "characters"),
    PROTECT,
    SPLIT,
    NEXT,
    *_of_page(KeyPlace.LAST),
    Key("N", "N", "along(-1)", "before", in_foot=False),
)
# In the form letters are text, so it has only function keys.
ENTRY: Final = (
    Key("f9", "F9", "finish", "finish"),
    Key("escape", "Esc", "back", "drop"),
    Key("f5", "F5", "all_items", "all_items"),
    Key("f6", "F6", "characters", "characters"),
    Key("f7", "F7", "take_seiji", "seiji"),
)
EVENT: Final = (Key("", "Enter", "choose", "choose"), BACK)
EXCHANGE: Final = (
    Key("f7,s", "s", "send", "send", Right.EXCHANGE),
    Key("f8,v", "v", "receive", "receive", Right.EXCHANGE),
    OPEN,
    Key("f5,n", "n", "reload", "reload_line"),
    BACK,
    Key("r", "r", "read_again", "read_again", Right.EXCHANGE, in_foot=False),
)
LOG: Final = (
    Key("f7,v", "v", "verify", "verify", Right.LOG),
    Key("f3,slash", "/", "search", "find_entry", Right.LOG),
    Key("f4,f", "f", "filter(1)", "filter_log"),
    Key("F", "F", "filter(-1)", "filter_back", in_foot=False),
    Key("f9,x", "x", "export", "export_log", Right.EXPORT_LOG),
    BACK,
    Key("f6,o", "o", "ask", "ask", Right.LOG),
    Key("f5,n", "n", "reload", "reload"),
)
# The keys of lists and pages, which each widget binds itself; the help explains them in words.
LIST_WORDS: Final = ("move", "pages", "edges")


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Return the bindings of `keys`; keys without a name are bound by a widget."""
    return [
        Binding(name, key.action.format(key=name), show=False)
        for key in keys
        for name in (key.keys.split(",") if "{key}" in key.action else [key.keys])
        if name
    ]
