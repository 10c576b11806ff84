"""The pipeline of a sending: while one batch is on the line, the next is sealed and the one before is stored."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final

from console.jobs.exchange.batch_steps import Batch, BatchSteps
from console.jobs.progress import Meter
from store.message.states import Step
from transport.errors import LineCancelled, TransportError
from transport.line.client import Delivery, Line

Deliver = Callable[[], list[Delivery]]
HandOver = Callable[[Deliver], Future[list[Delivery]]]

# How many batches may wait at a station. Each takes memory here and in the process that seals. The line may have one
# more: the peer has the most to do, and should never have to wait for us.
_WAITING: Final = 1
_WAITING_AT_LINE: Final = 2


class Pipeline:
    """Batches on their way: sealed, delivered on the line, verified, concluded.

    A few batches may wait at each of three stations for work that goes on elsewhere: in the process that seals and
    verifies, and on the line, to whose thread `hand_over` gives the calls one after the other. Everything that touches
    the database happens in the one thread that calls `run`.
    """

    def __init__(self, steps: BatchSteps, line: Line, meter: Meter, hand_over: HandOver) -> None:
        self._steps = steps
        self._line = line
        self._meter = meter
        self._hand_over = hand_over
        # Set by the thread of the line and read by both threads; it only ever changes from None to an error.
        self._failure: TransportError | None = None
        self._sealed: Final[deque[Batch]] = deque()
        self._called: Final[deque[Batch]] = deque()
        self._verified: Final[deque[Batch]] = deque()

    def run(self) -> None:
        """Send batch after batch until nothing more may leave. Raises the first TransportError of the line."""
        # Once through the queue, and again for what was approved meanwhile.
        while self._pass():
            pass
        if self._failure is not None:
            raise self._failure

    @property
    def _stopped(self) -> bool:
        return self._failure is not None or self._meter.cancelled

    def _pass(self) -> bool:
        """Go through the queue once; return whether anything was sent and there may be more to send."""
        some = False
        for batch in self._batches():
            some = some or bool(batch.rows)
            self._sealed.append(batch)
            self._advance()
        # Also after a failure or a cancellation: what the peer has answered by now is still stored.
        while self._sealed or self._called or self._verified:
            self._advance(ending=True)
        return some and not self._stopped

    def _batches(self) -> Iterator[Batch]:
        after = None
        # By key, not by offset: rows leave the list of what may be sent while the batches walk along it.
        while not self._stopped and (batch := self._steps.read(after)) is not None:
            yield batch
            after = batch.last

    def _advance(self, *, ending: bool = False) -> None:
        """Let one batch leave each station: if its work is done, or, after waiting for that, if too many are there.

        With `ending` no more batches come, so every batch that still waits is one too many.
        """
        most, most_at_line = (0, 0) if ending else (_WAITING, _WAITING_AT_LINE)
        # What is sealed but not yet marked as sent when the sending is stopped stays approved: nobody has to ask about
        # it, and nothing but some work is lost.
        if self._stopped:
            self._sealed.clear()
        outgoing = _leaving(self._sealed, most, lambda batch: batch.fresh is None or batch.fresh.sealed.done())
        concluded = _leaving(self._verified, most, lambda batch: batch.verified.done())
        if outgoing is not None or concluded is not None:
            self._steps.keep(ship=outgoing, conclude=concluded)
        if concluded is not None:
            self._meter.advance(len(concluded.rows))
        # Only after `keep`: whatever is on the line is known here as `sending`, with its exact bytes, even if the power
        # goes at this moment.
        if outgoing is not None and outgoing.rows:
            outgoing.call = self._hand_over(partial(self._deliver, outgoing.envelopes))
            self._called.append(outgoing)
        answered = _leaving(self._called, most_at_line, lambda batch: batch.call.done())
        if answered is not None:
            self._take_answers(answered)

    def _deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        # In the thread of the line. After a failure the calls that were handed over already are not tried any more:
        # later messages must not overtake the batch that failed.
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
            # Without an answer the peer may have the batch, so it must be asked before anything is sent again.
            self._steps.leave(batch, Step.LOSE if error.may_have_arrived else Step.REQUEUE)
        else:
            self._steps.verify(batch, deliveries)
            self._verified.append(batch)


def _leaving(station: deque[Batch], most: int, done: Callable[[Batch], bool]) -> Batch | None:
    # Batches leave in their order only, so that the oldest messages come first.
    return station.popleft() if len(station) > most or (station and done(station[0])) else None
