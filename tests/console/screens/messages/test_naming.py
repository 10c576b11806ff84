"""Items and values have names in both languages, and dates are written as Japanese documents write them."""

from datetime import date

import pytest

from console.screens.messages.naming import Naming
from console.words import Language, Words

DAY = date(2026, 11, 23)


def naming(language: Language = "ja", kind: str = "resident_record") -> Naming:
    return Naming(Words(language), kind, DAY)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_item_has_its_name_wherever_it_is_in_the_record(language: Language) -> None:
    names = naming(language)
    assert names.label("person.name") not in {"", "person.name"}
    assert names.label("corrected[1]") == names.label("corrected")
    # What no catalogue names is shown as it is.
    assert names.label("no.such.item") == "no.such.item"


def test_a_value_is_shown_in_words() -> None:
    names, words = naming(), Words("ja")
    assert names.value("card_pending", value=True) == words("items.value.true")
    assert names.value("card_number", value=None) == words("message.value.absent")
    assert names.value("card_number", value="AB12345678CD") == "AB12345678CD"
    both = names.value("corrected", value=["name", "address"])
    assert both == words("head.between").join(names.value("corrected", value=name) for name in ("name", "address"))


def test_a_country_is_shown_with_its_code_and_found_in_the_other_language() -> None:
    japanese, english = naming(), naming("en")
    assert japanese.value("person.nationality", value="VNM").endswith("  (VNM)")
    assert japanese.value("nationality", value="VNM") == japanese.value("person.nationality", value="VNM")
    assert japanese.others("person.nationality", "VNM")[0] in english.value("person.nationality", value="VNM")
    assert "アメリカ" in japanese.others("person.nationality", "USA")
    assert japanese.others("person.nationality", "no code") == ()


def test_only_documents_dates_are_in_the_era() -> None:
    names = naming()
    assert "令和8年" in names.day("basis.reported_on", "2026-11-19")
    assert "令和" not in names.day("person.birth_date", "2026-11-19")
    assert names.day("basis.reported_on", "no date") == "no date"
    assert naming("en").day("basis.reported_on", "2026-11-19") == "2026-11-19"


def test_a_date_that_is_typed_has_its_era_beside_it() -> None:
    assert "令和8年" in naming().era("basis.reported_on", "2026-11-19")
    assert naming("en").era("basis.reported_on", "2026-11-19") == "Reiwa 8"
    assert naming("en").era("person.birth_date", "2026-11-19") == ""
    assert naming().era("basis.reported_on", "2026-11-") == ""
