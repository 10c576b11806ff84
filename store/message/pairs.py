"""The pair of messages that one event (異動) causes: the record that was changed and the residence that was reported.

No message names the other. What shows it is that the report of residence was deemed made by the very report that the
record was changed after, of one person and one moment; the caller looks for those.
"""

from store.message.groups import ReportBasis
from store.message.kinds import Message, ResidenceReport, ResidentRecord


def is_pair(first: Message, second: Message) -> bool:
    """Tell whether two messages about one person, taken at one moment, are those of one event."""
    # Either may be asked about: on the page of each the other is named.
    record, report = (first, second) if isinstance(first, ResidentRecord) else (second, first)
    if not isinstance(record, ResidentRecord) or not isinstance(report, ResidenceReport):
        return False
    # A message that undoes another belongs to the one that undoes that one's pair.
    undoes = [message.cancels is not None or message.replaces is not None for message in (record, report)]
    return isinstance(record.basis, ReportBasis) and report.deemed_by == record.basis.article and len(set(undoes)) == 1
