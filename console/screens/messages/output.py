"""The page of a message as far as it writes the message to a file (出力), in the form that an import reads."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console import jobs
from console.screens.output import ask_where
from console.screens.shared_letters import SharedLetters
from store.message.groups import value_at

if TYPE_CHECKING:
    from console.jobs.messages.reading import MessageView
    from console.session import Session
    from console.terminal import Terminal


class MessageOutput(SharedLetters):
    """A screen with the message `shown`, which is None until it is read."""

    shown: "MessageView | None" = None

    def action_export(self) -> None:
        """Ask where the message is to be written; a hidden address has to be on the screen first."""
        view = self.shown
        if view is None:
            return
        hidden = view.protected and value_at(view.record, "person.address") == jobs.residents.protection.HIDDEN
        if hidden:
            # Who writes it to a file sees it, and the log has who asked for it.
            self.say("note", "message.address_first")
            return
        write = partial(_write_out, number=view.row.id, address=view.protected)
        ask_where(self, write, question="message.output", done="message.written")


def _write_out(terminal: "Terminal", session: "Session", *, number: int, address: bool, target: Path) -> Path:
    return jobs.messages.extract.write_out(terminal, session, number, target, address=address)
