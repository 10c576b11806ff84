"""A form has one field, which moves with the cursor; its host hears what is typed, chosen, left and finished."""

from pathlib import Path
from typing import Any

from console.widgets.form import Form, Row
from tests.console.widgets.bench import Bench, bench

ROWS = (
    Row("人"),
    Row("氏名", key="name", typed="NGUYEN", shown="NGUYEN"),
    Row("性別", key="sex", shown="男", chosen=True, width=20),
    Row("届出"),
    Row("届出日", key="on", typed="2026-11-19", shown="令和8年11月19日", note="note", width=20),
)


class Host(Bench):
    """Gives a form its rows, and notes what it hears."""

    def on_mount(self) -> None:
        form = self.query_one(Form)
        form.show(ROWS)
        self.set_focus(form.editor)
        self.heard.clear()

    def typed(self, key: str, text: str) -> None:
        self.heard.append(("typed", key, text))

    def picked(self, key: str, step: int) -> None:
        self.heard.append(("picked", key, step))

    def left(self, key: str) -> bool:
        self.heard.append(("left", key))
        return key != "stays"

    def arrived(self, key: str) -> None:
        self.heard.append(("arrived", key))

    def finished(self) -> None:
        self.heard.append(("finished",))

    def reworded(self) -> None:
        self.heard.append(("reworded",))


def heard(screen: Bench, *, of: str) -> list[Any]:
    return [event[1:] for event in screen.heard if event[0] == of]


async def test_the_field_moves_past_headings_and_stops_at_the_ends(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        form = screen.query_one(Form)
        keys = []
        for key in ("up", "down", "tab", "down", "shift+tab", "pageup"):
            await pilot.press(key)
            assert form.row is not None
            keys.append(form.row.key)
        assert keys == ["name", "sex", "on", "on", "sex", "name"]
        assert form.editor.value == "NGUYEN"


async def test_enter_leaves_row_by_row_and_finishes_after_the_last(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        await pilot.press("enter", "enter", "enter")
        assert heard(screen, of="left") == [("name",), ("sex",), ("on",)]
        assert heard(screen, of="finished") == [()]


async def test_what_is_typed_is_told_for_the_row_that_was_meant(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        # In one burst, as a card reader sends it.
        await pilot.press(*"AB", "tab", "tab", "0")
        assert heard(screen, of="typed") == [
            ("name", "NGUYENA"),
            ("name", "NGUYENAB"),
            ("on", "2026-11-190"),
        ]


async def test_in_a_row_with_a_choice_arrows_and_blank_choose(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        await pilot.press("left", "tab", "right", "left", "space", "backspace", "m")
        assert heard(screen, of="picked") == [("sex", 1), ("sex", -1), ("sex", 0)]
        # Nothing was typed to erase, so the choice is taken back; then a letter searches.
        assert heard(screen, of="typed") == [("sex", ""), ("sex", "m")]


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        form = screen.query_one(Form)
        form.go_to("on")
        form.go_to("nowhere")
        form.show((Row("more", key="more"), *ROWS))
        rows = [form.row]
        # Its row is gone: the nearest takes over.
        form.show(ROWS[:2])
        rows.append(form.row)
        form.show(())
        rows.append(form.row)
        assert rows == [ROWS[-1], ROWS[1], None]
        await pilot.press("down", "a")
        assert heard(screen, of="typed") == []


async def test_values_and_notes_are_drawn_beside_their_labels(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host, size=(80, 3)) as (pilot, screen):
        await pilot.pause()
        lines = screen.lines()
        assert (lines[0].strip(), lines[2].split()) == ("人", ["性別", "男", "続きあり"])
        assert lines[1].split() == ["氏名", "NGUYEN"]
        # The last row is below: the sign says so, and the cursor brings it into sight.
        await pilot.press("tab", "tab")
        await pilot.pause()
        assert screen.lines()[2].split() == ["届出日", "2026-11-19", "note"]
        # A value that would need the whole line gives way to the sign.
        screen.query_one(Form).go_to("name")
        screen.query_one(Form).show([Row("住所", key="a"), *[Row("住所", key=key, shown="字" * 40) for key in "bcd"]])
        await pilot.pause()
        assert screen.lines()[2].rstrip().endswith("続きあり")


async def test_the_host_keeps_the_cursor_where_something_would_be_lost(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        form = screen.query_one(Form)
        form.show([Row("国籍", key="stays", chosen=True), Row("氏名", key="name")])
        form.go_to("stays")
        await pilot.press("tab", "enter", "down")
        assert (form.row, heard(screen, of="finished")) == (form.rows[0], [])


async def test_what_is_typed_takes_the_place_of_what_was_given(tmp_path: Path) -> None:
    async with bench(tmp_path, Form(id="form"), screen=Host) as (pilot, screen):
        form = screen.query_one(Form)
        form.show([Row("氏名", key="name", typed="NGUYEN", given=True)])
        form.retype()
        await pilot.press("X", "Y")
        form.retype()
        # Who moves in the text mends it.
        await pilot.press("home", "X")
        assert heard(screen, of="typed") == [("name", "X"), ("name", "XY"), ("name", "XNGUYEN")]
