"""The yardstick of the queue: a bare Textual `DataTable` with as many rows, and nothing else."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

_COLUMNS = ("氏名", "異動", "種類", "番号", "状態", "経過")


class BareTable(App[None]):
    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*_COLUMNS)
        table.add_rows(
            (f"NGUYEN VAN {row}", "転居", "住民票", f"B-{row:07d}", "審査待ち", "3日") for row in range(self._rows)
        )
        table.focus()


if __name__ == "__main__":
    BareTable(int(sys.argv[1])).run()
