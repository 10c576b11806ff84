"""The questions before a step of review and the notice after it, alike in the list and on the page of a message."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from console import jobs
from console.screens.base import ConsoleScreen
from console.screens.dialogs import QuestionDialog
from console.screens.messages.message_list import name_of
from console.screens.messages.naming import Naming
from console.screens.messages.refusals import RefusalSheet
from console.steps import ReviewStep, sources_of
from console.words import Words
from store import clock
from store.message.entry.typed import typed_day
from store.message.states import TRANSITIONS, Ask, InState, Step

if TYPE_CHECKING:
    from console.jobs.messages.listing import OtherHalf, QueueRow
    from console.jobs.messages.review import Decided
    from console.jobs.work.outline import Outline
    from console.session import Session
    from console.terminal import Terminal

_MOST_NAMED: Final = 3  # More names would leave the question no room at 80 by 24.


@dataclass(frozen=True, slots=True)
class Review:
    """One step for the messages `ids`, from the question to the notice of its outcome.

    `row` is the message if there is only one; of several, `outline` tells what the step would do with them. `seen`
    holds the versions of the messages as they were on the screen, by number: a message that somebody else has changed
    since is refused. `warnings` is the number of warnings that the person has on the screen, and confirms by going on.
    `half` is the other message of the pair, which takes the step with `row`; several messages take it with their other
    halves, but for those that the person took `apart`.
    `begun` is called with the messages when the question is answered, and `done` after the step was tried: also when
    all was refused, and with None when it failed altogether.
    """

    screen: ConsoleScreen
    step: ReviewStep
    ids: Sequence[int]
    row: "QueueRow | None"
    done: Callable[["Decided | None"], None]
    seen: Mapping[int, int]
    warnings: int = 0
    outline: "Outline | None" = None
    begun: Callable[[Sequence[int]], None] = lambda _ids: None
    half: "OtherHalf | None" = None
    apart: frozenset[int] = frozenset()

    def ask(self) -> None:
        """Ask whether to go on. For several messages their number has to be typed, for some steps a reason or a day."""
        if self.row is not None and self.row.claim is not None:
            facts = {"reference": self.row.claim.reference, "person": self.row.claim.person}
            self.screen.show_fault("message_claimed", facts)
        elif self.row is not None and not allows(self.row, self.step.step):
            say_wrong_state(self.screen, self.row)
        elif self.row is None:
            self._ask_many()
        else:
            self.put_question(typed=self.step.asks_reason or self.step.asks_day)

    def put_question(self, *, typed: bool) -> None:
        """Put the question; `typed`: something has to be typed to go on."""
        asked = QuestionDialog(self.question, self._text("deed"), typed=typed, check=self.check)
        self.screen.app.push_screen(asked, self.answered)

    def _look(self, terminal: "Terminal", session: "Session") -> "Outline":
        """Find out what the step would do with all of them; this is called in a thread of the background."""
        # Where a step is for one message alone, no other one comes with it.
        apart = self.apart if self.step.in_pairs else frozenset(self.ids)
        return jobs.work.outline.outline(terminal, session, self.ids, self.step.step, apart=apart)

    def _ask_many(self) -> None:
        """Put the question at once, so that a number typed ahead is its answer and opens no list.

        What it is about follows. Until then it takes no answer: nobody decides on messages that they were not told of.
        """
        review = self
        asked = QuestionDialog(self.question, self._text("deed"), typed=True, check=self.check)

        def arrived(outline: "Outline") -> None:
            nonlocal review
            if outline.ids:
                # What cannot take the step stays selected, and is named in the question.
                review = replace(self, ids=outline.ids, outline=outline)
                asked.ask(review.question, review.check)
            else:
                asked.dismiss(None)
                self.screen.notice.say("note", lambda words: " ".join(behind_lines(outline, words)))

        def failed(error: Exception) -> None:
            asked.dismiss(None)
            self.screen.show_error(error)

        def answered(typed: str | None) -> None:
            review.answered(typed)

        self.screen.app.push_screen(asked, answered)
        self.screen.work(self._look, arrived, failed)

    def question(self, words: Words) -> str:
        """Return the question as far as it is known what it is about."""
        if self.row is None:
            if self.outline is None:
                return words("queue.many.counting", count=len(self.ids))
            asked = words(self._text("ask_many"), count=len(self.ids))
            return "\n".join((*outline_lines(self.outline, self.step, words), asked))
        row = self.row
        day = self._planned_day(words, row)
        # A deletion (消除) has a question for the first person who confirms it and another one for the second.
        held = day and self.step.step is Step.APPROVE
        name = "ask_warnings" if self.warnings else "ask_until" if held else f"ask{self._turn(row)}"
        # Each text takes the facts that it needs.
        rows = (row,) if self.half is None else (row, self.half)
        facts = {
            "reference": words("queue.pair.between").join(each.reference for each in rows),
            "kind": words.name("kinds.short", row.kind) if self.half is None else words("queue.pair.kind"),
            "name": name_of(row, words),
            "count": self.warnings,
            "day": day,
        }
        question = words(self._text(name), **facts, first=row.author or "")
        return f"{question}\n{words(self._text('until'), day=day)}" if self.warnings and held else question

    def _planned_day(self, words: Words, row: "QueueRow") -> str:
        """Return the day until which a message is held once it is approved; empty for one that leaves at once."""
        if row.due_on is None or not has_day_ahead(row):
            return ""
        naming = Naming(words, row.kind, clock.day_in_japan(row.occurred_at))
        return naming.day("due_on", row.due_on.isoformat())

    def _text(self, name: str) -> str:
        """Return the key of a text of the step."""
        return f"steps.{self.step.step}.{name}"

    def _turn(self, row: "QueueRow") -> str:
        """Return the ending of the texts for the first or the second person; empty if one person is enough."""
        if self.step.step is not Step.CONFIRM:
            return ""
        if row.state == InState.AWAITING_SECOND:
            return "_second"
        return "_first" if "category_lost" in row.matter else ""

    def check(self, typed: str) -> str | None:
        """Return the key of what is wrong with an answer; None for one to go on with."""
        if self.row is None and self.outline is None:
            return "queue.ask.counting"
        if self.step.asks_reason:
            return None if typed else "queue.ask.reason_missing"
        if self.step.asks_day:
            return None if typed_day(typed) else "queue.ask.day_wrong"
        # Several messages are decided only with their number typed, so that a forgotten selection does no harm.
        return None if self.row is not None or typed == str(len(self.ids)) else "queue.ask.wrong_count"

    def answered(self, typed: str | None) -> None:
        """Take the step, unless the person cancelled."""
        if typed is not None:
            self.begun(self.ids)
            self.screen.work(partial(self._do, typed), self._show_outcome, self._failed)

    def _failed(self, error: Exception) -> None:
        self.done(None)
        self.screen.show_error(error)

    def _do(self, typed: str, terminal: "Terminal", session: "Session") -> "Decided":
        """Take the step; this is called in a thread of the background."""
        asked: dict[str, Any] = {}
        if self.step.asks_reason:
            asked["reason"] = typed
        if self.step.asks_day:
            asked["moved_in"] = typed_day(typed)
        if self.step.confirms_warnings:
            asked["confirm_warnings"] = self.warnings > 0
        # A row that was selected but never shown has no version here, so nothing could have changed before the eyes.
        seen = {number: self.seen[number] for number in self.ids if number in self.seen}
        # The other steps are about one message by their nature, such as a departure.
        if self.step.in_pairs:
            asked["together"] = self._together()
        return self.step.job()(terminal, session, self.ids, seen=seen, **asked)

    def _together(self) -> Mapping[int, int]:
        """Return the other half of each message that has one here, by number."""
        if self.outline is not None:
            return self.outline.together
        if self.row is None or self.half is None:
            return {}
        return {self.row.id: self.half.id, self.half.id: self.row.id}

    def _show_outcome(self, decided: "Decided") -> None:
        # First the screen, which may clear the notice line or read the message once more.
        self.done(decided)
        # What the row was before the step tells which text fits.
        first = self.row is not None and self._turn(self.row) == "_first"
        count, refused = decided.count, decided.refused

        def text(words: Words) -> str:
            outcome = words(self._text("did_first" if first else "did"), count=count) if count else ""
            if refused:
                fault = words.fault(refused[0].reason, refused[0].facts)
                outcome += words("queue.did.refused", count=len(refused), cause=fault.cause, remedy=fault.remedy)
            return outcome

        self.screen.notice.say("done" if not refused else "note" if count else "trouble", text)
        if self.outline is not None and refused:
            self.screen.app.push_screen(RefusalSheet(refused, self.outline.named))


def outline_lines(outline: "Outline", step: ReviewStep, words: Words) -> Iterator[str]:
    """Yield what a step would do with several messages. Their sum is not among it: people add up what they decide."""
    selected = len(outline.named)
    yield words("queue.many.title", step=words(f"steps.{step.step}.key"), count=selected)
    yield "  ".join(f"{words.name('kinds.short', kind)} {number}" for kind, number in sorted(outline.kinds.items()))
    facts = (("deletions", outline.deletions), ("late", outline.late), ("until_day", outline.until_day))
    special = [words(f"queue.many.{name}", count=number) for name, number in facts if number]
    if special:
        yield "  ".join(special)
    yield from behind_lines(outline, words)


def behind_lines(outline: "Outline", words: Words) -> Iterator[str]:
    """Yield which messages stay behind, by what stands in their way."""
    for obstacle, numbers in outline.behind.items():
        names = [outline.named[number].name or outline.named[number].reference for number in numbers[:_MOST_NAMED]]
        more = words("queue.many.more") if len(numbers) > _MOST_NAMED else ""
        listed = words("head.between").join(names) + more
        yield words(f"queue.many.behind.{obstacle}", count=len(numbers), names=listed)


def allows(row: "QueueRow", step: Step) -> bool:
    """Return whether the state of a message allows a step, and its planned day where the step asks about it."""
    transition, ahead = TRANSITIONS[step], has_day_ahead(row)
    fits = Ask.PLANNED_DAY not in transition.asks if ahead else Ask.DAY_AHEAD not in transition.asks
    return row.direction == transition.direction and row.state in sources_of(step) and fits


def has_day_ahead(row: "QueueRow") -> bool:
    """Return whether a message has a planned day, and that day lies ahead."""
    return row.due_on is not None and row.due_on > clock.day_in_japan(clock.now())


def say_wrong_state(screen: ConsoleScreen, row: "QueueRow") -> None:
    """Say that the step cannot be taken with a message in this state."""
    topic, state = f"states.{row.direction}", row.state
    screen.notice.say("note", lambda words: words("queue.note.wrong_state", state=words.name(topic, state)))
