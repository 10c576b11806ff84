"""Which settings carry a protection, and what makes one value weaker than another."""

from dataclasses import replace

import pytest

from console import protections
from console.errors import SettingsInvalid
from console.settings import (
    LogSettings,
    MunicipalitySettings,
    ReviewSettings,
    SessionSettings,
    Settings,
    TerminalSettings,
    names,
    spelt,
)

SETTINGS = Settings(
    municipality=MunicipalitySettings(code="131041", name="a", name_en="a", section="a", section_en="a"),
    terminal=TerminalSettings(id="t-1"),
)


def test_the_list_is_no_accident() -> None:
    assert protections.names() == [
        "review.two_persons",
        "retention.content_days",
        "session.lock_seconds",
        "session.logoff_seconds",
        "log.keep_years",
    ]
    assert set(protections.names()) <= set(names())


def test_values_go_out_and_come_back() -> None:
    given = replace(SETTINGS, review=ReviewSettings(two_persons=False), log=LogSettings(keep_years=9))
    values = protections.values_of(given)
    assert values == {
        "review.two_persons": False,
        "retention.content_days": 0,
        "session.lock_seconds": 180,
        "session.logoff_seconds": 300,
        "log.keep_years": 9,
    }
    assert protections.with_values(SETTINGS, values) == given
    assert protections.with_values(given, {}) == given
    # What carries no protection stays as it is.
    other = replace(SETTINGS, language="en", review=ReviewSettings(overdue_hours=9))
    assert protections.with_values(other, protections.values_of(SETTINGS)) == other


@pytest.mark.parametrize(
    ("name", "value", "than"),
    [
        ("review.two_persons", False, True),
        ("retention.content_days", 366, 365),
        ("retention.content_days", 0, 365),
        ("session.lock_seconds", 181, 180),
        ("session.logoff_seconds", 301, 300),
        ("log.keep_years", 6, 7),
    ],
)
def test_a_weaker_value(name: str, value: protections.Value, than: protections.Value) -> None:
    assert protections.is_weaker(name, value, than)
    assert not protections.is_weaker(name, than, value)
    assert not protections.is_weaker(name, value, value)


def test_no_default_is_weaker_than_itself() -> None:
    for name, value in protections.values_of(SETTINGS).items():
        assert protections.default_of(name) == value
        assert not protections.is_weaker(name, value, protections.default_of(name))


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (0, "0"), (3600, "3600")])
def test_a_value_is_spelt_as_in_the_file(value: protections.Value, text: str) -> None:
    assert spelt(value) == text
    name = "review.two_persons" if isinstance(value, bool) else "session.lock_seconds"
    if value != 0 or isinstance(value, bool):
        read = protections.read(name, text)
        assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", ["", "1", '"true"', "null", "yes", "True"])
def test_what_was_never_a_value_is_not_read(text: str) -> None:
    with pytest.raises(SettingsInvalid):
        protections.read("review.two_persons", text)


@pytest.mark.parametrize("text", ["14", "3601", "true", "1.5", "[180]"])
def test_bounds_hold_for_what_is_in_force_as_well(text: str) -> None:
    assert SessionSettings().lock_seconds == 180
    with pytest.raises(SettingsInvalid):
        protections.read("session.lock_seconds", text)
