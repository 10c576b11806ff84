"""What an exchange did with one item, as a person reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One message or notice of an exchange.

    `id` is its number here (None: it was not taken in), `outcome` a key of the catalogue `exchange.outcomes`, `code`
    says why where it did not go well, and `incident` is the number of the technical record: of this terminal's where
    the terminal refused something, of the peer's where the peer did.
    """

    id: int | None
    reference: str | None
    outcome: str
    code: str | None = None
    incident: str | None = None
