"""The settings that carry a protection: their values in the file, in force and by default, and what weakens them.

Each names in `console.settings` what makes one value weaker than another. A change of it in the file is pending until
an officer and a second person bring it into force. What tells where database and keys lie is no such setting: it has to
hold before anything in force can be read, and moving the key is an act of its own, with its entries.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import Field, replace
from types import MappingProxyType
from typing import Any, Final, cast

from console.settings import Settings, checked, declarations, invalid

Value = bool | int


_DECLARED: Final[Mapping[str, Field[Any]]] = MappingProxyType(
    {name: entry for name, entry in declarations() if "weaker" in entry.metadata}
)


def names() -> list[str]:
    """Return the dotted name of each setting that carries a protection."""
    return list(_DECLARED)


def values_of(settings: Settings) -> dict[str, Value]:
    """Return the values that `settings` give to them, by name."""
    return {name: getattr(getattr(settings, name.partition(".")[0]), entry.name) for name, entry in _DECLARED.items()}


def with_values(settings: Settings, values: Mapping[str, Value]) -> Settings:
    """Return `settings` with these values in the place of their own."""
    for name, value in values.items():
        section, _, item = name.partition(".")
        settings = replace(settings, **{section: replace(getattr(settings, section), **{item: value})})
    return settings


def default_of(name: str) -> Value:
    """Return the value of the setting `name` where the file says nothing."""
    # Every setting of this kind has a default.
    return cast("Value", _DECLARED[name].default)


def is_weaker(name: str, value: Value, than: Value) -> bool:
    """Tell whether the setting `name` protects less by `value` than by the other value."""
    weaker: Callable[[Value, Value], bool] = _DECLARED[name].metadata["weaker"]
    return weaker(value, than)


def read(name: str, text: str) -> Value:
    """Return the value that `spelt` made `text` of. Raises SettingsInvalid."""
    try:
        value = json.loads(text)
    except ValueError:
        raise invalid(name, text, _DECLARED[name].metadata["wanted"]) from None
    checked_value: Value = checked(name, value)
    return checked_value
