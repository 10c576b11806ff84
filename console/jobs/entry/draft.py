"""A draft: the message or pair of messages that is being entered, item by item as the form asks for them.

`console.jobs.entry.keeping` saves a draft while it is typed, until it is put into the queue or discarded. This module
has no list of items to ask for: the rules say, after each answer, what they want of the records so far. What the
messages of one event have in common is one item here, so that nothing has to be typed twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from console.jobs.entry.items import Corrected, DraftItem, DraftPurpose, Standing
from console.jobs.entry.known import expected
from console.jobs.entry.refusals import refused_because
from console.jobs.messages import claims, entry
from console.jobs.messages.partners import counterpart
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import MessageChanged
from store.message.checks.checking import check, possible_items
from store.message.checks.items import ordered_fields
from store.message.checks.rules import RULES, Finding, Severity
from store.message.codes import Category, Kind
from store.message.dates import parse_moment
from store.message.entry.proposal import common_item
from store.message.entry.shapes import Shape, codes_of, shape_of
from store.message.groups import Record, value_at, with_value
from store.message.pairs import value_beside
from store.message.states import Pointer

if TYPE_CHECKING:
    from console.jobs.entry.known import Known, LastTold
    from console.jobs.messages.entry import CheckedEntry

# Items that the draft itself fills in, so nobody is asked for them.
_SETTLED: Final = frozenset({"kind", "municipality", "cancels", "replaces"})
# Up to this many codes are tried against the rules, so that only valid ones are offered. Longer lists, such as that of
# the nationalities, are offered whole: trying each one would take too long between two keys.
_MOST_TRIED: Final = 32
# What a message that replaces another one has for itself.
_OWN: Final = frozenset({"reference", "occurred_at"})
# Whose cards bear a name in kanji beside that in Latin letters: the item is there from the beginning.
_WRITES_KANJI: Final = frozenset({"CHN", "TWN", "KOR", "XKR", "HKG", "MAC"})
_KANJI: Final = "person.name_kanji"
_PREVIOUS: Final = "previous_address"


class Draft:
    """One or two messages while they are being entered.

    `choices` holds, for each message, the codes that the event leaves open; `event` is that event. `corrected` is the
    message that is revised or replaced.
    """

    def __init__(
        self,
        terminal: Terminal,
        records: Iterable[Record],
        *,
        purpose: DraftPurpose = DraftPurpose.ENTRY,
        choices: Sequence[Mapping[str, tuple[str, ...]]] = (),
        corrected: Corrected | None = None,
        event: str | None = None,
    ) -> None:
        self._terminal = terminal
        self.records = list(records)
        self.purpose = purpose
        self.number = None if corrected is None else corrected.number
        self.target = None if corrected is None else corrected.reference
        self.refusal = None if corrected is None else corrected.refusal
        # The other half of the event, of which one half is corrected.
        self.other = None if corrected is None else corrected.other
        self.event = event
        # The name under which it is kept, here and in the store.
        self.uid = uuid4().hex
        # What is corrected, as it was; records are never changed in place.
        self._before = () if purpose is DraftPurpose.ENTRY else tuple(self.records)
        self._version = 0 if corrected is None else corrected.version
        self._choices = choices or [{} for _ in self.records]
        self._given = [record.get("reference") for record in self.records]
        # Items that somebody answered stay visible. Those that the event settled are shown only on request. In a
        # revision or replacement, all that the former message holds counts as answered.
        self._answered = {
            (index, field)
            for index, record in enumerate(self.records)
            for field in ordered_fields(_kind(record))
            if purpose is not DraftPurpose.ENTRY and value_at(record, field) is not None
        }
        self.changed = False
        # What was told last of the person: None until somebody was looked up.
        self.known: Known | None = None
        self._filled: set[str] = set()
        self._judged: list[CheckedEntry] = []
        self._judge()

    @property
    def day(self) -> date:
        """The day in Japan for which the dated tables are read."""
        moment = parse_moment(str(self.records[0].get("occurred_at", "")))
        return clock.day_in_japan(clock.now()) if moment is None else clock.day_in_japan(moment)

    @property
    def corrects(self) -> bool:
        """Whether it corrects a message, so that what differs from that one matters."""
        return bool(self._before)

    @property
    def faulty(self) -> bool:
        """Whether a rule still blocks one of the messages."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of the rules, message by message."""
        return tuple(finding for judged in self._judged for finding in judged.findings)

    @property
    def for_other_person(self) -> bool:
        """Whether it would replace a message about somebody else."""
        return any(finding.rule == "subject_not_of_target" for finding in self.findings)

    def items(self, *, everything: bool = False) -> list[DraftItem]:
        """Return the items to ask for, common ones first, in the order of the law.

        With `everything`, also those that the event settled and those that may be added.
        """
        places: dict[str, list[tuple[int, str]]] = {}
        for index in range(len(self.records)):
            for field in self._shown(index, everything=everything):
                places.setdefault(self._key(index, field), []).append((index, field))
        items = [self._item(key, tuple(at)) for key, at in places.items()]
        # The sort is stable, so within a section the order of the law remains.
        return sorted(items, key=lambda item: (item.section is not None, item.section or 0))

    def codes(self, item: DraftItem) -> tuple[str, ...]:
        """Return the codes to choose from for the item: those that the event leaves open, or that the rules allow."""
        index, field = item.places[0]
        codes = self._choices[index].get(field) or codes_of(field, self.day)
        if item.shape is Shape.CODES or len(codes) > _MOST_TRIED:
            return codes
        # If no code fits, because another item is wrong, the whole list is offered rather than an empty one.
        return tuple(code for code in codes if self._fits(index, field, code)) or codes

    def answer(self, item: DraftItem, value: Any) -> None:
        """Set the item in all its messages; None or an empty value removes it."""
        kept = None if value in ("", [], None) else value
        for index, field in item.places:
            self.records[index] = with_value(self.records[index], field, kept)
            self._answered.add((index, field))
        self.changed = True
        self._filled.discard(item.key)
        self._judge()

    def take_known(self, known: "Known") -> None:
        """Take what was told last of the person: fill in what is still empty, and compare the rest with it.

        A correction is filled in already: nothing but what somebody types changes it.
        """
        self.known, self._filled = known, set()
        if self.corrects:
            return
        # Filling in an item may make the rules ask for another one, such as the kanji by the nationality.
        while True:
            empty = [item for item in self.items() if item.value is None and item.latest is not None]
            if not empty:
                return
            for item in empty:
                self.pull(item)

    # Until it is touched, so that the form can let the first letter take its place.
    def pull(self, item: DraftItem) -> None:
        """Put in what was told last of an item."""
        if item.latest is not None:
            self.answer(item, item.latest.value)
            self._filled.add(item.key)

    def content(self) -> dict[str, Any]:
        """Return what is kept of the draft until it is registered: what was typed, and what it is about."""
        return {
            "purpose": str(self.purpose),
            "event": self.event,
            "number": self.number,
            "version": self._version,
            "target": self.target,
            "records": self.records,
            "given": self._given,
            "choices": [{field: list(codes) for field, codes in each.items()} for each in self._choices],
            "answered": sorted(self._answered),
            "missing": sum(item.wanted or item.faulty for item in self.items()),
        }

    def take_up(self, uid: str, content: Mapping[str, Any]) -> None:
        """Go on with what was kept as `uid`. Raises MessageChanged when the message to revise is another one since."""
        if content["version"] != self._version:
            raise MessageChanged
        self.uid = uid
        self.records = list(content["records"])
        self._given = content["given"]
        self._choices = [{field: tuple(codes) for field, codes in each.items()} for each in content["choices"]]
        self._answered = {(index, field) for index, field in content["answered"]}
        self.changed = True
        self._judge()

    def submit(self, terminal: Terminal, session: Session, *, other_person: bool = False) -> tuple[str, ...]:
        """Put the draft into the queue, where somebody else reviews it; return the references.

        `other_person`: the person has confirmed that it is to replace a message about somebody else.

        Raises RecordFaulty while a rule blocks; ReplacesOtherPerson unless that is confirmed; MessageChanged,
        StepRefused for a revision that came too late;
        MessageClaimed while somebody else is working on the message; ReferenceTaken for a reference that the person
        typed and that was used before.
        """
        if self.purpose is DraftPurpose.REVISION and self.number is not None:
            entry.revise(
                terminal,
                session,
                self.number,
                self.records[0],
                version=self._version,
                other_person=other_person,
                draft=self.uid,
            )
        else:
            records = [self._with_free_reference(terminal, index) for index in range(len(self.records))]
            entry.enter(terminal, session, records, other_person=other_person, draft=self.uid)
            self.records = records
        return tuple(str(record["reference"]) for record in self.records)

    def _with_free_reference(self, terminal: Terminal, index: int) -> Record:
        """Return the record with a reference that is free now, unless the person typed one.

        Somebody else may have used the proposed one since this draft was begun.
        """
        record = self.records[index]
        if record.get("reference") != self._given[index]:
            return record
        return {**record, "reference": entry.free_reference(terminal, str(record["kind"]))}

    # Items

    def _shown(self, index: int, *, everything: bool) -> Iterator[str]:
        """Yield the fields of one message that the form asks for."""
        record, judged, choices = self.records[index], self._judged[index], self._choices[index]
        faulty = {finding.field for finding in judged.findings}
        possible = self._possible(record) if everything else ()
        for field in ordered_fields(_kind(record)):
            if field in _SETTLED or (field == "reference" and self.purpose is DraftPurpose.REVISION):
                continue
            there = value_at(record, field) is not None
            asked = field in faulty or field in possible or len(choices.get(field, ())) > 1
            asked = asked or (field == _KANJI and value_at(record, "person.nationality") in _WRITES_KANJI)
            if asked or (there and (everything or (index, field) in self._answered)):
                yield field

    def _possible(self, record: Record) -> tuple[str, ...]:
        code = self._terminal.settings.municipality.code
        return possible_items(record, municipality=code, now=clock.now())

    def _key(self, index: int, field: str) -> str:
        if len(self.records) == 1:
            return field
        return common_item(field) or f"{index}.{field}"

    def _item(self, key: str, places: tuple[tuple[int, str], ...]) -> DraftItem:
        index, field = places[0]
        shape = shape_of(field)
        candidates = ((name, finding) for at, name in places for finding in self._judged[at].findings)
        # By rule, so that a finding on a common item is shown once and not for each message.
        findings = {finding.rule: finding for name, finding in candidates if finding.field == name}
        values = (value_at(self.records[at], name) for at, name in places)
        value = next((value for value in values if value is not None), None)
        latest = None if self.known is None else expected(self.known, field, self.records, moves=self._moves())
        return DraftItem(
            key=key,
            kind=str(self.records[index]["kind"]),
            section=index if key.startswith(f"{index}.") else None,
            places=places,
            shape=shape,
            value=value,
            wanted=any(RULES[rule].wants for rule in findings),
            findings=tuple(findings.values()),
            latest=latest,
            standing=None if latest is None or value is None else self._standing(key, value, latest),
            **self._correction(index, field, value),
        )

    def _correction(self, index: int, field: str, value: Any) -> dict[str, Any]:
        """Return what is to be said of an item of a correction: what it was, and whether it is another one now."""
        if not self.corrects:
            return {}
        before = value_at(self._before[index], field)
        # The reference and the moment of a message that replaces another one are its own.
        corrected = field not in _OWN and before != value
        meant = self.refusal is not None and field in self.refusal.fields and (before or value) is not None
        beside = None if self.other is None else value_beside(field, self.other.record)
        return {"before": before, "corrected": corrected, "refused": meant, "beside": beside}

    def _moves(self) -> bool:
        """Tell whether a message states, or is to state, where the person lived before."""
        each = zip(self.records, self._judged, strict=True)
        return any(_PREVIOUS in record or _PREVIOUS in judged.wanted for record, judged in each)

    def _standing(self, key: str, value: Any, latest: "LastTold") -> Standing:
        if value != latest.value:
            return Standing.DIFFERS
        return Standing.FILLED if key in self._filled else Standing.SAME

    def _fits(self, index: int, field: str, code: str) -> bool:
        tried = with_value(self.records[index], field, code)
        ours = self._terminal.settings.municipality
        findings = check(tried, municipality=ours.code, now=clock.now(), subject_digits=ours.subject_digits).errors
        return all(finding.field != field for finding in findings)

    # The rules

    def _judge(self) -> None:
        """Check all records again; fill in what one message wants and the other one has, until that changes nothing."""
        # It ends: each round fills at least one empty field, and fills no field twice.
        while True:
            self._judged = [entry.judge(self._terminal, record, self.other) for record in self.records]
            if not self._share():
                return

    def _share(self) -> bool:
        shared = False
        known = {
            self._key(index, field): value
            for index, record in enumerate(self.records)
            for field in ordered_fields(_kind(record))
            if len(self.records) > 1 and common_item(field) and (value := value_at(record, field)) is not None
        }
        for index, judged in enumerate(self._judged):
            for field in judged.wanted:
                value = known.get(self._key(index, field))
                if value is not None and value_at(self.records[index], field) is None:
                    self.records[index] = with_value(self.records[index], field, value)
                    self._answered.add((index, field))
                    shared = True
        return shared


def begin(
    terminal: Terminal, session: Session, event: str, *, category: Category, card_presented: bool = True
) -> Draft:
    """Return the draft of the messages for an event. Raises KeyError for an event that the table does not have."""
    proposed = entry.propose(terminal, session, event, category=category, card_presented=card_presented)
    return Draft(
        terminal,
        [proposal.preset for proposal in proposed],
        choices=[proposal.choices for proposal in proposed],
        event=event,
    )


def reopen(terminal: Terminal, session: Session, number: int) -> Draft:
    """Return the draft of new content for a message that has not left; from now on others can only read it.

    Raises MessageMissing, MessageClaimed, StepRefused, SealBroken.
    """
    record, version = entry.open_for_revision(terminal, session, number)
    with terminal.database.reading() as reading:
        other = counterpart(terminal, reading, queue.get(reading, number))
    corrected = Corrected(number, str(record["reference"]), version, other=other)
    return Draft(terminal, [record], purpose=DraftPurpose.REVISION, corrected=corrected)


def replace(terminal: Terminal, session: Session, number: int) -> Draft:
    """Return the draft of a message that replaces one that has left; nobody else can undo that one meanwhile.

    Raises MessageMissing, MessageClaimed, SealBroken, StepRefused, UndoneAlready.
    """
    record = entry.counter(terminal, session, number, Pointer.REPLACES)
    claims.begin_edit(terminal, session, number)
    protection.note_shown_of(terminal, session, number)
    with terminal.database.reading() as reading:
        row = queue.get(reading, number)
        refusal, other = refused_because(terminal, reading, row), counterpart(terminal, reading, row)
    corrected = Corrected(number, str(record["replaces"]), refusal=refusal, other=other)
    return Draft(terminal, [record], purpose=DraftPurpose.REPLACEMENT, corrected=corrected)


def _kind(record: Mapping[str, Any]) -> Kind:
    return Kind(record["kind"])
