"""The pair of messages that one event (異動) causes: the record that was changed and the residence that was reported.

No message names the other. What shows it is that the report of residence was deemed made by the very report that the
record was changed after, of one person and one moment; the caller looks for those.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store.message.checks.items import ordered_fields
from store.message.codes import Kind
from store.message.entry.proposal import common_item
from store.message.groups import ReportBasis, value_at
from store.message.kinds import Message, ResidenceReport, ResidentRecord
from store.message.seiji import fold

# A correction has a moment of its own, and the mark of a protection is kept here.
_OWN: Final = frozenset({"occurred_at", "protected"})


def is_pair(first: Message, second: Message) -> bool:
    """Tell whether two messages about one person, taken at one moment, are those of one event."""
    # Either may be asked about: on the page of each the other is named.
    record, report = (first, second) if isinstance(first, ResidentRecord) else (second, first)
    if not isinstance(record, ResidentRecord) or not isinstance(report, ResidenceReport):
        return False
    # A message that undoes another belongs to the one that undoes that one's pair.
    undoes = [message.cancels is not None or message.replaces is not None for message in (record, report)]
    return isinstance(record.basis, ReportBasis) and report.deemed_by == record.basis.article and len(set(undoes)) == 1


def value_beside(field: str, other: Mapping[str, Any]) -> Any:
    """Return what the other half says of an item of one half; None for an item that the halves do not share."""
    item = common_item(field)
    if item is None or item in _OWN:
        return None
    fields = (each for each in ordered_fields(Kind(other["kind"])) if common_item(each) == item)
    return next((value for each in fields if (value := value_at(other, each)) is not None), None)


def items_apart(half: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield the items of one half of which the other half says something else; spelling makes no difference."""
    for field in ordered_fields(Kind(half["kind"])):
        value, beside = value_at(half, field), value_beside(field, other)
        if value is not None and beside is not None and fold(str(value)) != fold(str(beside)):
            yield field
