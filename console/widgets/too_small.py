"""What a screen shows where it has no room: the size it wants and the one it has, and that nothing is lost."""

from typing import Final

from console.widgets.surface import Surface
from console.widgets.text import Ink, wrap

LEAST_COLUMNS: Final = 80
LEAST_ROWS: Final = 24
_MARGIN: Final = 2


class TooSmall(Surface):
    """Covers its screen, and leaves it as it was: it comes back with the size."""

    DEFAULT_CSS = "TooSmall { layer: above; width: 100%; height: 100%; display: none; }"

    def draw_line(self, y: int) -> Ink:
        """Draw a line of the sentences, in the middle of the height."""
        width = max(10, self.size.width - 2 * _MARGIN)
        sentences = (
            (self.words("head.too_small.wanted", columns=LEAST_COLUMNS, rows=LEAST_ROWS), "strong"),
            (self.words("head.too_small.size", columns=self.size.width, rows=self.size.height), "faint"),
            (self.words("head.too_small.kept"), "faint"),
            (self.words("head.too_small.keys"), "key"),
        )
        lines = [(line, self.palette[ink]) for text, ink in sentences for line in wrap(text, width)]
        at = y - max(0, (self.size.height - len(lines)) // 2)
        ink = self.ink().gap_to(_MARGIN)
        return ink.put(*lines[at]) if 0 <= at < len(lines) else ink
