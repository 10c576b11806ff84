"""Commands: PINs are hashed at no cost, those of people whom a test adds as well."""

from collections.abc import Iterator

import pytest

from tests.cheap_pins import cheap_pins


@pytest.fixture(autouse=True)
def _cheap_pins() -> Iterator[None]:
    with cheap_pins():
        yield
