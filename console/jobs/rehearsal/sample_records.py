"""Invented residents and notices for rehearsal, tests and benchmarks; none of these people exists.

The records have the shapes of domain sections 1.1–1.4 and pass every rule. The same seed and moment give the same
records.
"""

from collections.abc import Iterator
from itertools import chain, islice

from console.jobs.rehearsal.sample_events import of_every_sort
from console.jobs.rehearsal.sample_residents import Record, Residents

__all__ = ["Inventor", "Record"]


class Inventor(Residents):
    """Makes invented records for one municipality at one moment."""

    def outgoing(self, count: int) -> Iterator[Record]:
        """Yield `count` records of the three outgoing kinds; the messages of one event follow each other.

        Each sort of event comes once before chance decides, so that even a small rehearsal has all of them.
        """
        return islice(chain.from_iterable(of_every_sort(self)), count)

    def notices(self, count: int) -> Iterator[Record]:
        """Yield `count` agency notices (住基法30条の50)."""
        makers = (_stay_extended, _name_mended, _birth_date_mended, _status_changed, _departed)
        for index in range(count):
            yield makers[index % len(makers)](self, self.resident(special_share=0.0))


def _change(item: str, before: object, after: object, reason: str = "changed") -> Record:
    return {"item": item, "before": before, "after": after, "reason": reason}


def _notice(inventor: Inventor, base: Record, changes: list[Record], **more: object) -> Record:
    return inventor.message("agency_notice", base, noticed_on=inventor.day(0, 4), changes=changes, **more)


def _stay_extended(inventor: Inventor, base: Record) -> Record:
    changes = [
        _change("period_of_stay", "1年", "3年"),
        _change("expiry_date", inventor.later(5, 40), inventor.later(1000, 1090)),
        _change("card_number", inventor.number(), base["card_number"]),
    ]
    return _notice(inventor, base, changes)


def _person_item(base: Record, item: str) -> str:
    person = base["person"]
    return str(person[item]) if isinstance(person, dict) else ""


def _name_mended(inventor: Inventor, base: Record) -> Record:
    # Header and `after` have to agree, so the wrong value is the one before.
    name = _person_item(base, "name")
    return _notice(inventor, base, [_change("name", f"{name} X", name, "error")])


def _birth_date_mended(inventor: Inventor, base: Record) -> Record:
    return _notice(inventor, base, [_change("birth_date", "1980-01-01", _person_item(base, "birth_date"), "error")])


def _status_changed(inventor: Inventor, base: Record) -> Record:
    changes = [
        _change("status_of_residence", "留学", "技術・人文知識・国際業務"),
        _change("card_number", inventor.number(), base["card_number"]),
    ]
    return _notice(inventor, base, changes)


def _departed(inventor: Inventor, base: Record) -> Record:
    return _notice(inventor, base, [], category_lost={"cause": "departed", "on": inventor.day(2, 6)})
