"""Where systems hand files in: what the settings say of each place, and whose files are taken in there."""

import getpass
from pathlib import Path

import pytest

from console.configuration.handins import HandinSettings, place_of, refuse_unfit
from console.errors import (
    HandinExposed,
    HandinForeign,
    HandinOwnerless,
    HandinUnreadable,
    SettingAbsent,
    SettingsFault,
    SettingsInvalid,
    SettingsUnknown,
)
from console.settings import FILE_NAME, Settings, dump, names
from tests.console.test_settings import GOOD, toml

FIRST = '[[handin]]\ndirectory = "/srv/juki"\nowner = "juki"\npurpose = "住民記録からの異動"\nlayout = "juki"\n'
SECOND = '[[handin]]\ndirectory = "/srv/hanei"\nowner = "_hanei-1"\npurpose = "反映結果"\n'


def parsed(text: str) -> Settings:
    return Settings.parse(toml(GOOD) + text, Path(FILE_NAME))


def test_a_terminal_has_none_one_or_several_places() -> None:
    assert parsed("").handin == ()
    settings = parsed(FIRST + SECOND)
    assert [(place.directory, place.owner, place.layout) for place in settings.handin] == [
        ("/srv/juki", "juki", "juki"),
        ("/srv/hanei", "_hanei-1", ""),
    ]
    # And a file that is written from them says the same.
    about = dict.fromkeys(names(), "about")
    assert Settings.parse(dump(settings, about), Path(FILE_NAME)) == settings


@pytest.mark.parametrize(
    ("wrong", "error", "setting"),
    [
        ('directory = "srv"', SettingsInvalid, "handin.directory"),
        ('directory = ""', SettingsInvalid, "handin.directory"),
        ('owner = "Juki"', SettingsInvalid, "handin.owner"),
        ('owner = ""', SettingsInvalid, "handin.owner"),
        (f'purpose = "{"字" * 41}"', SettingsInvalid, "handin.purpose"),
        ('purpose = ""', SettingsInvalid, "handin.purpose"),
        ('layout = "../juki"', SettingsInvalid, "handin.layout"),
        ("layout = 1", SettingsInvalid, "handin.layout"),
        ('system = "juki"', SettingsUnknown, "handin.system"),
    ],
)
def test_what_is_wrong_in_one_of_them_is_named_with_its_line(
    wrong: str, error: type[SettingsFault], setting: str
) -> None:
    name = wrong.partition(" ")[0]
    lines = [line for line in SECOND.splitlines() if not line.startswith(f"{name} ")]
    text = FIRST + "\n".join([*lines, wrong]) + "\n"
    with pytest.raises(error) as refused:
        parsed(text)
    assert refused.value.facts["setting"] == setting
    # In the second table, not where the first one has the same setting.
    line = int(refused.value.facts["place"].rpartition(":")[2])
    assert (toml(GOOD) + text).splitlines()[line - 1] == wrong
    assert "at" not in refused.value.facts


def test_what_has_no_default_must_be_said_and_one_table_is_not_enough() -> None:
    with pytest.raises(SettingAbsent) as absent:
        parsed('[[handin]]\ndirectory = "/srv/juki"\n')
    assert absent.value.facts["setting"] == "handin.owner"
    for single in ("[handin]\n", "handin = 3\n"):
        with pytest.raises(SettingsInvalid) as refused:
            Settings.parse(single + toml(GOOD) if "=" in single else toml(GOOD) + single, Path(FILE_NAME))
        assert refused.value.facts["wanted"] == "[[handin]]"


def test_a_file_belongs_to_the_innermost_place_it_lies_in(tmp_path: Path) -> None:
    me, inner = getpass.getuser(), tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    outer_place, inner_place = (
        HandinSettings(directory=str(directory), owner=me, purpose="x") for directory in (inner.parent, inner)
    )
    places = (outer_place, inner_place)
    for file, place in ((inner / "a.csv", inner_place), (inner.parent / "a.csv", outer_place), (tmp_path / "b", None)):
        file.touch()
        assert place_of(places, file) is place
    # A link that leads out hands nothing in, and one that leads in does.
    (inner / "out").symlink_to(tmp_path / "b")
    (tmp_path / "in").symlink_to(inner / "a.csv")
    assert (place_of(places, inner / "out"), place_of(places, tmp_path / "in")) == (None, inner_place)
    # Whether there is such a file, its reader says.
    assert place_of(places, inner / "missing.csv") is inner_place


def test_a_file_of_another_account_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    place = HandinSettings(directory=str(tmp_path), owner="nobody", purpose="x")
    with pytest.raises(HandinForeign) as refused:
        place_of([place], tmp_path / "a.csv")
    assert refused.value.facts == {"file": "a.csv", "owner": "nobody"}


@pytest.mark.parametrize(
    ("mode", "owner", "fault"),
    [
        (0o755, "nobody", None),
        (0o775, "nobody", None),
        # Sticky: everybody may put files there, and nobody touches those of others.
        (0o1777, "nobody", None),
        (0o777, "nobody", HandinExposed),
        (0o757, "nobody", HandinExposed),
        (0o755, "no-such-account", HandinOwnerless),
        (None, "nobody", HandinUnreadable),
    ],
)
def test_a_place_that_shows_nothing_is_refused_before_any_file_of_it(
    tmp_path: Path, mode: int | None, owner: str, fault: type[Exception] | None
) -> None:
    directory = tmp_path / "place"
    if mode is not None:
        directory.mkdir()
        directory.chmod(mode)
        (directory / "a.csv").touch()
    place = HandinSettings(directory=str(directory), owner=owner, purpose="x")
    if fault is None:
        refuse_unfit(place)
        return
    with pytest.raises(fault):
        refuse_unfit(place)
    if mode is not None:
        with pytest.raises(fault):
            place_of([place], directory / "a.csv")
