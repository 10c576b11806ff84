"""Objects on the line that hold plain texts alone: headers of envelopes, and what receipts say.

In canonical JSON (PROTOCOL.md, 1) the fields that are an item's own come first in them; the others are the same
throughout a batch, and looked at once. So reading one takes little more than a third of what the general reader takes,
and lets the same through; what is not as usual is left to that reader.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from transport import wire

# Parts that many items share: of a few parties, with a few keys each.
_KEPT: Final = 64


class Layout:
    """Which fields an object has, and the form of each: a regular expression of characters that JSON does not escape.

    `own` are those that differ from item to item, `shared` those that items have in common.
    """

    def __init__(self, own: Mapping[str, str], shared: Mapping[str, str]) -> None:
        """Raise ValueError unless the own fields, and then the shared ones, are in canonical order."""
        if [*own, *shared] != sorted([*own, *shared]):
            raise ValueError("the fields of a layout stand in canonical order")
        self._own_names: Final = tuple(own)
        self._shared_names: Final = tuple(shared)
        self._own: Final = re.compile(b"{" + _members(own) + b",")
        self._shared: Final = re.compile(_members(shared) + b"}")
        self._form: Final = b"{" + b"".join(b'"%b":"%%b",' % name.encode("ascii") for name in own)
        self._read_shared = lru_cache(_KEPT)(self._texts_shared)
        self._write_shared = lru_cache(_KEPT)(self._bytes_shared)

    def read(self, raw: bytes) -> dict[str, str] | None:
        """Return the fields of an object in exactly its canonical bytes; None when they are not of this layout."""
        found = self._own.match(raw)
        shared = self._read_shared(raw[found.end() :]) if found is not None else None
        if found is None or shared is None:
            return None
        own = (value.decode("ascii") for value in found.groups())
        return {**shared, **dict(zip(self._own_names, own, strict=True))}

    def write(self, fields: Mapping[str, str]) -> bytes:
        """Return the canonical bytes of an object that has exactly these fields, whatever is in them."""
        shared = self._write_shared(tuple(fields[name] for name in self._shared_names))
        if shared is not None:
            own = self._form % tuple(_bytes(fields[name]) for name in self._own_names)
            if self._own.fullmatch(own):
                return own + shared
        return wire.encode(fields)

    def _texts_shared(self, raw: bytes) -> dict[str, str] | None:
        found = self._shared.fullmatch(raw)
        if found is None:
            return None
        values = (value.decode("ascii") for value in found.groups())
        return dict(zip(self._shared_names, values, strict=True))

    def _bytes_shared(self, values: tuple[str, ...]) -> bytes | None:
        named = zip(self._shared_names, values, strict=True)
        raw = _bytes(",".join(f'"{name}":"{value}"' for name, value in named)) + b"}"
        return raw if self._shared.fullmatch(raw) else None


def _bytes(text: str) -> bytes:
    # Whatever is not ASCII fits no form; that it can be written at all is the general writer's matter.
    return text.encode("utf-8", "surrogatepass")


def _members(forms: Mapping[str, str]) -> bytes:
    return ",".join(f'"{name}":"({form})"' for name, form in forms.items()).encode("ascii")
