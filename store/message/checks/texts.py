"""Names and addresses that can hardly be right: warnings on texts that each have no forbidden character.

Somebody who was interrupted leaves 「ベト」 for an address, and a name from an application form has small letters,
while a card has capitals alone. Only what this terminal sends is judged so: a notice says what the agency itself holds.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from store.message import tables
from store.message.codes import OUTGOING, Kind
from store.message.declarations.findings import Findings

_SHORTEST: Final = 5  # characters: 港区芝1番 has no more
_ANY_MUNICIPALITY: Final = re.compile(r"\s*\S{1,14}?[市区町村]")


def check_texts(record: Mapping[str, Any], kind: Kind, findings: Findings) -> None:
    """Warn of small letters in a name, and of addresses that are no addresses of the municipality."""
    if kind not in OUTGOING:
        return
    person = record.get("person")
    if isinstance(person, dict):
        _check_name(findings.sound(person, "name", "person."), findings)
        ours = _beginning(findings.municipality, findings.day)
        _check_address(findings.sound(person, "address", "person."), "person.address", ours, findings)
    # Somebody may have come from anywhere in the country.
    _check_address(findings.sound(record, "previous_address"), "previous_address", _ANY_MUNICIPALITY, findings)


def _check_name(name: object, findings: Findings) -> None:
    if not isinstance(name, str) or name.upper() == name:
        return
    # The small letters of `&amp;` are no letters of the name: that is told already.
    if all(finding.rule != "text_escaped" for finding in findings.findings):
        findings.add("person.name", "name_small_letters")


def _check_address(address: object, field: str, beginning: re.Pattern[str], findings: Findings) -> None:
    if not isinstance(address, str):
        return
    if len(address.strip()) < _SHORTEST:
        findings.add(field, "address_short")
    elif beginning.match(address) is None:
        findings.add(field, "address_without_municipality")


@lru_cache(maxsize=16)
def _beginning(municipality: str, day: date) -> re.Pattern[str]:
    """Return how the addresses of the municipality begin; the prefecture and a district (郡) may be left out."""
    # Residents of this municipality live in it: whoever left is told with the address they left. A terminal whose table
    # does not have its own municipality is content with any.
    ours = tables.municipalities().at(municipality, day)
    if ours is None:
        return _ANY_MUNICIPALITY
    return re.compile(rf"\s*(?:{re.escape(ours.prefecture)}\s*)?(?:\S{{1,4}}郡)?{re.escape(ours.ja)}")
