"""How the items of a message and their values are called: by the catalogues, and by the store's dated tables.

Dates are shown as Japanese papers write them: in the era, but for birth and expiry.
"""

import re
from datetime import date
from typing import Final

from console.words import Words

_CODES_SHOWN: Final = frozenset({"person.nationality", "municipality"})
_INDEX: Final = re.compile(r"\[[0-9]+\]")


class Naming:
    """Names for a message of one kind, as they are on one day."""

    def __init__(self, words: Words, kind: str, day: date) -> None:
        self._words = words
        self._kind = kind
        self._day = day

    def label(self, field: str) -> str:
        """Return the name of an item; what it is called may differ by kind, and lists have items of their own."""
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
            return words("head.between").join(self.value(field, one) for one in value)
        text = str(value)
        for place in (field, f"person.{field}"):
            if words.has(f"items.value.{place}.{text}"):
                return words(f"items.value.{place}.{text}")
        return self._dated_name(field, text) or self._shown_moment(text) or self.day(field, text)

    def day(self, field: str, text: str) -> str:
        """Return a date in words; a text that is no date comes back as it is."""
        from store.message.dates import display_date, shows_era

        return display_date(text, era=shows_era(field)) if self._words.language == "ja" else text

    def other(self, field: str, code: str) -> str:
        """Return the name of a dated code in the language that is not in hand."""
        from store.message.checks.items import name_of

        return name_of(field, code, self._day, "en" if self._words.language == "ja" else "ja") or ""

    def era(self, field: str, text: str) -> str:
        """Return what stands beside a date while it is typed: as papers have it, or its year in the era."""
        from store.message import tables
        from store.message.dates import display_date, parse_day, parse_parts, shows_era

        if parse_parts(text) is None:
            return ""
        if self._words.language == "ja":
            return display_date(text, era=shows_era(field))
        day = parse_day(text) if shows_era(field) else None
        era = next((one for one in tables.eras() if day is not None and one.covers(day)), None)
        return "" if era is None or day is None else f"{era.en} {day.year - era.first_year + 1}"

    def _dated_name(self, field: str, code: str) -> str | None:
        from store.message.checks.items import name_of

        dated = "person.nationality" if field == "nationality" else field
        name = name_of(dated, code, self._day, self._words.language)
        return f"{name}  ({code})" if name and dated in _CODES_SHOWN else name

    def _shown_moment(self, text: str) -> str | None:
        from store.message.dates import parse_moment

        moment = parse_moment(text)
        return self._words.time(moment) if moment else None
