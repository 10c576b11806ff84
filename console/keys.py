"""The one table of keys: what the screens bind, what the foot line and the help show, and who may use a key.

A letter has one meaning on all screens, which `LETTERS` declares once: a key that gives it another one cannot be made.
Every function key has a letter beside it, for keyboards and connections that lose function keys; where text is typed,
letters are text and the function keys remain. The keys of the review steps come from the table of steps
(`console.steps`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from textual.binding import Binding, BindingType

from console.steps import STEPS, KeyPlace, ReviewStep
from store.message.states import Step
from store.message.worklists import DIGITS
from store.rights import Right


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter means on every screen: the actions that it may lead to there, and its function key.

    The action of a step is `review(<step>)`. `turns`: the capital letter turns the direction round; all other capitals
    are the small letters, so that Caps Lock does no harm.
    """

    actions: frozenset[str]
    twin: str | None = None
    turns: bool = False


def _letter(actions: str, twin: str | None = None, *, turns: bool = False) -> Letter:
    return Letter(frozenset(actions.split()), twin, turns)


# A new deed takes the letter whose meaning it has.
LETTERS: Final[Mapping[str, Letter]] = MappingProxyType(
    {
        # decide: approve, confirm, and in a form go on to where it is registered
        "a": _letter("review(approve) review(confirm) finish", "f9"),
        "b": _letter("back", "escape"),
        # characters: those of a text, and those in which the screens are written
        "c": _letter("characters language", "f2"),
        # what cannot be taken back
        "d": _letter("destroy"),
        # write
        "e": _letter("entry revise replace_sent"),
        # conditions, and what a field can hold
        "f": _letter("filter conditions", "f4"),
        "g": _letter("edge scroll_edge", turns=True),
        # keep from going on, and from being seen
        "h": _letter("review(hold) review(put_on_hold) protect suspend", "f12"),
        # take in
        "i": _letter("receive handins take_in"),
        "j": _letter("move scroll"),
        "k": _letter("move scroll"),
        "l": _letter("log"),
        # the other screens
        "m": _letter("menu"),
        "n": _letter("along", turns=True),
        # all about this person
        "p": _letter("person"),
        # put out
        "o": _letter("export"),
        "q": _letter("log_off", "f10"),
        "r": _letter("review(give_back)", "f11"),
        "s": _letter("sort", turns=True),
        # the pair: its halves, and the way from one to the other
        "t": _letter("split"),
        # let go on
        "u": _letter("review(release) review(take_up) review(bring_forward) unprotect clear_all unlock resume"),
        # see more of it
        "v": _letter("revisions older show_address all_items last_exchange former_report sessions", "f6"),
        # take back
        "w": _letter("review(withdraw) review(call_off) cancel_sent cancel_event"),
        "x": _letter("exchange send", "f7"),
        # once more
        "y": _letter("review(resend) read_again one_more reset_pin"),
        "z": _letter("lock", "f8"),
        "question_mark": _letter("help", "f1"),
        "slash": _letter("search pull", "f3"),
        # make it up to date
        "full_stop": _letter("reload take_seiji", "f5"),
    }
)
_SIGNS: Final = MappingProxyType({"question_mark": "?", "slash": "/", "full_stop": "."})
_TWINS: Final = MappingProxyType({letter.twin: name for name, letter in LETTERS.items() if letter.twin is not None})


def meaning_of(name: str) -> Letter | None:
    """Return what the key that Textual calls `name` means; None for one that has no meaning of its own, such as Tab."""
    small = name.lower() if len(name) == 1 else name
    return LETTERS.get(_TWINS.get(small, small))


class DoubleMeaning(ValueError):
    """A key was to mean something else than its letter does on all screens."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its names in Textual, the sign that people read, its action, its word, and the right that it needs.

    `word` names the text in the catalogue `keys`; the key of a step has its text with the others of the step. To a
    person without `right` the key is not shown, and it does nothing. The help shows keys that are not `in_foot` too.
    Keys of a screen may share their letter: which of them is meant follows from what is on the screen, and where
    several fit, the person is asked. Raises DoubleMeaning.
    """

    keys: str
    sign: str
    action: str
    word: str
    right: Right | None = None
    in_foot: bool = True
    step: Step | None = None

    def __post_init__(self) -> None:
        """Refuse an action that the letter does not mean."""
        for name in self.names:
            letter = meaning_of(name)
            if letter is None and len(name) == 1 and name.isalpha():
                raise DoubleMeaning(name)
            if letter is not None and self.deed not in letter.actions:
                raise DoubleMeaning(f"{name} {self.deed}")

    @property
    def names(self) -> list[str]:
        """The names of the key in Textual; none where a widget binds it."""
        return [name for name in self.keys.split(",") if name]

    @property
    def function_sign(self) -> str:
        """The sign where letters are text: that of the function key, if it has one."""
        return next((name.upper() for name in self.names if name[0] == "f" and name[1:].isdigit()), self.sign)

    @property
    def has_function_key(self) -> bool:
        """Whether the key works where letters are text."""
        return any(name[0] == "f" and name[1:].isdigit() for name in self.names)

    @property
    def letter_sign(self) -> str:
        """The sign of the letter, as it is printed on the key."""
        return _SIGNS.get(self.letter or "", self.letter or self.sign)

    @property
    def letter(self) -> str | None:
        """The letter whose meaning the key has, or None."""
        return next((name for name in self.names if name in LETTERS), None)

    @property
    def deed(self) -> str:
        """The action as the letters name it: without its parameters, which tell only how, but for a step."""
        return self.action.partition("(")[0] if self.step is None else f"{REVIEW}({self.step})"

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
HELP: Final = Key("f1", "F1", "help", "help")
KEY_SHEET: Final = Key("question_mark", "?", "help('keys')", "keys")
# Its letter is bound only where it does not mean the characters of a text: at the log-on and in the help.
LANGUAGE: Final = Key("f2", "F2", "language", "language")
LOCK: Final = Key("f8,z", "z", "lock", "lock")
LOG_OFF: Final = Key("f10,q", "q", "log_off", "log_off")
EVERYWHERE: Final = (KEY_SHEET, HELP, LANGUAGE, LOCK, LOG_OFF)
# The ways to the other screens, from every screen; where text is typed, by their function key.
EXCHANGE_KEY: Final = Key("f7,x", "x", "exchange", "exchange")
LOG_KEY: Final = Key("l", "l", "log", "log", Right.LOG)
MENU: Final = Key("m", "m", "menu", "menu")
WAYS: Final = (EXCHANGE_KEY, LOG_KEY, MENU)
# What the foot line shows of them: before the log-on there is nothing to lock, and afterwards more needs the room.
AT_LOG_ON: Final = (HELP, LANGUAGE, LOG_OFF)
AT_WORK: Final = (KEY_SHEET, HELP, MENU, LOCK, LOG_OFF)
# On a screen that lies above others the help begins with its keys.
ABOVE_OTHERS: Final = (KEY_SHEET, LOCK, LOG_OFF)

# In the help and at the log-on nothing has characters, and the letter means those in which the screens are written.
HELP_LANGUAGE: Final = Key("f2,c", "F2", "language", "language")
BACK: Final = Key("escape,b", "Esc", "back", "back")
OPEN: Final = Key("", "Enter", "choose", "open", Right.READ)  # The list itself binds it.
# In the list the letter enters a new message, on the page it corrects the message that is shown.
ENTER: Final = Key("e", "e", "entry", "entry", Right.ENTER)
REVISE: Final = Key("e", "e", "revise", "revise", Right.ENTER)
WHO: Final = Key("p", "p", "person", "person", Right.READ)
SPLIT: Final = Key("t", "t", "split", "split", Right.READ)
REPLACE: Final = Key("e", "e", "replace_sent", "replace_sent", Right.ENTER)
CANCEL: Final = Key("w", "w", "cancel_sent", "cancel_sent", Right.ENTER)
CANCEL_EVENT: Final = Key("w", "w", "cancel_event", "cancel_event", Right.READ)
ADDRESS: Final = Key("f6,v", "v", "show_address", "show_address", Right.READ)
PROTECT: Final = Key("f12,h", "h", "protect", "protect", Right.ENTER, in_foot=False)
UNPROTECT: Final = Key("u", "u", "unprotect", "unprotect", Right.APPROVE, in_foot=False)
NEXT: Final = Key("n", "n", "along(1)", "next")
REVISIONS: Final = Key("f6,v", "v", "revisions", "revisions", Right.READ)


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
HANDINS_KEY: Final = Key("i", "i", "handins", "handins", Right.ENTER)
RELOAD: Final = Key("f5,full_stop", ".", "reload", "reload")

# While something is typed into the field of the search.
SEARCHING: Final = (Key("", "Enter", "choose", "search", Right.READ), Key("escape", "Esc", "back", "cancel"))
# Home. The digits stand before the lists themselves.
TODAY: Final = (
    LISTS,
    Key("", "Enter", "choose", "open_line", Right.READ),
    SEARCH,
    ENTER,
    HANDINS_KEY,
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
    WHO,
    SEARCH,
    Key("f4,f", "f", "filter", "filter"),
    Key("s", "s", "sort(1)", "sort"),
    *_of_list(first=False),
    LISTS,
    Key("asterisk", "*", "select_all", "select_all", in_foot=False),
    Key("S", "S", "sort(-1)", "sort_back", in_foot=False),
    replace(HANDINS_KEY, in_foot=False),
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
    Key("f2,c", "c", "characters", "characters"),
    PROTECT,
    SPLIT,
    WHO,
    UNPROTECT,
    NEXT,
    *_of_page(KeyPlace.LAST),
    Key("o", "o", "export", "export_message", Right.ENTER),
    Key("N", "N", "along(-1)", "before", in_foot=False),
)
# In the form letters are text, so it has only function keys.
ENTRY: Final = (
    Key("f9", "F9", "finish", "finish"),
    Key("escape", "Esc", "back", "drop"),
    Key("f6", "F6", "all_items", "all_items"),
    Key("f2", "F2", "characters", "characters"),
    Key("f5", "F5", "take_seiji", "seiji"),
    Key("f3", "F3", "pull", "pull"),
)
PERSON: Final = (OPEN, RELOAD, BACK)
DRAFTS: Final = (Key("", "Enter", "choose", "open"), Key("d", "d", "destroy", "discard"), BACK)
EVENT: Final = (Key("", "Enter", "choose", "choose"), BACK)
LAST_EXCHANGE: Final = Key("f6,v", "v", "last_exchange", "last_exchange")
STOP: Final = Key("escape", "Esc", "back", "stop")
EXCHANGE: Final = (
    Key("f7,x", "x", "send", "send_receive", Right.EXCHANGE),
    OPEN,
    Key("n", "n", "along(1)", "next_error"),
    LAST_EXCHANGE,
    Key("i", "i", "receive", "receive", Right.EXCHANGE),
    Key("f5,full_stop", ".", "reload", "preflight"),
    STOP,
    BACK,
    Key("y", "y", "read_again", "read_again", Right.EXCHANGE, in_foot=False),
    Key("N", "N", "along(-1)", "error_before", in_foot=False),
)
# The places in which other systems hand their files in, and the dry run of one of these files.
HANDINS: Final = (
    Key("", "Enter", "choose", "dry_run", Right.ENTER),
    Key("f6,v", "v", "former_report", "former_report", Right.ENTER),
    RELOAD,
    Key("o", "o", "export", "export_report", Right.ENTER),
    BACK,
)
HANDIN_REPORT: Final = (
    Key("i", "i", "take_in", "take_in", Right.ENTER),
    Key("o", "o", "export", "export_report", Right.ENTER),
    Key("n", "n", "along(1)", "next_error"),
    Key("f4,f", "f", "filter", "filter"),
    Key("f5,full_stop", ".", "reload", "dry_run_again", Right.ENTER),
    STOP,
    BACK,
    Key("N", "N", "along(-1)", "error_before", in_foot=False),
)
LOG: Final = (
    Key("f5,full_stop", ".", "reload", "verify", Right.LOG),
    Key("f3,slash", "/", "search", "find_entry", Right.LOG),
    Key("f4,f", "f", "conditions", "conditions", Right.LOG),
    BACK,
    Key("o", "o", "export", "export_log", Right.EXPORT_LOG),
)
HEALTH: Final = (RELOAD, BACK)
_FILTER: Final = Key("f4,f", "f", "filter", "filter")
PEOPLE: Final = (
    Key("e", "e", "entry", "person_entry", Right.PEOPLE),
    Key("u", "u", "unlock", "unlock_person", Right.PEOPLE),
    Key("u", "u", "resume", "resume_person", Right.PEOPLE),
    Key("f12,h", "h", "suspend", "suspend_person", Right.PEOPLE),
    Key("y", "y", "reset_pin", "reset_pin", Right.PEOPLE),
    Key("d", "d", "destroy", "end_person", Right.PEOPLE),
    _FILTER,
    Key("f6,v", "v", "sessions", "sessions", Right.PEOPLE),
    BACK,
    replace(RELOAD, in_foot=False),
)
PERSON_FORM: Final = ENTRY[:2]
SESSIONS: Final = (_FILTER, RELOAD, BACK)
# The keys of lists and pages, which each widget binds itself: their signs, and their words.
LIST_KEYS: Final = (("j k", "move"), ("PgUp PgDn", "pages"), ("g G", "edges"))


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Return the bindings of `keys`; keys without a name are bound by a widget.

    Where several keys share a letter, the letter is bound once, and the screen finds out which of them is meant.
    """
    keys = list(keys)
    # A letter that turns the direction round has a key for each direction, told apart by the capital.
    shared = {name for name in LETTERS if sum(key.letter == name for key in keys) > 1 and not LETTERS[name].turns}
    bound: dict[str, BindingType] = {}
    for key in keys:
        for name in key.names:
            action = f"letter('{key.letter}')" if key.letter in shared else key.action.format(key=name)
            for spelt in (name, *_capital(name)):
                bound[spelt] = Binding(spelt, action, show=False)
    return list(bound.values())


def above(keys: Iterable[Key], *everywhere: Key, typed: bool = False) -> list[BindingType]:
    """Return the bindings of a screen that lies above others, through which the application's keys do not reach.

    Those of `everywhere` are named again; where something is `typed`, without their letters, which are text there.
    """
    named = [
        Binding(name, f"app.{key.action}", show=False)
        for key in everywhere
        for names in key.names
        for name in (names, *_capital(names))
        # What is no twin of a letter is the letter itself.
        if not typed or _TWINS.get(names) is not None
    ]
    return [*bindings(keys), *named]


def _capital(name: str) -> list[str]:
    return [name.upper()] if len(name) == 1 and name in LETTERS and not LETTERS[name].turns else []
