"""Which errors are ours: those with texts in the catalogue and an exit status.

Everything else is unforeseen. People get an incident number for it and nothing that such an error holds, since that may
be personal data.
"""

from collections.abc import Iterator
from typing import Final

from console.errors import ConsoleError
from store.disk import disk_fault
from store.errors import StoreError
from transport.errors import TransportError

Foreseen = ConsoleError | StoreError | TransportError
ROOTS: Final[tuple[type[Foreseen], ...]] = (ConsoleError, StoreError, TransportError)


def foreseen(error: BaseException) -> Foreseen | None:
    """Return `error` as one of ours; None when nobody foresaw it.

    A full or failing disk can surface wherever a file is written, as a bare OSError. It is given its name here, once.
    """
    disk = disk_fault(error)
    if disk is not None:
        return disk
    return error if isinstance(error, ROOTS) else None


def exit_statuses() -> dict[str, int]:
    """Return the exit status of each code, for refusals among many, which carry only their code."""
    return {kind.code: kind.exit_status for kind in _all_kinds()}


# Each class names its own exit status, so a new error needs no entry in any list.
def _all_kinds() -> Iterator[type[Foreseen]]:
    waiting: list[type[Foreseen]] = [*ROOTS]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        yield kind
