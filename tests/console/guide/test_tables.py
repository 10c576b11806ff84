"""The tables of the guide hold everything that the program declares."""

import pytest

from console.commands.failures import ExitStatus
from console.guide import tables
from console.protections import names as protections
from console.settings import declarations, default_of
from console.words import LANGUAGES, Language, Words
from store.log import Event
from store.message.files.layouts import DELIMITERS, ENCODINGS
from store.message.files.translation import DateForm
from store.rights import RIGHTS, Right


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_with_bounds_and_default(language: Language) -> None:
    words = Words(language)
    blocks, name = dict[str, str](), ""
    for row in tables.settings(words):
        if row.startswith(" "):
            # Lines are broken at blanks, or between wide characters.
            blocks[name] += row.replace(" ", "")
        else:
            blocks[name := row] = ""
    assert list(blocks) == [each for each, _ in declarations()]
    for each, entry in declarations():
        default = default_of(entry)
        assert entry.metadata["wanted"].replace(" ", "") in blocks[each]
        assert default is None or default.replace(" ", "") in blocks[each]
        protects = words("guide.setting_protects").replace(" ", "")
        assert (protects in blocks[each]) == (each in protections())


def test_every_choice_of_a_layout() -> None:
    text = "\n".join(tables.layouts(Words("en")))
    assert all(choice in text for choice in (*ENCODINGS, *DELIMITERS, *DateForm))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_status_and_event(language: Language) -> None:
    words = Words(language)
    text = "\n".join(tables.roles(words))
    assert all(f"({role})" in text for role in RIGHTS)
    assert sum(len(rights) for rights in RIGHTS.values()) == text.count("- ")
    assert all(words(f"rights.{right}").split()[0] in text for right in Right)
    statuses = list(tables.statuses(words))
    assert [line.split()[0] for line in statuses if line.strip()[0].isdigit()] == [
        str(int(each)) for each in ExitStatus
    ]
    codes = [line.split()[0] for line in tables.events(words)][1:]
    assert codes == [str(event) for event in Event]
