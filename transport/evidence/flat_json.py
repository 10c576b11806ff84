"""A quick reader and writer for flat JSON objects of plain texts: headers of envelopes, and bodies of receipts.

In canonical JSON (PROTOCOL.md, 1) the fields that differ from item to item come first in these objects. The other
fields are the same throughout a batch, so they are checked once and remembered. Reading an object this way takes little
more than a third of the general reader's time. It accepts exactly what the general reader accepts; anything unusual
falls back to that reader.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from transport import wire

# How many shared parts are remembered. There are few: a few parties with a few keys each. The limit keeps somebody who
# sends ever new ones from filling the memory.
_MOST_REMEMBERED: Final = 64


class Layout:
    """Which fields an object has, and the form of each: a regular expression of characters that JSON does not escape.

    `own` are the fields that differ from item to item, `shared` the fields that the items of a batch have in common.
    """

    def __init__(self, own: Mapping[str, str], shared: Mapping[str, str]) -> None:
        """Raise ValueError unless the own fields, and then the shared ones, are in canonical order."""
        if [*own, *shared] != sorted([*own, *shared]):
            raise ValueError("the fields of a layout have to be in canonical order")
        self._own_names: Final = tuple(own)
        self._shared_names: Final = tuple(shared)
        # Canonical JSON has one spelling, so a match of these expressions is the proof that the bytes are canonical.
        # No form admits a quote or a backslash: a value can never reach beyond its end.
        self._own: Final = re.compile(b"{" + _members(own) + b",")
        self._shared: Final = re.compile(_members(shared) + b"}")
        self._form: Final = b"{" + b"".join(b'"%b":"%%b",' % name.encode("ascii") for name in own)
        self._read_shared = lru_cache(_MOST_REMEMBERED)(self._parse_shared)
        self._write_shared = lru_cache(_MOST_REMEMBERED)(self._format_shared)

    def read(self, raw: bytes) -> dict[str, str] | None:
        """Return the fields of an object, read from its exact canonical bytes; None when it does not fit the layout."""
        match = self._own.match(raw)
        shared = self._read_shared(raw[match.end() :]) if match is not None else None
        if match is None or shared is None:
            return None
        own = (value.decode("ascii") for value in match.groups())
        # A new dictionary each time: the remembered one must not change when a caller changes its own.
        return {**shared, **dict(zip(self._own_names, own, strict=True))}

    def write(self, fields: Mapping[str, str]) -> bytes:
        """Return the canonical bytes of an object that has exactly these fields, whatever their values are."""
        shared = self._write_shared(tuple(fields[name] for name in self._shared_names))
        if shared is not None:
            own = self._form % tuple(_bytes(fields[name]) for name in self._own_names)
            # Checked after formatting: a value that would need an escape does not match.
            if self._own.fullmatch(own):
                return own + shared
        return wire.encode(fields)

    def _parse_shared(self, raw: bytes) -> dict[str, str] | None:
        match = self._shared.fullmatch(raw)
        if match is None:
            return None
        values = (value.decode("ascii") for value in match.groups())
        return dict(zip(self._shared_names, values, strict=True))

    def _format_shared(self, values: tuple[str, ...]) -> bytes | None:
        named = zip(self._shared_names, values, strict=True)
        raw = _bytes(",".join(f'"{name}":"{value}"' for name, value in named)) + b"}"
        return raw if self._shared.fullmatch(raw) else None


def _bytes(text: str) -> bytes:
    # A text that is not ASCII matches no form, so its bytes are never used. Surrogates are passed because the general
    # writer decides what can be written.
    return text.encode("utf-8", "surrogatepass")


def _members(forms: Mapping[str, str]) -> bytes:
    return ",".join(f'"{name}":"({form})"' for name, form in forms.items()).encode("ascii")
