import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from console.commands.rehearsal.render import with_local_fonts
from tests.running import run, run_program

README_PICTURE = Path(__file__).parents[4] / ".readme" / "queue.svg"
_SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{_SVG}text"))


def _addresses(svg: str) -> set[str]:
    return set(re.findall(r"https?://[^\s\"'<>]+", svg)) - {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    ("screen", "language", "wanted"),
    [("queue", "ja", "審査待ち"), ("queue", "en", "Reference"), ("login", "ja", "暗証番号"), ("log", "ja", "証跡")],
)
def test_a_screen_becomes_a_picture(tmp_path: Path, screen: str, language: str, wanted: str) -> None:
    file = tmp_path / "screen.svg"
    # Once as a program, and then in this process: each of them makes a world of its own, which is what takes long.
    ran = (run_program if screen == "login" else run)(
        "render", screen, "--language", language, "--size", "100x30", "--out", file, "--json"
    )
    assert (ran.status, ran.json) == (0, {"file": str(file)})
    svg = file.read_text(encoding="utf-8")
    assert wanted in "".join(text.text or "" for text in _texts(svg))
    assert _addresses(svg) == set()
    assert "font-face" not in svg


def test_every_run_of_characters_gets_its_cells() -> None:
    text = '<text class="c" x="12.2" y="20" textLength="61" clip-path="url(#a)">A審&amp;査B</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>'
    placed = [
        (element.text, float(element.attrib["x"]), float(element.attrib["textLength"]))
        for element in _texts(with_local_fonts(svg))
    ]
    assert [(text, round(x, 3), round(length, 3)) for text, x, length in placed] == [
        ("A", 12.2, 12.2),
        ("審", 24.4, 24.4),
        ("&", 48.8, 12.2),
        ("査", 61.0, 24.4),
        ("B", 85.4, 12.2),
    ]
    assert sum(cell_len(text or "") for text, _, _ in placed) == 7


def test_the_picture_of_the_readme_fetches_nothing() -> None:
    svg = README_PICTURE.read_text(encoding="utf-8")
    assert _addresses(svg) == set()
    assert "審" in "".join(text.text or "" for text in _texts(svg))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    ran = run("render", "login", "--out", tmp_path / "nowhere" / "x.svg", "--json")
    assert (ran.status, ran.error["code"]) == (4, "picture_unwritable")
    assert run("render", "login", "--size", "huge", "--out", tmp_path / "x.svg", "--json").status == 2
