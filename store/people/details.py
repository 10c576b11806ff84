"""What is known of a person besides the ID: name, staff number (職員番号) and why the ID stands as it does, sealed.

The row of the person names the version in force, and the seal of the details is bound to person and version: an older
one that somebody puts back does not open.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select
from sqlmodel import Field, SQLModel

from store.errors import PersonNameBad, PersonReasonBad, SealBroken, StaffNumberBad
from store.people.persons import PERSONS, Person
from store.schema import table
from store.sealing.vault import Place, Sealed, Vault

LONGEST_NAME: Final = 40
LONGEST_REASON: Final = 40
_NUMBER: Final = re.compile(r"[0-9A-Z-]{1,16}")


class PersonDetailsRow(SQLModel, table=True):
    """The sealed details of a person. They decide nothing; the pseudonym of the number is in the row of the person."""

    __tablename__ = "person_details"

    person: str = Field(primary_key=True, foreign_key="person.id")
    version: int
    ciphertext: bytes
    wrapped_key: bytes


DETAILS: Final = table(PersonDetailsRow)


@dataclass(frozen=True, slots=True)
class Details:
    """Name and staff number; empty where an older program registered the person. `reason` is why an ID is suspended."""

    name: str = ""
    staff_number: str = ""
    reason: str = ""


NOBODYS: Final = Details()


def staff_number(typed: str) -> str:
    """Return a staff number as it is kept: half-width, in capitals. Raises StaffNumberBad."""
    # An input method that was left on types full-width digits, and a slip of it must not make another person.
    number = unicodedata.normalize("NFKC", typed).strip().upper()
    if not _NUMBER.fullmatch(number):
        raise StaffNumberBad
    return number


def person_name(typed: str) -> str:
    """Return a name as it is kept, with single blanks. Raises PersonNameBad."""
    # Blanks of any width are one: what looks alike is kept alike.
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PersonNameBad(most=LONGEST_NAME)
    return name


def reason(typed: str) -> str:
    """Return a reason as it is kept. Raises PersonReasonBad."""
    text = " ".join(typed.split())
    if len(text) > LONGEST_REASON or not text.isprintable():
        raise PersonReasonBad(most=LONGEST_REASON)
    return text


def staff_pseudonym(vault: Vault, number: str) -> str:
    """Return what stands for a staff number in the row of its person."""
    return vault.pseudonym("staff", number)


def details_place(row: Any) -> Place:
    """Return where the details of a person are sealed for: the person, and the version."""
    return Place(DETAILS.name, "content", row.person, row.version)


def put_details(tx: Connection, vault: Vault, person_id: str, version: int, details: Details) -> None:
    """Seal the details of a person in the place of those before."""
    content = json.dumps(asdict(details), ensure_ascii=False).encode()
    sealed = vault.seal(content, place=Place(DETAILS.name, "content", person_id, version))
    # Nothing of the name or number before stays.
    tx.execute(delete(DETAILS).where(DETAILS.c.person == person_id))
    values = {"person": person_id, "version": version}
    tx.execute(insert(DETAILS), {**values, "ciphertext": sealed.ciphertext, "wrapped_key": sealed.wrapped_key})


def details_of(conn: Connection, vault: Vault, known: Person) -> Details:
    """Return the details of a person. Raises SealBroken when they are not those that the person's row names."""
    if known.details is None:
        return NOBODYS
    row = conn.execute(select(DETAILS).where(DETAILS.c.person == known.id)).one_or_none()
    return _opened(vault, known.id, known.details, row)


def all_details(conn: Connection, vault: Vault, people: Iterable[Person]) -> Mapping[str, Details]:
    """Return the details of many people by ID. Raises SealBroken."""
    # At once: a register has dozens of people, and a look each would cost dozens of round trips.
    rows = {row.person: row for row in conn.execute(select(DETAILS))}
    return {
        each.id: NOBODYS if each.details is None else _opened(vault, each.id, each.details, rows.get(each.id))
        for each in people
    }


def unsound_details(conn: Connection, vault: Vault) -> Iterator[tuple[str, bool]]:
    """Yield everybody who has details, and whether these are not as the row of the person names them."""
    rows = {row.person: row for row in conn.execute(select(DETAILS))}
    for person_id, version in conn.execute(select(PERSONS.c.id, PERSONS.c.details)):
        # Whom an older program registered has none; details that somebody else put there are named.
        if version is None and person_id not in rows:
            continue
        try:
            _opened(vault, person_id, version, rows.get(person_id))
        except SealBroken:
            yield person_id, True
        else:
            yield person_id, False


def _opened(vault: Vault, person_id: str, version: object, row: Row[Any] | None) -> Details:
    # The row of the person is sealed and its version is in the log; these here are neither.
    if row is None or row.version != version:
        raise SealBroken(table=DETAILS.name, column="content", row=person_id)
    content = vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=details_place(row))
    return Details(**json.loads(content))
