"""How an ID, and what a change does to it, is lines to people: the same on the screens and by commands."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from console.jobs.people.changes import ChangePlan, Facts
from console.jobs.people.deeds import DRAWING, PersonDeed
from console.jobs.people.register import RegisterEntry
from console.words import Words
from store import clock
from store.message.dates import display_date
from store.people import Coming, IdStanding
from store.rights import Role

ROLES = (Role.OFFICER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR, Role.CUSTODIAN)
"""The order in which roles are lines: the one that carries the most weight comes first."""


class ItemChange(NamedTuple):
    """A line of what a change does: what it is about, and the texts before and after."""

    label: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        """Whether both differ."""
        return self.before != self.after


def items(words: Words, plan: ChangePlan) -> list[ItemChange]:
    """Return everything that is known of an ID before and after a change."""
    nothing = words("people.nothing")
    before = dict(_in_words(words, plan.before)) if plan.before is not None else {}
    after = dict(_in_words(words, plan.after))
    lines = [
        ItemChange(
            words("people.item.id"), nothing if plan.before is None else plan.change.person_id, plan.change.person_id
        )
    ]
    lines += [ItemChange(words(f"people.item.{name}"), before.get(name, nothing), text) for name, text in after.items()]
    # What is nothing before and after says nothing, and would bury what changes.
    return [item for item in lines if item.after != nothing or item.before != nothing]


def _in_words(words: Words, facts: Facts) -> Iterator[tuple[str, str]]:
    nothing = words("people.nothing")
    yield "name", facts.details.name or nothing
    yield "staff_number", facts.details.staff_number or nothing
    yield "roles", roles(words, facts.roles)
    yield "coming", coming(words, facts.coming) or nothing
    yield "validity", validity(words, facts.valid_from, facts.valid_to)
    yield "standing", words(f"people.standing.{facts.standing}")
    yield "reason", facts.details.reason or nothing
    yield "failures", words("people.times", count=facts.failures) if facts.failures else nothing
    # Never the code itself: who asks for it must not read it.
    if not facts.pin_given:
        yield "code", words("people.own_pin")
    elif facts.code_until is None:
        yield "code", words("people.code")
    else:
        yield "code", words("people.code_until", until=words.time(facts.code_until))


def question(words: Words, deed: PersonDeed, person_id: str) -> str:
    """Return what a change is called, with its ID."""
    return words(f"people.deed.{deed}", person=person_id)


def outcome(words: Words, plan: ChangePlan, code_file: str | None) -> str:
    """Return what is said after a change was made."""
    text = words(f"people.done.{plan.change.deed}", person=plan.change.person_id)
    if plan.change.deed in DRAWING and code_file is not None:
        return f"{text} {words('people.code_in', file=code_file)}"
    return text


def roles(words: Words, codes: Iterable[Role]) -> str:
    """Return the short names of roles, in the order of their weight."""
    given = frozenset(codes)
    return words("head.between").join(words(f"roles.short.{role}") for role in ROLES if role in given)


def coming(words: Words, planned: Coming | None) -> str:
    """Return which roles a person has from when on; "" where nothing is to come."""
    return (
        ""
        if planned is None
        else words("people.from_on", day=day(words, planned.on), roles=roles(words, planned.roles))
    )


def validity(words: Words, first: date | None, last: date | None) -> str:
    """Return from when to when somebody may log on."""
    if first is None and last is None:
        return words("people.for_ever")
    if last is None:
        return words("people.since", first=day(words, first))
    if first is None:
        return words("people.until", last=day(words, last))
    return words("people.between", first=day(words, first), last=day(words, last))


def day(words: Words, given: date | None) -> str:
    """Return a day as papers have it."""
    text = "" if given is None else given.isoformat()
    return display_date(text, era=True) if words.language == "ja" and text else text


def prospect(words: Words, entry: RegisterEntry) -> str:
    """Return in a few words what is to come of an ID: its code, why it is suspended, other roles, its last day."""
    # In the order of what wants somebody soonest.
    known, hours = entry.person, entry.code_hours
    # Nothing comes after the end, and least of all days without an end.
    if known.standing is IdStanding.ENDED:
        return words("people.nothing")
    if hours is not None:
        return words("people.code_hours", count=hours) if hours else words("people.code_late")
    if entry.details.reason:
        return entry.details.reason
    if known.coming is not None:
        # Without the year where it is this one: a line of the list has room for a day and a role.
        on = datetime.combine(known.coming.on, time(), clock.JAPAN)
        short = words.day_of_year(on, clock.now())
        return words("people.from_short", day=short, roles=roles(words, known.coming.roles))
    # The last day is what has to be remembered; both are told where there is room.
    return validity(words, None if known.valid_to is not None else known.valid_from, known.valid_to)
