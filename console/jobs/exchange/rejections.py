"""The items of the peer's feed that a receiving rejects: what the log says of them, and when it is enough.

A peer that sends rubbish must not fill the log: the first rejections of a run have an entry each, the others of a page
one entry together for each code.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from console.errors import FeedUnfit, ItemFault
from console.incidents import record_incident
from console.jobs.exchange.outcome import ItemResult
from console.session import Session
from console.terminal import Terminal
from store.errors import StoreError
from store.log import Event, Result
from transport.errors import EnvelopeFault
from transport.line.client import FeedItem

MOST_IN_A_ROW: Final = 100
"""After so many rejections, with nothing taken in between, a receiving ends."""

# So many of a run are recorded with an entry and an incident each: enough to see what is wrong.
_RECORDED_EACH: Final = 5

Unfit = EnvelopeFault | ItemFault | StoreError


@dataclass(slots=True)
class _Series:
    """Rejections with one code that get one entry together."""

    first: int
    last: int
    count: int = 1


class Rejections:
    """The rejections of one receiving. A run begins after an item that was taken in."""

    def __init__(self, terminal: Terminal, session: Session) -> None:
        self._terminal = terminal
        self._session = session
        self._in_a_row = 0
        self._runs: dict[str, _Series] = {}

    @property
    def too_many(self) -> bool:
        """Whether the run has become so long that the receiving ends."""
        return self._in_a_row >= MOST_IN_A_ROW

    def fault(self, position: int) -> FeedUnfit:
        """Return the error that ends a receiving whose last item, at `position`, was one of too many."""
        error = FeedUnfit(count=self._in_a_row, position=position)
        error.incident = record_incident(self._terminal.home, error)
        return error

    def end_run(self) -> None:
        """Note that an item was taken in: whatever is rejected next begins another run."""
        self._in_a_row = 0

    def reject(self, tx: Connection, item: FeedItem, error: Unfit) -> ItemResult:
        """Record a rejected item, or count it for the entry that `write_runs` makes."""
        self._in_a_row += 1
        if self._in_a_row <= _RECORDED_EACH:
            return self._record(tx, Event.NOTICE_REJECTED, item, error)
        run = self._runs.get(error.code)
        if run is None:
            self._runs[error.code] = _Series(item.position, item.position)
        else:
            run.last, run.count = item.position, run.count + 1
        return _result(error, None)

    def reject_disputed(self, tx: Connection, item: FeedItem, error: Unfit, about: str) -> ItemResult:
        """Record an item that disputes the stored message `about`: each is an alarm of its own."""
        self._in_a_row += 1
        return self._record(tx, Event.NOTICE_CONFLICT, item, error, about)

    def write_runs(self, tx: Connection) -> None:
        """Write the entries of what was only counted, in the transaction of the page that it came with."""
        for code, run in self._runs.items():
            detail: dict[str, str | int] = {"code": code, "count": run.count, "position": run.first, "to": run.last}
            self._append(tx, Event.NOTICE_REJECTED, detail)
        self._runs.clear()

    def _record(
        self, tx: Connection, event: Event, item: FeedItem, error: Unfit, about: str | None = None
    ) -> ItemResult:
        # The person sees the number and can name it to the peer; the technical record holds what the log must not.
        incident = record_incident(self._terminal.home, error)
        self._append(tx, event, {"code": error.code, "position": item.position, "incident": incident}, about)
        return _result(error, incident)

    def _append(self, tx: Connection, event: Event, detail: dict[str, str | int], about: str | None = None) -> None:
        self._terminal.log.append(
            tx,
            event,
            actor=self._session.person_id,
            session=self._session.id,
            object=about,
            result=Result.REFUSED,
            detail=detail,
        )


def _result(error: Unfit, incident: str | None) -> ItemResult:
    return ItemResult(None, None, "rejected", error.code, incident, error.facts)
