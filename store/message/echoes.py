"""Corrections that only repeat an agency notice: they are never sent to the agency (住基法30条の50).

What an agency notice caused is no cause of a message (入管法施行令24条1項).
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Final, TypeGuard

from store.clock import day_in_japan
from store.message.codes import Action, NoticeItem
from store.message.groups import ReportBasis
from store.message.kinds import AgencyNotice, Message, ResidentRecord
from store.message.seiji import fold

_IDENTITY: Final = attrgetter("person.name", "person.birth_date", "person.sex", "person.nationality")
_ITEMS: Final = frozenset(map(str, NoticeItem))


def number_of(message: ResidentRecord | AgencyNotice) -> str | None:
    """Return the number of the card or certificate that a message states, or None when it states neither."""
    return message.card_number or message.certificate_number


def may_be_echo(message: Message) -> TypeGuard[ResidentRecord]:
    """Tell whether a message is a correction ex officio (職権) of nothing but items that a notice may be about."""
    # A message that cancels or replaces an earlier one corrects what the municipality sent, whatever a notice said.
    return (
        isinstance(message, ResidentRecord)
        and message.action is Action.CORRECTION
        and not isinstance(message.basis, ReportBasis)
        and message.cancels is message.replaces is None
        and _ITEMS.issuperset(message.corrected)
    )


def is_echo(message: ResidentRecord, notice: AgencyNotice) -> bool:
    """Tell whether a correction only repeats a notice that is about the same person and dated no later.

    A person is the same by number *and* name, birth date, sex and nationality, never by the latter alone.
    """
    return _repeats(message, notice, str)


def is_echo_spelt_otherwise(message: ResidentRecord, notice: AgencyNotice) -> bool:
    """Tell whether a correction repeats a notice but for spelling: width, case, blanks, or 正字 and another form.

    Only a person can tell whether that is meant.
    """
    return _repeats(message, notice, fold)


def _repeats(message: ResidentRecord, notice: AgencyNotice, form: Callable[[str], str]) -> bool:
    """Compare with texts in a form of theirs: as they are, or folded."""
    # A notice has no value for an item that it does not mention: the correction then says more than the notice.
    noticed = {str(change.item): change.after for change in notice.changes}
    return (
        number_of(message) == number_of(notice)
        and [form(str(item)) for item in _IDENTITY(message)] == [form(str(item)) for item in _IDENTITY(notice)]
        and notice.noticed_on <= day_in_japan(message.occurred_at)
        and all(form(noticed.get(item) or "") == form(_value(message, item)) for item in message.corrected)
    )


def _value(message: ResidentRecord, item: str) -> str:
    # The numbers and the category belong to the message itself, the other items to its person.
    return str(getattr(message, item) if hasattr(message, item) else getattr(message.person, item))
