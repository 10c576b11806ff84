"""How much of a PIN is free choice: pieces that everybody thinks of count as one character each.

Whoever guesses tries words, years, runs, repeats and ways along the keys first, and puts them together. A list of PINs
that leaked would hold the same and have to be kept up; the pieces that such lists are made of hardly change.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

_LEAST_PIECE: Final = 3
# What the keys of a keyboard show in their rows, and down its slanting columns, one after the other.
_ROWS: Final = ("1234567890-^", "qwertyuiop@", "asdfghjkl;:", "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/")
# Ways to and fro between two rows.
_ROWS_CROSSED: Final = ("1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qawsedrftgyhujikolp", "azsxdcfvgbhnjmk")
# Where a digit is on the keys for numbers, by row and column; on a telephone the rows are the other way up.
_PAD: Final = {digit: divmod(at, 3) for at, digit in enumerate("123456789")} | {"0": (3, 1)}
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")
# Words that are in every list of leaked passwords, and those that lie near on this desk.
_FILE: Final = Path(__file__).with_suffix(".txt")


def free_characters(pin: str) -> int:
    """Return how many characters of `pin` somebody who knows what people choose would still have to guess."""
    # Case, full width and figures in the place of letters are the first that anybody varies.
    text = unicodedata.normalize("NFKC", pin).casefold()
    free = at = 0
    while at < len(text):
        free += 1
        at += max(1, *(piece(text, at) for piece in _PIECES))
    return free


@cache
def _words() -> tuple[str, ...]:
    return tuple(_FILE.read_text(encoding="utf-8").split())


def _word(text: str, at: int) -> int:
    plain = text.translate(_LEET)
    return max((len(word) for word in _words() if text.startswith(word, at) or plain.startswith(word, at)), default=0)


def _year(text: str, at: int) -> int:
    return 4 if _YEAR.match(text, at) else 0


def _repeat(text: str, at: int) -> int:
    length = next((end for end in range(at, len(text)) if text[end] != text[at]), len(text)) - at
    return length if length > 1 else 0


def _run(text: str, at: int) -> int:
    """Return the length of the run that begins at `at`: characters that follow each other by one or two."""
    steps = [ord(later) - ord(earlier) for earlier, later in pairwise(text[at:])]
    return _line(steps, lambda step: abs(step) in {1, 2})


def _pad_line(text: str, at: int) -> int:
    """Return the length of the straight line on the keys for numbers that begins at `at`."""
    places = [_PAD.get(character) for character in text[at:]]
    steps = [
        None if here is None or there is None else (there[0] - here[0], there[1] - here[1])
        for here, there in pairwise(places)
    ]
    return _line(steps, lambda step: step is not None and step != (0, 0) and max(map(abs, step)) == 1)


def _line(steps: Sequence[object], fits: Callable[[Any], bool]) -> int:
    """Return how many characters the same step joins from the first on, if it fits and they are enough for a piece."""
    if not steps or not fits(steps[0]):
        return 0
    same = next((at for at, step in enumerate(steps) if step != steps[0]), len(steps))
    return same + 1 if same + 1 >= _LEAST_PIECE else 0


def _along_keys(text: str, at: int) -> int:
    return max(_common_start(row, text[at:]) for row in _both_ways())


def _common_start(row: str, rest: str) -> int:
    start = row.find(rest[:_LEAST_PIECE]) if len(rest) >= _LEAST_PIECE else -1
    if start < 0:
        return 0
    ahead = row[start:]
    differing = (at for at, (key, letter) in enumerate(zip(ahead, rest, strict=False)) if key != letter)
    return next(differing, min(len(ahead), len(rest)))


def _both_ways() -> Iterator[str]:
    for row in (*_ROWS, *_ROWS_CROSSED):
        yield row
        yield row[::-1]


_PIECES: Final = (_word, _year, _repeat, _run, _pad_line, _along_keys)
