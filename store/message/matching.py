"""Which notices are about one person (domain, section 2, rule 6): by number *and* by who the person is, never by less.

Numbers of cards and certificates change at every issue, and names, birth dates, sexes and nationalities are what
notices change: what a later notice says was there before counts as its own.
"""

from collections.abc import Iterator
from typing import Final

from store.message.codes import NoticeItem
from store.message.echoes import number_of
from store.message.kinds import AgencyNotice

_NUMBERS: Final = (NoticeItem.CARD_NUMBER, NoticeItem.CERTIFICATE_NUMBER)
_PERSON: Final = (NoticeItem.NAME, NoticeItem.BIRTH_DATE, NoticeItem.SEX, NoticeItem.NATIONALITY)


def numbers_of(notice: AgencyNotice) -> set[str]:
    """Return the numbers by which a notice knows its person: the one it states, and those that it says changed."""
    stated = number_of(notice)
    return {*([stated] if stated else ()), *(old for item in _NUMBERS for old in _before(notice, item))}


def is_same_person(older: AgencyNotice, newer: AgencyNotice) -> bool:
    """Tell whether two notices are about one person, as the newer one knows them now or knew them before."""
    return number_of(older) in numbers_of(newer) and all(
        getattr(older.person, item) in {getattr(newer.person, item), *_before(newer, item)} for item in _PERSON
    )


def _before(notice: AgencyNotice, item: NoticeItem) -> Iterator[str]:
    """Yield what stood in an item before the notice changed it."""
    return (change.before for change in notice.changes if change.item is item and change.before is not None)
