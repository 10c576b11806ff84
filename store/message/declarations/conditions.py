"""The rules over several items that more than one kind has.

A rule is skipped where an item that it depends on is missing or faulty: that fault is reported at its own place.
"""

from collections.abc import Mapping
from typing import Any, Final

from store.message.codes import NUMBER_OWNERS
from store.message.declarations.findings import Findings

Group = Mapping[str, Any]

_CARD: Final = "card_number"


def settle(record: Group, field: str, presence: bool | None, findings: Findings, name: str) -> None:  # noqa: FBT001  # The three answers of a condition: must, must not, cannot be said.
    """Report an item that must be there and is not (`…_wanted`), or that is there and must not be (`…_unwanted`)."""
    if presence is True and field not in record:
        findings.add(field, f"{name}_wanted")
    elif presence is False and field in record:
        findings.add(field, f"{name}_unwanted")


def check_pointers(record: Group, findings: Findings) -> None:
    """Check that a message does not point at itself, and does not both cancel and replace an earlier one."""
    # Only a notice has `supersedes`; in a message of another kind it has been reported as an item of another kind.
    for field in ("cancels", "replaces", "supersedes"):
        if field in record and record[field] == record.get("reference"):
            findings.add(field, "reference_to_itself")
    if "cancels" in record and "replaces" in record:
        findings.add("replaces", "cancels_and_replaces")


def check_previous_address(record: Group, findings: Findings) -> None:
    """Warn of a previous address that is the present one: nobody moved."""
    previous, person = findings.sound(record, "previous_address"), record.get("person")
    if previous is not None and isinstance(person, dict) and previous == findings.sound(person, "address", "person."):
        findings.add("previous_address", "previous_address_same")


def check_numbers(record: Group, findings: Findings) -> None:
    """Check the number by category: that of the card, that of the certificate, or none."""
    category = findings.sound(record, "category")
    if category is None:
        return
    owned = {number: category == owner for number, owner in NUMBER_OWNERS.items()}
    pending = record.get("card_pending") is True
    if pending and not owned[_CARD]:
        findings.add("card_pending", "card_pending_unwanted")
    # A card that is delivered later may have a planned number or none yet. Where `card_pending` itself is at fault, it
    # cannot be said whether the number is missing.
    unsettled = owned[_CARD] and (pending or "card_pending" in findings.faulty)
    for number, wanted in owned.items():
        presence = None if unsettled and number == _CARD else wanted
        settle(record, number, presence, findings, number)


def check_pending(record: Group, *, allowed: bool, article: str, findings: Findings) -> None:
    """Check that a card is delivered later (後日交付) only where a landing port may not have delivered it."""
    if not allowed and record.get("card_pending") is True:
        findings.add("card_pending", "card_pending_not_landing", article=article)
