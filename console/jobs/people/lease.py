"""The lease of a session: renewed while its process works, so that no other process takes the session for abandoned."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from console.jobs.people import logon
from console.session import Session
from console.terminal import Terminal
from store.endings import Ending
from store.errors import SessionClosed, StoreError

# Well under the 30 seconds that the store asks for. Together with the age at which entries are due for a checkpoint,
# it also keeps every entry from waiting for its signature for more than a minute.
RENEWAL_SECONDS: Final = 20.0


class Lease:
    """Renews the lease of a session from a separate thread, until it is ended or the store refuses.

    `lost` is called from that thread, once, when the store refuses, with how the session ends by that: it was closed
    elsewhere, or the store is out of order.
    """

    def __init__(
        self, terminal: Terminal, session: Session, *, lost: Callable[[Ending], object] = lambda _ending: None
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._lost = lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop renewing; return at once, even while a renewal waits for the disk."""
        self._ended.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        # The caller closes the database next, which a renewal under way still uses.
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(RENEWAL_SECONDS):
            try:
                logon.renew(self._terminal, self._session)
            except StoreError as error:
                # A session that ended while this renewal waited has lost nothing; another one may have begun by now.
                if not self._ended.is_set():
                    self._lost(self._ending(error))
                return

    def _ending(self, error: StoreError) -> Ending:
        """Return how the session ends by what the store refused with."""
        if isinstance(error, SessionClosed):
            # Whoever closed it wrote the entry; the person is told that it was no failure. Where the store cannot say
            # any more who did, it ends all the same: nobody goes on with a session that is closed.
            with suppress(StoreError):
                return logon.ended_as(self._terminal, self._session)
        return Ending.CRASH
