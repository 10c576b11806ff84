"""PINs that are hashed at no cost: how dear they are is the store's matter, and its tests'."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from argon2 import PasswordHasher

from store.people import attempts, pins

_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODYS: Final = _CHEAP.hash(b"what nobody types")


@contextmanager
def cheap_pins() -> Iterator[None]:
    """Hash PINs at no cost meanwhile. What was hashed so is checked at no cost ever after, by any process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pins, "_hasher", _CHEAP)
        patch.setattr(attempts, "NOBODYS_HASH", _NOBODYS)
        yield
