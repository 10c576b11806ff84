"""The walks through the console, subject by subject. Each begins in a fresh world and draws what it comes by."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from tests.grids.drawing import Easel
from tests.grids.walks import entry, exchange, handins, log, messages, people, register, terminal, work

Walk = Callable[[Easel], Awaitable[None]]

WALKS: Final[Mapping[str, Walk]] = MappingProxyType(
    {
        f"{module.__name__.rpartition('.')[2]}.{walk.__name__}": walk
        for module in (people, work, messages, entry, exchange, handins, log, register, terminal)
        for walk in module.WALKS
    }
)
