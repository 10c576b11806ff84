"""The facts of a change of an ID, typed: name and number, days, roles, or why somebody is suspended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType

from console import jobs
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.telling import ROLES
from console.keys import PERSON_FORM, Key, bindings
from console.screens.filling_in import FormScreen
from console.widgets.form import Form, Row
from console.widgets.frame import FootLine, HeadLine
from console.widgets.surface import OneLine
from console.widgets.text import Ink
from store.message.entry.typed import typed_day
from store.rights import Role

if TYPE_CHECKING:
    from console.jobs.people.changes import ChangePlan
    from console.jobs.people.register import RegisterEntry
    from console.session import Session
    from console.terminal import Terminal

_ROLE: Final = "role."
_DAYS: Final = ("valid_from", "valid_to", "on")
_WIDTHS: Final = {"id": 24, "staff_number": 18, "reason": 28, **dict.fromkeys(_DAYS, 18)}
# What each deed asks for, in this order; `role.*` stands for a row a role.
_ASKED: Final = {
    PersonDeed.ADD: ("id", "name", "staff_number", "role.*", "valid_from", "valid_to"),
    PersonDeed.CHANGE: ("name", "staff_number", "valid_from", "valid_to"),
    PersonDeed.ROLES: ("role.*", "on"),
    PersonDeed.SUSPEND: ("reason",),
}


class PersonForm(FormScreen):
    """Asks for the facts of a deed about `known` (None: somebody new); `agree` gets what the change would do."""

    NAME = "person-form"
    help_topic = "person_form"
    KEYS: ClassVar[Sequence[Key]] = PERSON_FORM
    BINDINGS: ClassVar[list[BindingType]] = bindings(PERSON_FORM)

    def __init__(self, deed: PersonDeed, known: "RegisterEntry | None", agree: Callable[["ChangePlan"], None]) -> None:
        super().__init__()
        self.deed = deed
        self._known = known
        self._agree = agree
        self._texts = _texts_of(known)
        self._roles = frozenset[Role]() if known is None else known.person.roles

    def compose(self) -> ComposeResult:
        """Lay out the title and the form."""
        yield HeadLine()
        yield PersonFormTitle(id="title")
        yield Form(id="form")
        yield self.notice
        yield FootLine(PERSON_FORM, typed=True)

    def on_mount(self) -> None:
        """Begin with the first row."""
        self.set_focus(self.form.editor)
        self._show()
        self.form.retype()

    @property
    def person_id(self) -> str:
        """The ID that it is about; "" as long as nobody has typed it."""
        return self._texts["id"].strip() if self._known is None else self._known.person.id

    # The rows

    def _show(self) -> None:
        self.form.show(list(self._rows()))

    def _rows(self) -> Iterator[Row]:
        words = self.words
        if self._compares:
            yield Row(label=words("people.item_head"), before=words("people.before"), shown=words("people.after"))
        for name in _ASKED[self.deed]:
            if name == "role.*":
                yield from (self._role_row(role) for role in ROLES)
            else:
                yield self._row(name)

    @property
    def _compares(self) -> bool:
        # Why somebody is suspended has nothing before.
        return self._known is not None and self.deed is not PersonDeed.SUSPEND

    def _row(self, name: str) -> Row:
        words, key = self.words, f"people.hint.{name}"
        # The day of a change is the only one without a value of before: what an empty field means is told beside it.
        beside = self._compares and name != "on"
        before = _texts_of(self._known)[name] if self._compares else None
        return Row(
            label=words(f"people.item.{name}"),
            key=name,
            typed=self._texts[name],
            shown=self._texts[name],
            # Beside a value of before there is no room for it.
            note=words(key) if words.has(key) and not beside else "",
            width=None if beside else _WIDTHS.get(name, 34),
            before=before,
        )

    def _role_row(self, role: Role) -> Row:
        words = self.words
        had = self._known is not None and role in self._known.person.roles
        return Row(
            label=words(f"roles.short.{role}"),
            key=f"{_ROLE}{role}",
            shown=self._chosen(chosen=role in self._roles),
            note=words("people.hint.role"),
            width=10,
            chosen=True,
            before=self._chosen(chosen=had) if self._compares else None,
        )

    def _chosen(self, *, chosen: bool) -> str:
        return self.words("people.chosen" if chosen else "people.not_chosen")

    # What the form asks of its screen (`FormHost`)

    def typed(self, key: str, text: str) -> None:
        """Take what is in the field now; a role is chosen and not typed."""
        # Nothing is searched for among two choices, so that what is typed there is a slip.
        if key.startswith(_ROLE):
            self.form.editor.value = ""
        else:
            self._texts[key] = text
        self._show()

    def picked(self, key: str, _step: int) -> None:
        """Choose a role, or take it back."""
        if key.startswith(_ROLE):
            self._roles ^= {Role(key.removeprefix(_ROLE))}
            self._show()
            # It draws the choice of its row, which changed without a text of its own.
            self.form.editor.refresh()

    def left(self, key: str) -> bool:
        """Stay where what was typed is no day: on the next screen nobody would see which it was."""
        if key in _DAYS and self._texts[key].strip() and typed_day(self._texts[key]) is None:
            self.say("note", "people.day_bad")
            return False
        self.notice.clear()
        return True

    def arrived(self, key: str) -> None:
        """Do nothing: each row says by itself what it takes."""

    def finished(self) -> None:
        """Go on after the last row."""
        self.action_finish()

    def reworded(self) -> None:
        """Show the rows in the current language."""
        self._show()

    # Going on

    def action_finish(self) -> None:
        """Find out what the change would do, and ask for the second person."""
        # The row under the cursor was not left yet, and holds what was typed last.
        row = self.form.row
        if row is not None and not self.left(row.key):
            return
        if any(name == "role.*" for name in _ASKED[self.deed]) and not self._roles:
            self.say("note", "people.roles_wanted")
            return
        self.notice.clear()
        self.work(partial(_plan, change=self._change()), self._agree)

    def _change(self) -> PersonChange:
        # All days were read once when their rows were left.
        days = {name: typed_day(self._texts[name]) if self._texts[name].strip() else None for name in _DAYS}
        version = None if self._known is None else self._known.person.version
        change = PersonChange(self.deed, self.person_id, version, roles=self._roles, on=days["on"])
        return replace(
            change,
            name=self._texts["name"],
            staff_number=self._texts["staff_number"],
            valid_from=days["valid_from"],
            valid_to=days["valid_to"],
            reason=self._texts["reason"],
        )

    def action_back(self) -> None:
        """Give the change up; nothing of it was kept."""
        self.dismiss()


class PersonFormTitle(OneLine):
    """What is to be done, with whom."""

    def draw_line(self, _y: int) -> Ink:
        """Draw the line."""
        ink, screen = self.ink().put(" "), self.screen
        if isinstance(screen, PersonForm):
            known = "" if screen.deed is PersonDeed.ADD else screen.person_id
            ink.put(jobs.people.telling.question(self.words, screen.deed, known), self.palette["strong"])
        return ink


def _texts_of(known: "RegisterEntry | None") -> dict[str, str]:
    """Return what the fields begin with."""
    if known is None:
        return dict.fromkeys(("id", "name", "staff_number", "reason", *_DAYS), "")
    return {
        "id": known.person.id,
        "name": known.details.name,
        "staff_number": known.details.staff_number,
        "reason": "",
        "valid_from": _typed(known.person.valid_from),
        "valid_to": _typed(known.person.valid_to),
        "on": "",
    }


def _typed(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _plan(terminal: "Terminal", session: "Session", *, change: PersonChange) -> "ChangePlan":
    return jobs.people.changes.plan(terminal, session, change)
