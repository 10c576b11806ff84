"""The one table of the steps that people take with messages (審査) and notices (確認).

The list, the page, the commands and the questions are derived from it. What the store knows about a step (its right,
its direction, the states it starts from, whether it asks for a reason) is not repeated here: it comes from
`store.message.states`. All texts of a step are in `console/words/steps.toml`, under its name.

This module is light: the keys need it before the first screen is painted, so jobs are only named here, and imported
when one runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from console import jobs
from store.message.states import CONFIRMABLE, TRANSITIONS, Ask, Direction, State, Step
from store.rights import Right

if TYPE_CHECKING:
    from console.jobs.messages.review import Decided

    Job = Callable[..., Decided]


class KeyPlace(Enum):
    """Where the key of a step is shown. The foot line shows as many keys as fit, so the first ones matter."""

    FIRST = auto()  # what a reviewer opens the screen for
    MENDING = auto()  # on the page of a message, beside the keys that correct it
    LAST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStep:
    """A step that a person takes with one message or with several, on the screens and from the command line.

    `job` returns the job, which takes the terminal, the session, the numbers of the messages, `seen`, and what the
    step asks for: `reason`, `moved_in` or `confirm_warnings`. `keys` are the keys as Textual names them, the letter
    last. `command` is the name on the command line; notices share the command `confirm`, which has no row of its own
    here. `in_pairs`: both halves of a pair take it together. `in_list_foot`: whether the foot line of the list has room
    for the key; the help shows it in any case.
    """

    step: Step
    job: "Callable[[], Job]"
    keys: str
    command: str | None = None
    place: KeyPlace = KeyPlace.LAST
    in_list_foot: bool = True
    in_pairs: bool = False

    @property
    def sign(self) -> str:
        """The key as the foot line shows it: its letter, which also works where function keys are lost."""
        return self.keys.rpartition(",")[2]

    @property
    def right(self) -> Right | None:
        """The right that the step needs."""
        return TRANSITIONS[self.step].right

    @property
    def direction(self) -> Direction:
        """Whether it is a step of messages (out) or of notices (in)."""
        return TRANSITIONS[self.step].direction

    @property
    def sources(self) -> frozenset[State]:
        """The states in which people are offered the step."""
        return sources_of(self.step)

    @property
    def asks_reason(self) -> bool:
        """Whether the person has to give a reason."""
        return Ask.REASON in TRANSITIONS[self.step].asks

    @property
    def asks_day(self) -> bool:
        """Whether the person has to type the day of moving in elsewhere."""
        return Ask.MOVED_IN in TRANSITIONS[self.step].asks

    @property
    def of_departures(self) -> bool:
        """Whether only a departure whose planned day lies ahead can take the step."""
        return Ask.DAY_AHEAD in TRANSITIONS[self.step].asks

    @property
    def confirms_warnings(self) -> bool:
        """Whether the warnings of a message have to be confirmed with the step."""
        return Ask.CONFIRMED_WARNINGS in TRANSITIONS[self.step].asks


# In the order in which the keys are shown. Steps may share a letter: the state of the message tells which is meant.
_TABLE: Final = (
    ReviewStep(
        step=Step.APPROVE,
        job=lambda: jobs.messages.review.approve,
        keys="f9,a",
        command="approve",
        place=KeyPlace.FIRST,
        in_pairs=True,
    ),
    # To the person, confirming a notice is what approving is for a message: the same keys, as below for holding.
    ReviewStep(
        step=Step.CONFIRM,
        job=lambda: jobs.messages.confirmation.confirm,
        keys="f9,a",
        place=KeyPlace.FIRST,
    ),
    ReviewStep(
        step=Step.GIVE_BACK,
        job=lambda: jobs.messages.review.give_back,
        keys="f11,r",
        command="return",
        place=KeyPlace.FIRST,
        in_pairs=True,
    ),
    ReviewStep(
        step=Step.HOLD,
        job=lambda: jobs.messages.review.hold,
        keys="f12,h",
        command="hold",
        in_pairs=True,
    ),
    ReviewStep(
        step=Step.RELEASE,
        job=lambda: jobs.messages.review.release,
        keys="u",
        command="release",
        in_pairs=True,
    ),
    # Both are about a departure that is held until its day; few messages are.
    ReviewStep(
        step=Step.BRING_FORWARD,
        job=lambda: jobs.messages.review.bring_forward,
        keys="u",
        command="bring-forward",
        place=KeyPlace.MENDING,
        in_list_foot=False,
    ),
    ReviewStep(
        step=Step.CALL_OFF,
        job=lambda: jobs.messages.review.call_off,
        keys="w",
        command="call-off",
        place=KeyPlace.MENDING,
        in_list_foot=False,
    ),
    # It belongs to the exchange, because it also throws away the bytes that the peer refused.
    ReviewStep(
        step=Step.RESEND,
        job=lambda: jobs.exchange.resend,
        keys="y",
        command="resend",
        place=KeyPlace.MENDING,
        in_list_foot=False,
    ),
    ReviewStep(
        step=Step.PUT_ON_HOLD,
        job=lambda: jobs.messages.confirmation.put_on_hold,
        keys="f12,h",
    ),
    ReviewStep(
        step=Step.TAKE_UP,
        job=lambda: jobs.messages.confirmation.take_up,
        keys="u",
    ),
    # It is rare and final, so it leaves its place in the foot line of the list to other keys.
    ReviewStep(
        step=Step.WITHDRAW,
        job=lambda: jobs.messages.review.withdraw,
        keys="w",
        command="withdraw",
        in_list_foot=False,
        in_pairs=True,
    ),
)
STEPS: Final[Mapping[Step, ReviewStep]] = MappingProxyType({row.step: row for row in _TABLE})
"""The table, by step."""

# Not in the order of the table above, which is that of the keys.
COMMANDS: Final[Mapping[str, ReviewStep]] = MappingProxyType(
    {row.command: row for row in (STEPS[step] for step in Step if step in STEPS) if row.command is not None}
)
"""The steps that have a command, by its name, in the order of a message's life, which is that of the store."""


def sources_of(step: Step) -> frozenset[State]:
    """Return the states in which people are offered `step`.

    Confirming is one step to them. The store divides it into three, because only the content tells whether it takes a
    second person.
    """
    return frozenset(CONFIRMABLE) if step is Step.CONFIRM else TRANSITIONS[step].sources
