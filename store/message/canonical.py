"""The one byte form of a message: JSON with sorted keys, no spaces, UTF-8 (after RFC 8785's idea).

Texts pass through unchanged, code point by code point: nothing is normalised and nothing is escaped
that JSON does not ask to be escaped. Two records with the same content give the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

from store.message.errors import ContentDamaged
from store.message.groups import Record

_encode_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def encode(record: Mapping[str, Any]) -> bytes:
    """Give the canonical bytes of a record whose message was checked.

    Raises UnicodeEncodeError for a lone surrogate and TypeError or ValueError for what JSON cannot
    hold; no checked message holds either.
    """
    return _encode_text(record).encode()


def decode(data: bytes) -> Record:
    """Give the record that `encode` made the bytes from.

    Raises ContentDamaged when the bytes are no JSON object in UTF-8.
    """
    try:
        record = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ContentDamaged from error
    if not isinstance(record, dict):
        raise ContentDamaged
    return record
