"""The one table of keys: what the screens bind, what the foot line and the help show, who may use them.

Every function key has a letter beside it, for keyboards and connections that lose function keys. `word` names the
text in the catalogue `keys`; `right` is the right without which the key is neither shown nor obeyed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """A key: the names Textual knows it by, the sign people read, its action, its word, and the right it needs."""

    keys: str
    sign: str
    action: str
    word: str
    right: str | None = None
    in_foot: bool = True


# While text is typed, letters are text: the function keys work everywhere.
HELP: Final = Key("f1,question_mark", "F1", "help", "help")
LANGUAGE: Final = Key("f2,t", "F2", "language", "language")
LOG_OFF: Final = Key("f10,q", "F10", "log_off", "log_off")
EVERYWHERE: Final = (HELP, LANGUAGE, LOG_OFF)

BACK: Final = Key("escape,b", "Esc", "back", "back")
OPEN: Final = Key("", "Enter", "choose", "open", "read")  # The list itself binds it.
APPROVE: Final = Key("f9,a", "a", "approve", "approve", "approve")
RETURN: Final = Key("f11,r", "r", "give_back", "give_back", "approve")
HOLD: Final = Key("f12,h", "h", "hold", "hold", "approve")
RELEASE: Final = Key("u", "u", "release", "release", "approve")
RESEND: Final = Key("o", "o", "resend", "resend", "approve")
WITHDRAW: Final = Key("w", "w", "withdraw", "withdraw", "withdraw")
# The same keys for what came in: which of both a key is depends on the way the message travels.
CONFIRM: Final = Key("f9,a", "a", "confirm", "confirm_notice", "confirm")
PUT_ON_HOLD: Final = Key("f12,h", "h", "put_on_hold", "hold", "confirm")
TAKE_UP: Final = Key("u", "u", "take_up", "release", "confirm")
ENTER: Final = Key("e", "e", "entry", "entry", "enter")
REVISE: Final = Key("e", "e", "revise", "revise", "enter")
REPLACE: Final = Key("s", "s", "replace_sent", "replace_sent", "enter")
CANCEL: Final = Key("z", "z", "cancel_sent", "cancel_sent", "enter")
REVISIONS: Final = Key("v", "v", "revisions", "revisions", "read")

QUEUE: Final = (
    APPROVE,
    RETURN,
    OPEN,
    ENTER,
    Key("f7,x", "x", "exchange", "exchange"),
    Key("f8,l", "l", "trail", "trail", "log"),
    Key("space", "Space", "select", "select"),
    Key("f3,slash", "/", "search", "search"),
    Key("f4,f", "f", "filter(1)", "filter"),
    Key("f6,d", "d", "direction", "direction"),
    HOLD,
    RELEASE,
    replace(RESEND, in_foot=False),
    replace(WITHDRAW, in_foot=False),
    Key("A", "A", "select_all", "select_all", in_foot=False),
    Key("F", "F", "filter(-1)", "filter_back", in_foot=False),
    Key("f5,n", "n", "reload", "reload"),
    Key("escape", "Esc", "back", "clear", in_foot=False),
)
MESSAGE: Final = (
    APPROVE,
    CONFIRM,
    RETURN,
    REVISE,
    RESEND,
    REPLACE,
    CANCEL,
    BACK,
    REVISIONS,
    Key("f6,c", "c", "characters", "characters"),
    HOLD,
    RELEASE,
    PUT_ON_HOLD,
    TAKE_UP,
    WITHDRAW,
)
# In the form letters are text: it has function keys alone.
ENTRY: Final = (
    Key("f9", "F9", "finish", "finish"),
    Key("escape", "Esc", "back", "drop"),
    Key("f5", "F5", "all_items", "all_items"),
    Key("f6", "F6", "characters", "characters"),
)
EVENT: Final = (Key("", "Enter", "choose", "choose"), BACK)
EXCHANGE: Final = (
    Key("f7,s", "s", "send", "send", "exchange"),
    Key("f8,v", "v", "receive", "receive", "exchange"),
    OPEN,
    Key("f5,n", "n", "reload", "reload_line"),
    BACK,
    Key("r", "r", "read_again", "read_again", "exchange", in_foot=False),
)
LOG: Final = (
    Key("f7,v", "v", "verify", "verify", "log"),
    Key("f3,slash", "/", "search", "find_entry", "log"),
    Key("f4,f", "f", "filter(1)", "filter_log"),
    Key("F", "F", "filter(-1)", "filter_back", in_foot=False),
    Key("f9,x", "x", "export", "export_log", "export_log"),
    BACK,
    Key("f6,o", "o", "ask", "ask", "log"),
    Key("f5,n", "n", "reload", "reload"),
)
# The keys that lists and pages obey; the help explains them in words.
LIST_WORDS: Final = ("move", "pages", "edges")


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Return the bindings of `keys`."""
    return [Binding(key.keys, key.action, show=False) for key in keys if key.keys]
