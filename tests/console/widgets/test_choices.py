"""Codes are marked by arrow, number, or a part of code or name; the marked code is always in sight."""

import pytest

from console.widgets.choices import Choices
from console.widgets.page import Pieces
from console.widgets.palette import Colours, Palette
from console.widgets.text import width_of

FEW = {"birth": "出生", "death": "死亡", "error": "誤記"}
MANY = {"VNM": "ベトナム", "CHN": "中国", "TWN": "台湾", "KOR": "韓国", "USA": "米国", "BGD": "バングラデシュ"} | {
    f"X{number}": f"国{number}" for number in range(30)
}
ENGLISH = {"VNM": ["Viet Nam"], "CHN": ["China"], "TWN": ["Taiwan (China)"], "USA": ["United States", "アメリカ"]}


def few() -> Choices:
    return Choices(list(FEW), FEW.__getitem__)


def many() -> Choices:
    return Choices(list(MANY), MANY.__getitem__, lambda code: ENGLISH.get(code, ()))


def texts(lines: list[Pieces]) -> list[str]:
    return ["".join(text for text, _style in line) for line in lines]


def test_arrows_go_round() -> None:
    choices = few()
    marked = []
    for step in (1, 1, 1, 1, -1, -1):
        choices.move(step)
        marked.append(choices.marked)
    assert marked == ["birth", "death", "error", "birth", "error", "death"]
    choices.mark(None)
    choices.move(-1)
    assert choices.marked == "error"


@pytest.mark.parametrize(("text", "code"), [("2", "death"), (" 3 ", "error"), ("0", None), ("4", None), ("", None)])
def test_a_digit_marks_one_of_few(text: str, code: str | None) -> None:
    choices = few()
    choices.find(text)
    assert choices.marked == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("vn", "VNM"),
        ("中", "CHN"),
        ("chi", "CHN"),
        ("アメリ", "USA"),
        # A place in the middle is what nobody meant.
        ("china)", None),
        ("7", None),
        ("nobody", None),
    ],
)
def test_the_beginning_of_the_code_or_of_a_name_finds_it(text: str, code: str | None) -> None:
    choices = many()
    assert not choices.numbered
    choices.find(text)
    assert choices.marked == code


def test_arrows_stay_among_what_was_found() -> None:
    choices = many()
    marked = []
    for text in ("国1", "nobody"):
        choices.find(text)
        for _ in range(2):
            choices.move(1)
            marked.append(choices.marked)
    assert marked == ["X10", "X11", None, None]
    # Marked directly, all are in sight again.
    choices.mark("USA")
    choices.move(1)
    assert choices.marked == "BGD"


@pytest.mark.parametrize("code", MANY)
def test_the_marked_code_is_in_sight(code: str) -> None:
    choices = many()
    choices.mark(code)
    lines = texts(list(choices.lines(40, 3, Palette(Colours.NONE))))
    assert len(lines) == 3
    assert sum(f">{MANY[code]}" in line for line in lines) == 1
    assert all(width_of(line.rstrip()) <= 40 for line in lines)


def test_what_is_taken_is_shown_by_a_sign() -> None:
    choices = few()
    choices.mark("death")
    (line,) = texts(list(choices.lines(80, 3, Palette(Colours.FULL), taken=["death", "error"])))
    assert line.split() == ["1", "出生", ">2", "*", "死亡", "3", "*", "誤記"]
