"""利用者: each ID with its state, the deeds as letters, and what two persons do is seen at once.

It shows `console.screens.people.people_list` as well.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from console.jobs.people import changes, codes
from console.jobs.people.deeds import PersonChange, PersonDeed
from console.jobs.people.logon import SecondPerson
from console.jobs.people.register import State
from console.keys import PEOPLE
from store import clock
from store.log import Event
from store.rights import Role
from tests.console.driving import JAPANESE_FIRST, driving
from tests.console.screens.people.register_driving import (
    CHIEF,
    SECOND,
    agree,
    agreement,
    beside,
    entries,
    form,
    go_to,
    open_people,
    places,
    register,
    state_line,
)
from tests.running import World


def make(world: World, *wanted: PersonChange) -> None:
    """Change people beside the screen, as an officer and a custodian."""
    with beside(world.home) as (terminal, session):
        for change in wanted:
            second = SecondPerson(SECOND, world.pin_files[SECOND].read_text().strip(), "command")
            changes.make(terminal, session, change, second=second)


SUSPENDED = PersonChange(PersonDeed.SUSPEND, "op-101", reason="育児休業 3月まで")


# Looking


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_everybody_is_seen_with_state_last_log_on_and_what_is_to_come(
    world: World, language: str, size: tuple[int, int]
) -> None:
    day = clock.day_in_japan(clock.now()) + timedelta(days=30)
    newcomer = PersonChange(
        PersonDeed.ADD, "op-104", name="斎藤 薫", staff_number="20533", roles=frozenset({Role.OPERATOR})
    )
    planned = PersonChange(PersonDeed.ROLES, "ap-201", roles=frozenset({Role.OPERATOR}), on=day)
    make(world, SUSPENDED, newcomer, planned)
    async with driving(world.home, language=language, size=size) as console:  # type: ignore[arg-type]  # One of both.
        screen = await open_people(console)
        text, words = console.text(), console.words
        for state in (State.ACTIVE, State.NEW, State.SUSPENDED, State.PLANNED):
            assert words(f"people.state.{state}") in text
        # No column is cut: what people compare stands whole on the least screen.
        assert ".." not in "".join(text.splitlines()[3:9]), text
        assert words("people.code_hours", count=23) in state_line(console, "op-104")
        assert "育児休業 3月まで" in state_line(console, "op-101")
        assert words("people.never") in state_line(console, "cu-501")
        # One officer alone could not lose the PIN: that is told, and not by colour alone.
        assert words("people.staffed", officers=1, custodians=1) in text
        assert f"1 / {screen.rows.count}" in text
        await go_to(console, "ap-201")
        assert words("people.panel.number") in console.text()
        assert "20201" in console.text()
        await go_to(console, "ka-301")
        assert words("people.session.open") in console.text()


async def test_who_may_not_change_people_has_no_way_there(world: World) -> None:
    async with driving(world.home) as console:
        await console.log_on("ap-201", opens="")
        await console.press("m")
        assert console.words("keys.place.log") in places(console)
        assert console.words("keys.place.people") not in places(console)


async def test_the_deeds_that_are_offered_fit_the_person(world: World) -> None:
    make(world, SUSPENDED, PersonChange(PersonDeed.END, "ap-201"))
    words_of = {key.action: key.text for key in PEOPLE}
    async with driving(world.home, size=(120, 40)) as console:
        await open_people(console)

        def offered() -> set[str]:
            # The foot has a sign, its word and two blanks for each key.
            keys = {part.partition(" ")[2] for line in console.foot.splitlines() for part in line.strip().split("  ")}
            return {action for action, text in words_of.items() if console.words(text) in keys}

        await go_to(console, "au-401")
        assert {"suspend", "reset_pin", "destroy"} <= offered()
        assert not {"resume", "unlock"} & offered()
        await go_to(console, "op-101")
        assert "resume" in offered()
        await go_to(console, "ap-201")
        assert not {"suspend", "reset_pin", "destroy", "resume", "unlock"} & offered()


async def test_the_list_is_narrowed_to_those_that_want_something(world: World) -> None:
    make(world, SUSPENDED, PersonChange(PersonDeed.END, "ap-201"))
    async with driving(world.home) as console:
        screen = await open_people(console)
        assert screen.rows.count == 5
        for digit, shown in (("2", 4), ("3", 1), ("1", 5)):
            await console.press("f", digit)
            assert screen.rows.count == shown
        # Whoever was looked at stays under the cursor.
        await go_to(console, "op-101")
        await console.press("f", "3")
        assert screen.current is not None
        assert screen.current.person.id == "op-101"


# Doing


@pytest.mark.parametrize("language", JAPANESE_FIRST)
async def test_somebody_is_registered_and_the_code_is_on_no_screen(world: World, language: str) -> None:
    async with driving(world.home, language=language) as console:  # type: ignore[arg-type]  # One of both.
        await open_people(console)
        await console.press("e", "1")
        assert form(console).deed is PersonDeed.ADD
        for text in ("op-104", "斎藤 薫", "20533"):
            await console.type(text)
            await console.press("enter")
        # Officer and approver are passed by, the operator is chosen.
        await console.press("enter", "enter", "space", "enter", "enter", "enter")
        await console.type("R80.12.1")
        await console.press("enter")
        await console.type("R81.3.31")
        await console.press("f9")
        words, text = console.words, console.text()
        assert words("people.deed.add", person="op-104") in text
        for name in ("斎藤 薫", "20533", words("roles.short.operator")):
            assert f"* {name}" not in text
            assert name in text
        assert words("people.consequence.add")[:12] in text
        assert words("people.second_wanted")[:12] in text
        await agree(console, world)
        assert register(console).current is not None
        assert "op-104" in state_line(console, "op-104")
        assert ">" in state_line(console, "op-104"), "the cursor is on the new person"
        file = world.home / codes.DIRECTORY / "op-104.code"
        assert "codes/op-104.code" in console.text()
        assert file.read_text().strip() not in console.text()
    (added,) = [entry for entry in entries(world.home, Event.PERSON_ADDED) if entry.actor is not None]
    assert (added.actor, added.object, added.detail["second"]) == (CHIEF, "op-104", SECOND)
    assert added.detail["to"] == "2098-12-01..2099-03-31"


async def test_a_deed_shows_before_and_after_and_takes_the_second_person(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("h")
        await console.type("leave")
        await console.press("enter")
        lines = [line.split() for line in console.text().splitlines()]
        assert ["*", "扱い", "有効", "停止"] in lines
        assert ["*", "理由", "-", "leave"] in lines
        assert ["氏名", "田中", "光", "田中", "光"] in lines
        await agree(console, world)
        assert console.words("people.done.suspend", person="op-101") in console.text()
        assert console.words("people.state.suspended") in state_line(console, "op-101")
        # The same letter lets the person in again.
        await console.press("u")
        await agree(console, world, "ap-201")
        assert console.words("people.state.active") in state_line(console, "op-101")
        await console.press("d")
        assert console.words("people.consequence.end")[:12] in console.text()
        await agree(console, world)
        assert console.words("people.state.ended") in state_line(console, "op-101")
    found = entries(world.home, Event.PERSON_SUSPENDED, Event.PERSON_RESUMED, Event.PERSON_ENDED)
    assert [entry.detail["second"] for entry in found] == [SECOND, "ap-201", SECOND]


async def test_roles_and_names_are_changed_beside_what_is_before(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("e", "3")
        # From operator to approver, in one line a role.
        await console.press("down", "space", "down", "space")
        line = next(line for line in console.text().splitlines() if "操作者" in line and "-" in line)
        assert line.split()[:3] == ["操作者", "選択", "-"]
        await console.press("f9")
        assert "決裁者" in console.text()
        await agree(console, world)
        assert "決裁者" in state_line(console, "op-101")
        await console.press("e", "2", "ctrl+u")
        await console.type("田中 光子")
        await console.press("f9")
        await agree(console, world, "ap-201")
        assert "田中 光子" in state_line(console, "op-101")


async def test_what_cannot_be_is_told_in_the_form_which_stays(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await console.press("e", "1")
        await console.press("f9")
        assert console.words("people.roles_wanted") in console.text()
        await console.type("op-101")
        await console.press("down", "down", "down", "space", "f9")
        assert form(console).person_id == "op-101"
        # The first that is wrong is told, and nothing that was typed is lost.
        assert console.words.fault("person_name_bad", {"most": "40"}).cause in console.text()
        assert "op-101" in console.text()
        # Letters are text here, and a day is read before the form goes on.
        await console.press("end", "up")
        for _ in range(9):
            await console.press("down")
        await console.type("R9.13.77")
        await console.press("up")
        assert console.words("people.day_bad") in console.text()
        await console.press("escape")
        assert register(console).rows.count == 5
    assert entries(world.home, Event.PERSON_ADDED)[-1].actor is None


async def test_the_second_person_is_another_one_with_the_right_pin(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("y")
        assert agreement(console).plan.change.deed is PersonDeed.RESET
        await console.press("enter", "enter")
        assert console.words("login.both_wanted") in console.text()
        for person, pin, code in (
            (CHIEF, None, "own_person_refused"),
            ("op-101", None, "own_person_refused"),
            ("au-401", None, "right_missing"),
            (SECOND, "80818283", "credentials_refused"),
        ):
            await console.press("ctrl+u")
            await agree(console, world, person, pin)
            facts = {"right": "agree_people"}
            whole = "".join(line.strip() for line in console.text().splitlines())
            assert console.words.fault(code, facts).cause[:20] in whole
            # The ID stays to be mended; the PIN is gone.
            assert "*" * 8 not in console.text()
            await console.press("tab")
        await console.press("ctrl+u")
        await agree(console, world)
        assert console.words("people.state.new") in state_line(console, "op-101")
    assert len(entries(world.home, Event.PERSON_RESET)) == 1


async def test_a_change_in_between_voids_what_both_have_read(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("d")
        make(world, SUSPENDED)
        await agree(console, world)
        assert console.words.fault("person_changed", {"person": "op-101"}).cause in console.text()
        await console.press("escape")
        assert console.words("people.state.suspended") in state_line(console, "op-101")
    assert entries(world.home, Event.PERSON_ENDED) == []


async def test_the_last_custodian_is_not_even_asked_about(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, SECOND)
        await console.press("d")
        assert register(console).notice is not None
        assert console.words("roles.custodian.name") in console.text()
        await go_to(console, CHIEF)
        await console.press("h", "f9")
        assert console.words.fault("own_person_refused").cause[:12] in console.text()


async def test_an_officer_who_is_alone_is_told_so_and_registers_with_one_key(world: World) -> None:
    with beside(world.home) as (terminal, _), terminal.database.writing() as tx:
        # As `init` leaves a terminal: the others have not chosen a PIN yet, or are not there.
        tx.exec_driver_sql(f"DELETE FROM person_details WHERE person <> '{CHIEF}'")
        tx.exec_driver_sql("DELETE FROM session")
        tx.exec_driver_sql(f"DELETE FROM person WHERE id <> '{CHIEF}'")
    async with driving(world.home) as console:
        await open_people(console)
        await console.press("e", "1")
        for text in ("ap-202", "高橋 久美", "20202"):
            await console.type(text)
            await console.press("enter")
        await console.press("enter", "space", "f9")
        assert agreement(console).plan.alone
        assert console.words("people.alone")[:12] in console.text()
        assert console.words("people.second_id") not in console.text()
        await console.press("enter")
        assert "ap-202" in state_line(console, "ap-202")
    assert "second" not in entries(world.home, Event.PERSON_ADDED)[-1].detail


async def test_long_texts_before_and_after_stand_whole_in_several_lines(world: World) -> None:
    first, last = date(2026, 10, 12), date(2199, 10, 31)
    change = PersonChange(PersonDeed.CHANGE, "op-101", name="田中 光", staff_number="20101", valid_from=first)
    make(world, replace(change, valid_to=last))
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("e", "2", "down", "down", "ctrl+u")
        await console.type("20261013")
        await console.press("down", "ctrl+u")
        await console.type("21991129")
        await console.press("f9")
        lines = [line.split() for line in console.text().splitlines()]
        at = next(at for at, line in enumerate(lines) if line[1:2] == ["有効期間"])
        both = ["".join(parts) for parts in zip(lines[at][2:], lines[at + 1], strict=True)]
        assert both == ["令和8年10月12日〜令和181年10月31日", "令和8年10月13日〜令和181年11月29日"]


async def test_the_lock_covers_names_and_the_work_goes_on_behind_it(world: World) -> None:
    async with driving(world.home) as console:
        await open_people(console)
        await go_to(console, "op-101")
        await console.press("h")
        await console.type("leave")
        await console.press("f8")
        assert console.screen == "lock"
        assert "田中" not in console.text()
        await console.type(world.pin_files[CHIEF].read_text().strip())
        await console.press("enter")
        assert form(console).form.editor.value == "leave"
