"""Planted texts that nobody may find again, and the search for them in every way in which a text may be written."""

import base64
import json
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

CANARIES: Final = (
    "ZZYX QUILLFEATHER",
    "鵺野　葛城",
    "ヌエノ カツラギ",
    "東京都新宿区架空町九丁目88番77号",
    "QX90817263ZK",
    "9081726354",
    "その氏名は誤りです",
)
"""A name in letters, in kanji and in kana, an address, a card number, a subject key, and a reason."""


# Half-width kana by what they stand for; the voicing marks stand for themselves.
_HALF_WIDTH: Final = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF61, 0xFFA0)}


@cache
def spellings(text: str) -> frozenset[bytes]:
    """Return the ways in which a text may lie somewhere readable."""
    narrow = unicodedata.normalize("NFKC", text)
    half_width = "".join(_HALF_WIDTH.get(item, item) for item in unicodedata.normalize("NFD", narrow))
    found: set[bytes] = set()
    for item in {text, narrow, half_width, text.lower(), unicodedata.normalize("NFD", text)}:
        raw = item.encode()
        found |= {raw, item.encode("utf-16-le"), item.encode("utf-16-be")}
        found |= {item.encode("cp932", "replace"), item.encode("euc_jp", "replace")}
        found |= {raw.hex().encode(), raw.hex().upper().encode(), quote(item).encode()}
        found |= {json.dumps(item)[1:-1].encode(), *_in_base64(raw)}
    return frozenset(item for item in found if item.count(b"?") < 3)


def _in_base64(raw: bytes) -> set[bytes]:
    """Return what of the bytes stands in base64 whatever comes before and after, for each of the three alignments."""
    return {
        base64.b64encode(bytes(before) + raw)[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6] for before in range(3)
    }


def found_in(kept: bytes, canaries: Iterable[str]) -> list[str]:
    """Return which canaries can be read out of some bytes."""
    return [canary for canary in canaries if any(form in kept for form in spellings(canary))]


def files_with(places: Iterable[Path], canaries: Iterable[str]) -> list[tuple[str, str]]:
    """Return every file below these places in which a canary can be read, with the canary.

    A server at work removes and renames its files. What went away under the eyes that look for it may lie elsewhere
    by now, where they have already looked; so they look once more from the beginning.
    """
    places, canaries = list(places), list(canaries)
    while True:
        try:
            files = [path for place in places for path in place.rglob("*") if path.is_file()]
            return [(path.name, canary) for path in files for canary in found_in(path.read_bytes(), canaries)]
        except FileNotFoundError:
            continue
