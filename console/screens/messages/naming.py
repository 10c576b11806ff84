"""The names of a message's items and of their values, from the catalogues and from the dated tables of the store.

Dates are shown as Japanese documents write them: in the era, except for the dates of birth and expiry.
"""

import re
from datetime import date
from typing import Final

from console.words import Words
from store.clock import JAPAN
from store.message import tables
from store.message.checks.items import aliases_of, name_of
from store.message.dates import display_date, parse_day, parse_moment, parse_parts, shows_era

# The codes that people compare with other papers, so they are shown beside the name.
_CODES_SHOWN: Final = frozenset({"person.nationality", "municipality"})
_INDEX: Final = re.compile(r"\[[0-9]+\]")


class Naming:
    """Names for a message of one kind, as they are in force on one day."""

    def __init__(self, words: Words, kind: str, day: date) -> None:
        self._words = words
        self._kind = kind
        self._day = day

    def label(self, field: str) -> str:
        """Return the name of an item; `field` is its path, which may hold indices of lists.

        An item may have another name in one kind of message, and the items of a list have names besides.
        """
        plain = _INDEX.sub("", field)
        last = plain.rpartition(".")[2]
        for key in (f"field.{self._kind}.{last}", f"field.{plain}", f"group.{plain}", f"value.changes.item.{plain}"):
            if self._words.has(f"items.{key}"):
                return self._words(f"items.{key}")
        return field

    def value(self, field: str, value: object) -> str:
        """Return a value in words."""
        words = self._words
        if value is None:
            return words("message.value.absent")
        if isinstance(value, bool):
            return words(f"items.value.{str(value).lower()}")
        if isinstance(value, list):
            return words("head.between").join(self.value(field, element) for element in value)
        text = str(value)
        # The items of a person have their names under `person`, also where a message has them at its top.
        for place in (field, f"person.{field}"):
            if words.has(f"items.value.{place}.{text}"):
                return words(f"items.value.{place}.{text}")
        # What has no name in the catalogues may be a dated code, a moment or a day; all else is shown as it is.
        return self._dated_name(field, text) or self._shown_moment(text) or self.day(field, text)

    def day(self, field: str, text: str) -> str:
        """Return a date in words; a text that is no date comes back as it is."""
        return display_date(text, era=shows_era(field)) if self._words.language == "ja" else text

    def others(self, field: str, code: str) -> tuple[str, ...]:
        """Return what a dated code is called besides: in the other language, and by its aliases."""
        name = name_of(field, code, self._day, "en" if self._words.language == "ja" else "ja")
        return (*([name] if name else ()), *aliases_of(field, code, self._day))

    def era(self, field: str, text: str) -> str:
        """Return the note beside a date while it is typed: the date as documents write it, or its year in the era."""
        if parse_parts(text) is None:
            return ""
        if self._words.language == "ja":
            return display_date(text, era=shows_era(field))
        day = parse_day(text) if shows_era(field) else None
        era = next((era for era in tables.eras() if day is not None and era.covers(day)), None)
        return "" if era is None or day is None else f"{era.en} {day.year - era.first_year + 1}"

    def _dated_name(self, field: str, code: str) -> str | None:
        # The changes of a notice name the items of a person without their group.
        dated = "person.nationality" if field == "nationality" else field
        name = name_of(dated, code, self._day, self._words.language)
        return f"{name}  ({code})" if name and dated in _CODES_SHOWN else name

    def _shown_moment(self, text: str) -> str | None:
        moment = parse_moment(text)
        if moment is None:
            return None
        # As papers write the day: beside birthdays and reports in the era, another form would be read twice.
        at = moment.astimezone(JAPAN)
        return f"{self.day('occurred_at', at.date().isoformat())} {at:%H:%M}"
