"""What people decide about messages and notices: asked the same way in the list and on the page of a message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.steps import ReviewStep, sources_of
from console.words import Words
from store.message.states import TRANSITIONS, InState, Step

if TYPE_CHECKING:
    from console.jobs.messages.listing import QueueRow
    from console.jobs.messages.review import Decided
    from console.session import Session
    from console.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Review:
    """One step for the messages `ids`, from the question to the notice of what became of it.

    `row` is the message when it is a single one. `seen` are the versions of the messages as they were on the screen, by
    number: what somebody else has changed since is refused. `warnings` is how many of its warnings the person has on
    the screen and confirms by going on. `done` is called when the step was tried, whatever came of it.
    """

    screen: ConsoleScreen
    step: ReviewStep
    ids: Sequence[int]
    row: "QueueRow | None"
    done: Callable[["Decided"], None]
    seen: Mapping[int, int]
    warnings: int = 0

    def ask(self) -> None:
        """Ask whether to do it. Several messages at once want their number typed, and some steps a reason."""
        if self.row is not None and self.row.claim is not None:
            facts = {"reference": self.row.claim.reference, "person": self.row.claim.person}
            self.screen.show_fault("message_claimed", facts)
        elif self.row is not None and not allows(self.row, self.step.step):
            say_wrong_state(self.screen, self.row)
        else:
            typed = self.row is None or self.step.asks_reason
            self.screen.app.push_screen(QuestionDialog(self._question, typed=typed, check=self._check), self._answered)

    def _question(self, words: Words) -> str:
        if self.row is None:
            return words(self._text("ask_many"), count=len(self.ids))
        row = self.row
        # A deletion (消除) asks each of its two persons something else.
        name = "ask_warnings" if self.warnings else f"ask{self._turn(row)}"
        kind = words.name("queue.kind", row.kind)
        facts = {"reference": row.reference, "kind": kind, "name": row.name, "count": self.warnings}
        return words(self._text(name), **facts, first=row.author or "")

    def _text(self, name: str) -> str:
        """Return the key of one of the texts of the step."""
        return f"steps.{self.step.step}.{name}"

    def _turn(self, row: "QueueRow") -> str:
        """Return the ending of the texts for the first or second of two persons; none where one is enough."""
        if self.step.step is not Step.CONFIRM:
            return ""
        if row.state == InState.AWAITING_SECOND:
            return "_second"
        return "_first" if "category_lost" in row.matter else ""

    def _check(self, typed: str) -> str | None:
        if self.step.asks_reason:
            return None if typed else "queue.ask.reason_missing"
        # A row means a single message: only of several, the number has to be typed, lest a selection be forgotten.
        return None if self.row is not None or typed == str(len(self.ids)) else "queue.ask.wrong_count"

    def _answered(self, typed: str | None) -> None:
        if typed is not None:
            self.screen.work(partial(self._do, typed), self._show_outcome)

    def _do(self, typed: str, terminal: "Terminal", session: "Session") -> "Decided":
        """Do the step; called in a thread of the background."""
        asked: dict[str, Any] = {}
        if self.step.asks_reason:
            asked["reason"] = typed
        if self.step.confirms_warnings:
            asked["confirm_warnings"] = self.warnings > 0
        seen = {number: self.seen[number] for number in self.ids if number in self.seen}
        return self.step.job()(terminal, session, self.ids, seen=seen, **asked)

    def _show_outcome(self, decided: "Decided") -> None:
        self.done(decided)
        first = self.row is not None and self._turn(self.row) == "_first"
        count, refused = decided.count, decided.refused

        def text(words: Words) -> str:
            outcome = words(self._text("did_first" if first else "did"), count=count) if count else ""
            if refused:
                fault = words.fault(refused[0].reason, refused[0].facts)
                outcome += words("queue.did.refused", count=len(refused), cause=fault.cause, remedy=fault.remedy)
            return outcome

        self.screen.notice.say("done" if not refused else "note" if count else "trouble", text)


def allows(row: "QueueRow", step: Step) -> bool:
    """Return whether the state of a message allows a step."""
    return row.direction == TRANSITIONS[step].direction and row.state in sources_of(step)


def say_wrong_state(screen: ConsoleScreen, row: "QueueRow") -> None:
    """Say that what was asked for cannot be done with a message in this state."""
    topic, state = f"states.{row.direction}", row.state
    screen.notice.say("note", lambda words: words("queue.note.wrong_state", state=words.name(topic, state)))
