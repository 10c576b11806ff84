"""The sample of all settings: complete, at the defaults, and no terminal can be made with what it leaves open."""

import re
from pathlib import Path

import pytest

from console.configuration.sample import explanations, sample
from console.errors import SettingAbsent
from console.settings import FILE_NAME, Settings, declarations, default_of, names
from console.words import LANGUAGES, Language, Words
from tests.console.test_settings import GOOD, parse


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_setting_is_explained_with_bounds_and_default(language: Language) -> None:
    words = Words(language)
    text = sample(words)
    assert set(explanations(words)) == set(names())
    for name, entry in declarations():
        line = next(line for line in text.splitlines() if line.startswith(f"# {words(f'settings.{name}')}"))
        assert entry.metadata["wanted"] in line
        assert (default_of(entry) or "") in line


def test_what_has_no_default_is_left_open_and_refused_until_it_is_filled_in() -> None:
    text = sample(Words("en"))
    for name in ("code", "name", "name_en", "section", "section_en"):
        with pytest.raises(SettingAbsent) as refused:
            Settings.parse(text, Path(FILE_NAME))
        assert refused.value.facts["setting"] == f"municipality.{name}"
        text = re.sub(rf"^# {name} =$", f'{name} = "{GOOD["municipality"][name]}"', text, flags=re.MULTILINE)
    text = text.replace("# id =", f'id = "{GOOD["terminal"]["id"]}"')
    assert Settings.parse(text, Path(FILE_NAME)) == parse(GOOD)
