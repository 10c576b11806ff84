"""What people decide about messages and notices: asked the same way in the queue and in an opened message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from console import jobs
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.words import Words

if TYPE_CHECKING:
    from console.jobs.messages.listing import QueueRow
    from console.jobs.messages.review import Decided
    from console.session import Session
    from console.terminal import Terminal

_REASONED: Final = frozenset({"give_back", "put_on_hold", "withdraw"})


@dataclass(frozen=True, slots=True)
class Review:
    """One step for the messages `ids`, from the question to the notice of what became of it.

    `row` is the message when it is a single one. `seen` are the versions of the messages as they were on the screen, by
    number: what somebody else has changed since is refused. `warnings` is how many of its warnings the person has on
    the screen and confirms by going on. `done` is called when the step was tried, whatever came of it.
    """

    screen: ConsoleScreen
    step: str
    ids: Sequence[int]
    row: "QueueRow | None"
    done: Callable[["Decided"], None]
    seen: Mapping[int, int]
    warnings: int = 0

    def ask(self) -> None:
        """Ask whether to do it; several messages at once want their number typed, some steps a reason."""
        if self.row is not None and self.row.claim is not None:
            facts = {"reference": self.row.claim.reference, "person": self.row.claim.person}
            self.screen.show_fault("message_claimed", facts)
            return
        if self.row is not None and not possible(self.step, self.row):
            direction, state = self.row.direction, self.row.state
            self.screen.notice.say(
                "note",
                lambda words: words("queue.note.wrong_state", state=words.name(f"states.{direction}", state)),
            )
            return
        typed = self.row is None or self.step in _REASONED
        self.screen.app.push_screen(QuestionDialog(self._text, typed=typed, check=self._check), self._answered)

    def _text(self, words: Words) -> str:
        if self.row is None:
            return words(f"queue.ask.{self.step}_many", count=len(self.ids))
        key = "approve_warnings" if self.step == "approve" and self.warnings else self._step_of(self.row)
        kind = words.name("kinds.short", self.row.kind)
        facts = {"reference": self.row.reference, "kind": kind, "name": self.row.name, "count": self.warnings}
        return words(f"queue.ask.{key}", **facts, first=self.row.author or "")

    def _step_of(self, row: "QueueRow") -> str:
        """Return what the step is called for a message: a deletion is confirmed by two persons."""
        if self.step != "confirm":
            return self.step
        if row.state == "awaiting_second":
            return "confirm_second"
        return "confirm_first" if "category_lost" in row.matter else "confirm"

    def _check(self, typed: str) -> str | None:
        if self.step in _REASONED:
            return None if typed else "queue.ask.reason_missing"
        return None if self.row is not None or typed == str(len(self.ids)) else "queue.ask.wrong_count"

    def _answered(self, typed: str | None) -> None:
        if typed is not None:
            self.screen.work(lambda terminal, session: self._do(terminal, session, typed), self._tell)

    def _do(self, terminal: "Terminal", session: "Session", typed: str) -> "Decided":
        acts: dict[str, Callable[..., Decided]] = {
            "approve": partial(jobs.messages.review.approve, confirm_warnings=self.warnings > 0),
            "give_back": partial(jobs.messages.review.give_back, reason=typed),
            "hold": jobs.messages.review.hold,
            "release": jobs.messages.review.release,
            "resend": jobs.exchange.resend,
            "withdraw": partial(jobs.messages.review.withdraw, reason=typed),
            "confirm": jobs.messages.confirmation.confirm,
            "put_on_hold": partial(jobs.messages.confirmation.put_on_hold, reason=typed),
            "take_up": jobs.messages.confirmation.take_up,
        }
        seen = {number: self.seen[number] for number in self.ids if number in self.seen}
        return acts[self.step](terminal, session, self.ids, seen=seen)

    def _tell(self, changed: "Decided") -> None:
        self.done(changed)
        step, count, refused = self.step, changed.count, changed.refused
        if self.row is not None and self._step_of(self.row) == "confirm_first":
            step = "confirm_first"

        def text(words: Words) -> str:
            told = words(f"queue.did.{step}", count=count) if count else ""
            if refused:
                fault = words.fault(refused[0].reason, refused[0].facts)
                told += words("queue.did.refused", count=len(refused), cause=fault.cause, remedy=fault.remedy)
            return told

        self.screen.notice.say("done" if not refused else "note" if count else "trouble", text)


def possible(step: str, row: "QueueRow") -> bool:
    """Tell whether the state of a message allows a step."""
    from store.message.states import CONFIRMABLE, TRANSITIONS, Step

    if step == "confirm":
        return row.direction == "in" and row.state in CONFIRMABLE
    transition = TRANSITIONS[Step(step)]
    return row.direction == transition.direction and row.state in transition.sources
