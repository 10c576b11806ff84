"""Which notices are about the same person: by number *and* by name, birth date, sex and nationality, never by less.

Spelling makes no difference: one notice may write a name in another form of the same kanji than the next.

The number of a card or certificate changes at every issue, and a notice may change any of the other items. So a notice
matches both by the values that it states and by those that it says were there before.
"""

from collections.abc import Collection, Iterator
from typing import Final

from store.message.codes import NoticeItem
from store.message.echoes import number_of
from store.message.groups import Subject
from store.message.kinds import AgencyNotice
from store.message.seiji import fold

_NUMBERS: Final = (NoticeItem.CARD_NUMBER, NoticeItem.CERTIFICATE_NUMBER)
_PERSON: Final = (NoticeItem.NAME, NoticeItem.BIRTH_DATE, NoticeItem.SEX, NoticeItem.NATIONALITY)


def numbers_of(notice: AgencyNotice) -> set[str]:
    """Return the numbers by which a notice knows its person: the one that it states, and those that it replaces."""
    stated = number_of(notice)
    return {*([stated] if stated else ()), *(old for item in _NUMBERS for old in _before(notice, item))}


def is_same_person(older: AgencyNotice, newer: AgencyNotice) -> bool:
    """Tell whether two notices are about the same person, by the present and former values of the newer notice."""
    # A notice without a number matches nothing, not even itself: None is in no set of numbers.
    return number_of(older) in numbers_of(newer) and all(
        fold(str(getattr(older.person, item)))
        in {fold(str(value)) for value in (getattr(newer.person, item), *_before(newer, item))}
        for item in _PERSON
    )


def is_about(notice: AgencyNotice, person: Subject, numbers: Collection[str]) -> bool:
    """Tell whether a notice is about the person of our messages, who has or had these numbers.

    By the values that the notice states and by those that were there before, as `is_same_person` compares notices.
    """
    return not numbers_of(notice).isdisjoint(numbers) and all(
        fold(str(getattr(person, item)))
        in {fold(str(value)) for value in (getattr(notice.person, item), *_before(notice, item))}
        for item in _PERSON
    )


def _before(notice: AgencyNotice, item: NoticeItem) -> Iterator[str]:
    """Yield the values that an item had before the notice changed it."""
    return (change.before for change in notice.changes if change.item is item and change.before is not None)
