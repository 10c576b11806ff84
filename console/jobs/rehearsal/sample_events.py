"""The events (異動) of a rehearsal, and the messages that each gives for a resident (domain table 1.6).

Each is called as the dated table of events calls it, so that a rehearsal shows everything that the counter can meet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from console.jobs.rehearsal.sample_residents import Record, Residents


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """An event: its code in the table of events, the messages that it gives for a resident, and how frequent it is."""

    code: str
    messages: Callable[[Residents, Record], tuple[Record, ...]]
    weight: int


def _certified(base: Record) -> Record:
    """Return the resident as a special permanent resident (特別永住者)."""
    kept = {name: value for name, value in base.items() if name not in {"card_number", "certificate_number"}}
    number = base.get("certificate_number", base.get("card_number"))
    return {**kept, "category": "special_permanent", "certificate_number": number}


def _report(article: str, day: str, **more: str) -> Record:
    return {"kind": "report", "article": article, "reported_on": day, **more}


def _ex_officio(paragraph: str, cause: str, day: str) -> Record:
    return {"kind": "ex_officio", "paragraph": paragraph, "cause": cause, "date": day}


def _moved_in_from_abroad(residents: Residents, base: Record) -> tuple[Record, ...]:
    # A pair: the report of moving in is deemed to be the report of residence as well, if the card was handed in.
    day = residents.day(3, 10)
    article = "special-10-1" if base["category"] == "special_permanent" else "immigration-19-7"
    return (
        residents.message("resident_record", base, action="entry", basis=_report("juki-30-46", day)),
        residents.message(
            "residence_report", base, article=article, reported_on=day, deemed_by="juki-30-46", settled_on=day
        ),
    )


def _moved(residents: Residents, base: Record, deemed_by: str, previous: str) -> Record:
    day = residents.day(3, 10)
    article = "special-10-2" if base["category"] == "special_permanent" else "immigration-19-9"
    items: Record = {"article": article, "reported_on": day, "moved_on": day, "previous_address": previous}
    return residents.message("residence_report", base, **items, **({"deemed_by": deemed_by} if deemed_by else {}))


def _moved_in(residents: Residents, base: Record) -> tuple[Record, ...]:
    entry = residents.message("resident_record", base, action="entry", basis=_report("juki-22", residents.day(3, 10)))
    return entry, _moved(residents, base, "juki-22", residents.address_elsewhere())


def _moved_within(residents: Residents, base: Record) -> tuple[Record, ...]:
    previous = residents.address()
    correction = residents.message(
        "resident_record",
        base,
        action="correction",
        corrected=["address"],
        previous_address=previous,
        basis=_report("juki-23", residents.day(3, 10)),
    )
    return correction, _moved(residents, base, "juki-23", previous)


def _moved_out(residents: Residents, base: Record) -> tuple[Record, ...]:
    # The planned day lies ahead, so that a rehearsal has messages that are held until their day.
    basis = _report("juki-24", residents.day(3, 10), planned_departure=residents.later(2, 8))
    return (residents.message("resident_record", base, action="deletion", basis=basis),)


def _born(residents: Residents, base: Record) -> tuple[Record, ...]:
    born, day = _newborn(residents, base)
    return (residents.message("resident_record", born, action="entry", basis=_ex_officio("12-2", "birth", day)),)


def _residence_reported_later(residents: Residents, base: Record) -> tuple[Record, ...]:
    return (_moved(residents, base, "", residents.address_elsewhere()),)


def _certificate_delivered(residents: Residents, base: Record) -> tuple[Record, ...]:
    return (residents.message("certificate_delivery", _certified(base), delivered_on=residents.day(1, 5)),)


def _without_number(base: Record, **items: object) -> Record:
    """Return the resident without a number, as one who is of another category than 中長期在留者."""
    kept = {name: value for name, value in base.items() if name not in {"card_number", "certificate_number"}}
    return {**kept, "category": "transitional", **items}


def _carded(residents: Residents, base: Record) -> Record:
    """Return the resident as a 中長期在留者."""
    number = base.get("card_number") or residents.number()
    return {**_without_number(base), "category": "mid_long_term", "card_number": number}


def _person_of(base: Record, **items: object) -> Record:
    person = base["person"]
    return {**person, **items} if isinstance(person, dict) else items


def _newborn(residents: Residents, base: Record) -> tuple[Record, str]:
    """Return the resident as a newborn, and the day of birth: 経過滞在者 without a card, for 60 days from birth."""
    day = residents.day(5, 20)
    return _without_number(base, person=_person_of(base, birth_date=day)), day


def _came_back(residents: Residents, base: Record) -> tuple[Record, ...]:
    # The card bears a residence from before; where that was, nobody asks.
    day = residents.day(3, 10)
    article = "special-10-2" if base["category"] == "special_permanent" else "immigration-19-9"
    items: Record = {"article": article, "reported_on": day, "deemed_by": "juki-30-46", "moved_on": day}
    return (
        residents.message("resident_record", base, action="entry", basis=_report("juki-30-46", day)),
        residents.message("residence_report", base, **items),
    )


def _became_resident(residents: Residents, base: Record) -> tuple[Record, ...]:
    # 30条の47 is deemed a report of residence for 中長期在留者 alone.
    day, carded = residents.day(3, 10), _carded(residents, base)
    items: Record = {"article": "immigration-19-8", "reported_on": day, "deemed_by": "juki-30-47"}
    return (
        residents.message("resident_record", carded, action="entry", basis=_report("juki-30-47", day)),
        residents.message("residence_report", carded, **items),
    )


def _born_unnamed(residents: Residents, base: Record) -> tuple[Record, ...]:
    born, day = _newborn(residents, base)
    unnamed = {name: value for name, value in _person_of(born).items() if name not in {"name", "name_kanji"}}
    basis = _ex_officio("12-2", "birth", day)
    born = {**born, "person": unnamed}
    return (residents.message("resident_record", born, action="entry", name_pending=True, basis=basis),)


# The name follows the birth of an earlier day, about which the queue need not know anything.
def _named(residents: Residents, base: Record) -> tuple[Record, ...]:
    return _corrected(residents, _newborn(residents, base)[0], "12-2", "family_register", "name")


# Who loses Japanese nationality has no status yet: 経過滞在者, for 60 days from the loss.
def _nationality_lost(residents: Residents, base: Record) -> tuple[Record, ...]:
    basis = _ex_officio("12-2", "nationality_lost", residents.day(4, 12))
    return (residents.message("resident_record", _without_number(base), action="entry", basis=basis),)


def _of_cause(action: str, cause: str) -> Callable[[Residents, Record], tuple[Record, ...]]:
    """Return an event with a day of its own, by which a record is entered or deleted."""

    def make(residents: Residents, base: Record) -> tuple[Record, ...]:
        basis = _ex_officio("12-2", cause, residents.day(4, 12))
        return (residents.message("resident_record", base, action=action, basis=basis),)

    return make


def _of_change(action: str, paragraph: str, cause: str) -> Callable[[Residents, Record], tuple[Record, ...]]:
    """Return an event whose day is that of the change in the record, by which a record is entered or deleted."""

    def make(residents: Residents, base: Record) -> tuple[Record, ...]:
        basis = _ex_officio(paragraph, cause, _day_of(base))
        return (residents.message("resident_record", base, action=action, basis=basis),)

    return make


def _of_correction(paragraph: str, cause: str, item: str) -> Callable[[Residents, Record], tuple[Record, ...]]:
    """Return an event by which one item of a record is corrected."""

    def make(residents: Residents, base: Record) -> tuple[Record, ...]:
        return _corrected(residents, base, paragraph, cause, item)

    return make


def _corrected(residents: Residents, base: Record, paragraph: str, cause: str, item: str) -> tuple[Record, ...]:
    basis = _ex_officio(paragraph, cause, _day_of(base))
    return (residents.message("resident_record", base, action="correction", corrected=[item], basis=basis),)


def _renumbered(residents: Residents, base: Record) -> tuple[Record, ...]:
    ((record),) = _corrected(residents, base, "12-2", "address_renumbering", "address")
    return ({**record, "previous_address": residents.address()},)


def _day_of(base: Record) -> str:
    # 記載等をした年月日: the Japanese day of the moment, which is written with the offset of Japan.
    return str(base["occurred_at"])[:10]


# The order matters: a small rehearsal begins with what a counter sees every day.
EVENTS: Final = (
    SampleEvent("arrival_from_abroad", _moved_in_from_abroad, 60),
    SampleEvent("move_in", _moved_in, 50),
    SampleEvent("move_within", _moved_within, 50),
    SampleEvent("move_out", _moved_out, 40),
    SampleEvent("birth", _born, 10),
    SampleEvent("death", _of_cause("deletion", "death"), 10),
    SampleEvent("naturalisation", _of_cause("deletion", "naturalisation"), 10),
    SampleEvent("error", _of_correction("12-3", "error", "name"), 20),
    SampleEvent("residence_reported", _residence_reported_later, 30),
    SampleEvent("certificate_delivered", _certificate_delivered, 20),
    # What a ward meets some times a year.
    SampleEvent("return_from_abroad", _came_back, 5),
    SampleEvent("entered_anew", _came_back, 1),
    SampleEvent("became_resident", _became_resident, 5),
    SampleEvent("birth_unnamed", _born_unnamed, 1),
    SampleEvent("named", _named, 1),
    SampleEvent("nationality_lost", _nationality_lost, 1),
    SampleEvent("nationality_acquired", _of_cause("deletion", "nationality_acquired"), 1),
    SampleEvent("disappearance", _of_cause("deletion", "disappearance_30_1"), 1),
    SampleEvent("disappearance_in_peril", _of_cause("deletion", "disappearance_30_2"), 1),
    SampleEvent("disappearance_cancelled", _of_cause("entry", "disappearance_cancelled"), 1),
    SampleEvent("family_register", _of_correction("12-2", "family_register", "birth_date"), 1),
    SampleEvent("court_decision", _of_correction("12-2", "court_decision", "sex"), 1),
    SampleEvent("unreported", _of_change("deletion", "12-1", "unreported"), 2),
    SampleEvent("omission", _of_change("entry", "12-3", "omission"), 1),
    SampleEvent("address_renumbering", _renumbered, 2),
)
"""Every event that is notified; the frequent ones come first, with the weight that each has beside the others."""


def of_every_sort(residents: Residents) -> Iterator[tuple[Record, ...]]:
    """Yield the messages of one event after the other, without end: each sort of event once, then as chance has it."""
    for event in EVENTS:
        yield event.messages(residents, residents.resident())
    weights = [event.weight for event in EVENTS]
    while True:
        (event,) = residents.dice.choices(EVENTS, weights)
        yield event.messages(residents, residents.resident())
