"""The one byte form of a message: JSON with sorted keys, no spaces, in UTF-8 (the idea of RFC 8785).

Two records with the same content give the same bytes, so a digest tells whether a content changed. Texts pass through
unchanged, code point by code point: nothing is normalised, and only what JSON requires is escaped.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson

from store.message.errors import ContentDamaged
from store.message.groups import Record

# The bytes are those that `json` writes with sorted keys and without spaces, in an eighth of the time.
_FORM: Final = orjson.OPT_SORT_KEYS


def encode(record: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a record whose message was checked.

    Raises TypeError for a lone surrogate and for a value that JSON cannot hold. No checked message contains either, and
    none contains a fraction.
    """
    return orjson.dumps(record, option=_FORM)


def decode(data: bytes) -> Record:
    """Return the record that `encode` made the bytes from.

    Raises ContentDamaged when the bytes are not a JSON object in UTF-8.
    """
    try:
        record = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        # Brackets that nest too deeply end in a RecursionError, which is damage as well.
        raise ContentDamaged from error
    if not isinstance(record, dict):
        raise ContentDamaged
    return record
