"""What can be nobody's PIN is told before it costs an attempt; what may be a phrase is not."""

import pytest

from console.words.digits import are_misspelt


@pytest.mark.parametrize(
    ("pin", "misspelt"),
    [
        ("27182818", False),
        ("27182818 ", True),
        ("\u300027182818", True),
        ("２７１８２８１８", True),
        ("２７１８２８１８２８４５", False),
        ("abc 27182818 ", False),
        ("", False),
    ],
)
def test_only_digits_in_another_form_are_misspelt(pin: str, *, misspelt: bool) -> None:
    assert are_misspelt(pin) is misspelt
