"""The flow of batches through a sending: while one is on the line, the next is sealed and the one before is stored."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final

from console.jobs.exchange.shipping import Batch, Shipper
from console.jobs.progress import Meter
from store.message.states import Step
from transport.client import Delivery, Line
from transport.errors import LineCancelled, TransportError

Deliver = Callable[[], list[Delivery]]
HandOver = Callable[[Deliver], Future[list[Delivery]]]


class Flow:
    """Batches on their way through three stages: shipped, answered, concluded.

    Up to `ahead` of them wait before each stage for what happens elsewhere meanwhile: in the process that seals and
    verifies, and on the line, to which `hand_over` gives the calls, one after the other. With 0 each batch goes
    through all stages before the next begins.
    """

    def __init__(self, shipper: Shipper, line: Line, meter: Meter, *, ahead: int, hand_over: HandOver) -> None:
        self._shipper = shipper
        self._line = line
        self._meter = meter
        self._ahead = ahead
        self._hand_over = hand_over
        self._failure: TransportError | None = None
        self._stages: Final = (self._ship, self._take_answers, self._conclude)
        self._waiting: Final[tuple[deque[Batch], ...]] = (deque(), deque(), deque())

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
            self._push(0, batch)
        for number, waiting in enumerate(self._waiting):
            while waiting:
                self._step(number)
        return some and not self._stopped

    def _batches(self) -> Iterator[Batch]:
        after = None
        while not self._stopped and (batch := self._shipper.read(after)) is not None:
            yield batch
            after = batch.last

    def _push(self, number: int, batch: Batch) -> None:
        self._waiting[number].append(batch)
        if len(self._waiting[number]) > self._ahead:
            self._step(number)

    def _step(self, number: int) -> None:
        batch = self._waiting[number].popleft()
        if self._stages[number](batch) and number + 1 < len(self._stages):
            self._push(number + 1, batch)

    def _ship(self, batch: Batch) -> bool:
        """Make a batch durable and give it to the line; tell whether it has left."""
        # What is only sealed by now stays approved.
        envelopes = [] if self._stopped else self._shipper.ship(batch)
        if envelopes:
            batch.call = self._hand_over(partial(self._deliver, envelopes))
        return bool(envelopes)

    def _deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        # In the thread of the line: after a failure nothing more is tried.
        if self._failure is not None:
            raise LineCancelled
        try:
            return self._line.deliver(envelopes)
        except TransportError as error:
            self._failure = error
            raise

    def _take_answers(self, batch: Batch) -> bool:
        try:
            deliveries = batch.call.result()
        except TransportError as error:
            self._shipper.leave(batch, Step.LOSE if error.may_have_arrived else Step.REQUEUE)
            return False
        self._shipper.verify(batch, deliveries)
        return True

    def _conclude(self, batch: Batch) -> bool:
        self._shipper.conclude(batch)
        self._meter.advance(len(batch.rows))
        return True
