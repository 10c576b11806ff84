"""The yardstick of the start: a bare Textual app of the same two fields, and nothing else."""

from textual.app import App, ComposeResult
from textual.widgets import Input, Label


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Label("利用者ID")
        yield Input()
        yield Label("暗証番号")
        yield Input(password=True)


if __name__ == "__main__":
    Bare().run()
