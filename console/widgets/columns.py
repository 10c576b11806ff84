"""What a list is made of: its columns, and what a row shows in each of them."""

from dataclasses import dataclass

from rich.style import Style

from console.widgets.text import Align, width_of


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the catalogue key of its head, its width in cells, and the side that its text is set to."""

    name: str
    head: str
    width: int
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text and the style of one column in one row; `shorter` stands where the text has no room."""

    text: str
    style: Style | None = None
    shorter: str = ""

    def fitting(self, width: int) -> str:
        """Return the text that fits into `width` cells, or the shorter one."""
        return self.shorter if self.shorter and width_of(self.text) > width else self.text
