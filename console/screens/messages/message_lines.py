"""A message as the lines of a page: its state, the findings of the rules, before and after, its items, its history.

Dated codes have the names that the tables of the store give for the day of the event. Dates are shown as Japanese
documents write them. All other words come from the catalogues.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.style import Style

from console.screens.messages.message_list import event_of, who_of
from console.screens.messages.naming import Naming
from console.screens.messages.pair_table import Half, PairTable, fields_of
from console.widgets.page import Pieces
from console.widgets.palette import Palette
from console.widgets.text import beside, fit, width_of, wrap
from console.words import Words
from store.clock import JAPAN
from store.message.groups import value_at
from store.message.pairs import value_beside
from store.message.states import Direction, OutState
from store.message.tables import peer_name

if TYPE_CHECKING:
    from console.jobs.messages.reading import MessageView
    from store.message.checks.rules import Finding

_LABEL: Final = 22
_INDENT: Final = 2
_PLANNED: Final = "basis.planned_departure"
# What a message that replaces another one has for itself.
_OWN: Final = frozenset({"reference", "occurred_at", "replaces", "cancels"})
_CALLED_OFF: Final = "message.called_off"
# What tells people of the same name apart, where nothing else has to be told in few lines.
_BRIEF: Final = ("person.address", "person.birth_date", "card_number", "certificate_number", "delivered_on")


class MessageLines:
    """Builds the lines of one message for a width."""

    def __init__(self, view: "MessageView", words: Words, palette: Palette, width: int) -> None:
        self._view = view
        self._words = words
        self._palette = palette
        self._width = width
        self._day = view.row.occurred_at.astimezone(JAPAN).date()
        self._naming = Naming(words, view.row.kind, self._day)

    def lines(self) -> list[Pieces]:
        """Return all lines."""
        # What wants a decision comes first, so that it is on the first page of the smallest screen.
        sections = (
            ("findings", self._findings()),
            ("trouble", self._trouble()),
            ("status", self._status()),
            ("outcome", self._outcome()),
            ("corrections", self._corrections()),
            ("changes", self._changes()),
            ("lost", self._lost()),
            ("items", self._items()),
            ("receipt", self._receipt()),
            ("history", self._history()),
        )
        lines: list[Pieces] = []
        for name, section in sections:
            content = list(section)
            if content:
                heading = (self._words(f"message.section.{name}"), self._palette["key"])
                lines += [[heading], *content, []]
        return lines[:-1]

    def title(self) -> list[Pieces]:
        """Return who and what in two lines: name, event and state; number, kind and who entered it."""
        # The same two lines head the page and stand above the message beside the list.
        row, words = self._view.row, self._words
        who = who_of(row, words)
        rows = (row,) if self._view.half is None else (row, self._view.half.row)
        # Of a notice it would be the first of two persons who confirm it, whom its status names.
        entered = row.author is not None and row.direction == Direction.OUT
        author = f"  {words('message.status.author')} {row.author}" if entered else ""
        # What people confirm is a sheet of its own in an office, and is called so.
        sheet = f"{words('message.sheet')}  " if row.direction == Direction.IN else ""
        # Two kinds in full have no room beside the list.
        for topic in ("kinds", "kinds.short"):
            second = sheet + "  ".join(f"{each.reference}  {words.name(topic, each.kind)}" for each in rows) + author
            if width_of(second) <= self._width:
                break
        state = words.name(f"states.{row.direction}", row.state)
        return [
            [(who, self._palette["strong"]), (f"  {event_of(row, words)}  ", None), (state, self._palette["key"])],
            [(second, self._palette["faint"])],
        ]

    def brief(self) -> Iterator[Pieces]:
        """Yield what a decision takes, the worst first: findings, why it stands still, what changes, the address."""
        # Three lines are shown of these, so that the order decides what a person sees.
        yield from self._findings()
        yield from self._trouble()
        if self._view.reason:
            yield from self._pair(self._words(self._why), self._view.reason, self._palette["attention"])
        yield from self._corrections()
        yield from self._changes()
        yield from self._lost()
        for field in _BRIEF:
            value = value_at(self._view.record, field)
            if value is not None:
                yield from self._pair(self._naming.label(field), self._naming.value(field, value))

    @property
    def _why(self) -> str:
        """The key of the word for why a message was returned, or a notice is held."""
        return "message.status.reason" if self._view.row.direction == Direction.OUT else "message.status.hold_reason"

    # Sections

    def _status(self) -> Iterator[Pieces]:
        row, words = self._view.row, self._words
        if row.direction == Direction.IN:
            yield from self._whom()
        if self._view.protected:
            yield from self._pair(
                words("message.status.protected"), words("message.protected"), self._palette["trouble"]
            )
        yield from self._state()
        yield from self._pair(words("message.status.peer"), peer_name(self._day).name(words.language))
        if self._view.terminal is not None:
            yield from self._pair(words("message.status.terminal"), self._view.terminal)
        half = self._view.half
        # Of the half that stands beside this one on the page, nothing more is to be said.
        for counter in (each for each in self._view.counters if half is None or each.id != half.row.id):
            state = f"{counter.reference}  {words.name(f'states.{row.direction}', counter.state)}"
            yield from self._pair(words(f"message.status.{counter.pointer}"), state, self._palette["attention"])
        waited = words.span(row.waiting_seconds)
        late = self._palette["trouble"] if row.overdue else None
        yield from self._pair(
            words("message.status.waiting"), f"{waited}  {words('message.late')}" if row.overdue else waited, late
        )
        # Of a notice these are the two persons who confirm a deletion.
        author, approver = ("author", "approver") if row.direction == Direction.OUT else ("first", "confirmed")
        if row.author is not None:
            yield from self._pair(words(f"message.status.{author}"), row.author)
        if row.approver is not None:
            yield from self._pair(words(f"message.status.{approver}"), row.approver)
        if row.revision > 1:
            yield from self._pair(words("message.status.revision"), str(row.revision))
        if self._view.reason:
            yield from self._pair(words(self._why), self._view.reason, self._palette["attention"])

    def _state(self) -> Iterator[Pieces]:
        """Yield the state, and of a departure the day that counts or that it was called off."""
        row, words = self._view.row, self._words
        state = words.name("states", f"{row.direction}.{row.state}")
        day = "" if row.due_on is None else self._naming.day("due_on", row.due_on.isoformat())
        if day and row.state == OutState.HELD:
            state += " " + words("message.until", day=day)
        if row.state == OutState.WITHDRAWN and any(step.event == _CALLED_OFF for step in self._view.history):
            state += " " + words("message.called_off")
        yield from self._pair(words("message.status.state"), state, self._palette["strong"])
        # The content keeps the planned day as it was reported.
        if row.due_on is not None and row.due_on.isoformat() != value_at(self._view.record, _PLANNED):
            yield from self._pair(words("message.status.moved_in"), day, self._palette["attention"])

    def _whom(self) -> Iterator[Pieces]:
        """Yield whom a notice is about: who confirms it has to see that on the first page."""
        for field in ("person.name", "person.birth_date"):
            value = self._naming.value(field, value_at(self._view.record, field))
            yield from self._pair(self._naming.label(field), value, self._palette["strong"])

    def _findings(self) -> Iterator[Pieces]:
        for finding in self._all_findings():
            fault = self._words.finding(finding.rule, finding.facts)
            style = self._palette["trouble" if finding.severity == "error" else "attention"]
            mark = self._words(f"message.{finding.severity}")
            label = self._naming.label(finding.field)
            yield from self._hanging(f"{mark}  {label}: {fault.cause}", style)
            yield from self._hanging(fault.remedy, self._palette["faint"])

    def _all_findings(self) -> Iterator["Finding"]:
        """Yield the findings of both halves; what both say alike about the person is said once."""
        half = self._view.half
        yield from self._view.findings
        if half is not None:
            yield from (finding for finding in half.findings if finding not in self._view.findings)

    def _trouble(self) -> Iterator[Pieces]:
        """Yield why the message does not go on, and what to do. What the peer says of its content is the outcome."""
        trouble = self._view.trouble
        if trouble is None:
            return
        fault = self._words.refusal(trouble.code)
        yield from self._hanging(fault.cause, self._palette["trouble"])
        yield from self._hanging(fault.remedy, self._palette["faint"])
        if trouble.incident is not None:
            yield from self._hanging(self._words("common.recorded", number=trouble.incident), self._palette["faint"])

    def _changes(self) -> Iterator[Pieces]:
        record, words = self._view.record, self._words
        for change in record.get("changes", ()):
            item = str(change.get("item", ""))
            reason = words.name("items.value.changes.reason", str(change.get("reason", "")))
            yield [
                ("  ", None),
                (self._naming.label(item), self._palette["strong"]),
                (f"  {reason}", self._palette["faint"]),
            ]
            yield from self._before_after(item, change.get("before"), change.get("after"), topic="message.notice")
        # A resident record says only which items were corrected, and of the address alone what it was before.
        for item in record.get("corrected", ()):
            name = item if item in record else f"person.{item}"
            yield [("  ", None), (self._naming.label(name), self._palette["strong"])]
            before = record.get("previous_address") if item == "address" else None
            yield from self._before_after(name, before, value_at(record, name), known=item == "address")
        if record.get("previous_address") and "corrected" not in record:
            yield from self._before_after(
                "person.address", record["previous_address"], value_at(record, "person.address")
            )

    def _corrections(self) -> Iterator[Pieces]:
        """Yield what differs from the message that this one replaces, or from its own former revision."""
        # Of twenty items two were corrected: who reviews it would look for them in vain among the others.
        former = self._view.former
        if former is None:
            return
        record, kind = self._view.record, self._view.row.kind
        fields = dict.fromkeys((*fields_of(record, kind), *fields_of(former.record, kind)))
        differing = [field for field in fields if value_at(record, field) != value_at(former.record, field)]
        for field in (each for each in differing if each not in _OWN):
            yield [("  ", None), (self._naming.label(field), self._palette["strong"])]
            before, after = (self._naming.value(field, value_at(each, field)) for each in (former.record, record))
            yield from self._pair(
                self._words("message.former", reference=former.reference), before, self._palette["faint"]
            )
            yield from self._pair(self._words("message.corrected"), after, self._palette["strong"])
            yield from self._beside(field)
        if set(differing) <= _OWN:
            yield from self._hanging(self._words("message.corrects_nothing"), self._palette["attention"])

    def _beside(self, field: str) -> Iterator[Pieces]:
        """Yield what the other half of the event says of an item that was corrected in one half."""
        other = self._view.beside
        value = None if other is None else value_beside(field, other.record)
        if other is not None and value is not None:
            label = self._words("message.beside", reference=other.reference)
            yield from self._pair(label, self._naming.value(field, value), self._palette["faint"])

    def _before_after(
        self, item: str, before: object, after: object, *, known: bool = True, topic: str = "message"
    ) -> Iterator[Pieces]:
        # Of most corrected items the message does not say what they were before.
        if known:
            yield from self._pair(
                self._words(f"{topic}.before"), self._naming.value(item, before), self._palette["faint"]
            )
        yield from self._pair(self._words(f"{topic}.after"), self._naming.value(item, after), self._palette["strong"])

    def _lost(self) -> Iterator[Pieces]:
        if "category_lost" in self._view.record:
            yield from self._hanging(self._words("message.deletion"), self._palette["attention"])
        for name, value in self._view.record.get("category_lost", {}).items():
            field = f"category_lost.{name}"
            yield from self._pair(
                self._naming.label(field), self._naming.value(field, value), self._palette["attention"]
            )

    def _items(self) -> Iterator[Pieces]:
        half = self._view.half
        if half is None:
            for field in fields_of(self._view.record, self._view.row.kind):
                value = self._naming.value(field, value_at(self._view.record, field))
                yield from self._pair(self._naming.label(field), value)
            return
        first = Half(self._view.row.kind, self._view.record, self._naming)
        second = Half(half.row.kind, half.record, Naming(self._words, half.row.kind, self._day))
        yield from PairTable(first, second, self._words, self._palette, self._width).lines()

    def _outcome(self) -> Iterator[Pieces]:
        outcome, words = self._view.outcome, self._words
        if outcome is None:
            return
        role = "good" if outcome.outcome == OutState.ACCEPTED else "trouble"
        result = words.name("states.out", outcome.outcome) + (f"  {outcome.code}" if outcome.code else "")
        yield from self._pair(words("message.status.code"), result, self._palette[role])
        for name, texts in (("cause", outcome.cause), ("remedy", outcome.remedy)):
            if texts:
                # The peer may give its text in another language only, which is better than none.
                text = texts.get(words.language) or next(iter(texts.values()))
                yield from self._pair(words(f"message.status.{name}"), text)

    def _receipt(self) -> Iterator[Pieces]:
        receipt, words = self._view.receipt, self._words
        if receipt is None:
            return
        arrival = words("message.receipt", time=words.exact_time(receipt.received_at))
        yield from self._hanging(arrival, self._palette["good"])
        yield from self._pair(words("message.status.peer_version"), receipt.peer_version)
        yield from self._pair(words("message.status.digest"), receipt.digest, self._palette["faint"])

    def _history(self) -> Iterator[Pieces]:
        words = self._words
        for step in self._view.history:
            # Where there is no person, the terminal acted by itself.
            yield [
                (" " * _INDENT, None),
                (f"{words.exact_time(step.at)}  ", self._palette["faint"]),
                (fit(step.actor or words("message.nobody"), 12) + "  ", None),
                (words.name("events", step.event), None),
            ]

    # Lines

    def _pair(self, label: str, value: str, style: Style | None = None) -> Iterator[Pieces]:
        for head, line in beside(label, _LABEL + 1, value, self._width - _INDENT):
            yield [(" " * _INDENT, None), (head, self._palette["faint"]), (line, style)]

    def _hanging(self, text: str, style: Style) -> Iterator[Pieces]:
        for line in wrap(text, self._width - _INDENT):
            yield [(" " * _INDENT, None), (line, style)]
