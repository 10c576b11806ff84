"""The flow of batches through a sending: while one is on the line, the next is sealed and the one before is stored."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final

from console.jobs.exchange.batch_steps import Batch, Shipper
from console.jobs.progress import Meter
from store.message.states import Step
from transport.errors import LineCancelled, TransportError
from transport.line.client import Delivery, Line

Deliver = Callable[[], list[Delivery]]
HandOver = Callable[[Deliver], Future[list[Delivery]]]

# How many batches may wait, each of which takes memory here and in the process that seals. One more of them at the
# line: the peer has the most to do, and never waits for us.
_WAITING: Final = 1
_WAITING_AT_LINE: Final = 2


class Flow:
    """Batches on their way: sealed, called out on the line, verified, concluded.

    A few of them may wait at each of the three stations for what happens elsewhere meanwhile: in the process that seals
    and verifies, and on the line, to which `hand_over` gives the calls, one after the other.
    """

    def __init__(self, shipper: Shipper, line: Line, meter: Meter, hand_over: HandOver) -> None:
        self._shipper = shipper
        self._line = line
        self._meter = meter
        self._hand_over = hand_over
        self._failure: TransportError | None = None
        self._sealed: Final[deque[Batch]] = deque()
        self._called: Final[deque[Batch]] = deque()
        self._verified: Final[deque[Batch]] = deque()

    def run(self) -> None:
        """Send batch after batch until nothing may leave any more. Raises the first TransportError of the line."""
        # Once through the queue, and again for what was approved meanwhile.
        while self._pass():
            pass
        if self._failure is not None:
            raise self._failure

    @property
    def _stopped(self) -> bool:
        return self._failure is not None or self._meter.cancelled

    def _pass(self) -> bool:
        """Go through the queue once; tell whether anything was sent and more may be."""
        some = False
        for batch in self._batches():
            some = some or bool(batch.rows)
            self._sealed.append(batch)
            self._turn()
        while self._sealed or self._called or self._verified:
            self._turn(ending=True)
        return some and not self._stopped

    def _batches(self) -> Iterator[Batch]:
        after = None
        while not self._stopped and (batch := self._shipper.read(after)) is not None:
            yield batch
            after = batch.last

    def _turn(self, *, ending: bool = False) -> None:
        """Let a batch leave each station where what it waits for is done, or, waiting, where too many are.

        When no more come, one that waits is one too many.
        """
        most, most_at_line = (0, 0) if ending else (_WAITING, _WAITING_AT_LINE)
        # What is only sealed when the sending is stopped stays approved.
        if self._stopped:
            self._sealed.clear()
        outgoing = _first(self._sealed, most, lambda one: one.fresh is None or one.fresh.sealed.done())
        concluded = _first(self._verified, most, lambda one: one.verified.done())
        if outgoing is not None or concluded is not None:
            self._shipper.keep(ship=outgoing, conclude=concluded)
        if concluded is not None:
            self._meter.advance(len(concluded.rows))
        if outgoing is not None and outgoing.rows:
            outgoing.call = self._hand_over(partial(self._deliver, outgoing.envelopes))
            self._called.append(outgoing)
        answered = _first(self._called, most_at_line, lambda one: one.call.done())
        if answered is not None:
            self._take_answers(answered)

    def _deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        # In the thread of the line: after a failure nothing more is tried.
        if self._failure is not None:
            raise LineCancelled
        try:
            return self._line.deliver(envelopes)
        except TransportError as error:
            self._failure = error
            raise

    def _take_answers(self, batch: Batch) -> None:
        try:
            deliveries = batch.call.result()
        except TransportError as error:
            self._shipper.leave(batch, Step.LOSE if error.may_have_arrived else Step.REQUEUE)
        else:
            self._shipper.verify(batch, deliveries)
            self._verified.append(batch)


def _first(station: deque[Batch], most: int, done: Callable[[Batch], bool]) -> Batch | None:
    return station.popleft() if len(station) > most or (station and done(station[0])) else None
