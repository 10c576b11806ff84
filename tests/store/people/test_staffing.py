"""Whom one person can be counted upon for, and which IDs and roles are nobody's."""

from dataclasses import replace
from datetime import date

import pytest

from store.errors import PersonIdCommon, RolesClash
from store.people.persons import Coming, IdStanding, Person
from store.people.staffing import keeps, refuse_clash, refuse_common
from store.rights import Role, clashes

OFFICER = Person("ka-301", frozenset({Role.OFFICER}), pin_given=False, version=1)


@pytest.mark.parametrize(
    "change",
    [
        {"pin_given": True},
        {"standing": IdStanding.SUSPENDED},
        {"standing": IdStanding.ENDED},
        {"valid_from": date(2199, 1, 1)},
        {"valid_to": date(2199, 1, 1)},
        {"roles": frozenset({Role.APPROVER})},
        {"coming": Coming(frozenset({Role.APPROVER}), date(2199, 1, 1))},
    ],
)
def test_who_may_not_be_there_tomorrow_keeps_nothing(change: dict[str, object]) -> None:
    assert keeps(OFFICER, Role.OFFICER)
    assert not keeps(replace(OFFICER, **change), Role.OFFICER)  # type: ignore[arg-type]  # Each is a field of its own.


def test_ids_of_nobody_are_refused() -> None:
    refuse_common("op-104")
    for common in ("admin", "root", "operator", "test"):
        with pytest.raises(PersonIdCommon):
            refuse_common(common)


def test_who_judges_takes_no_part_and_who_enters_approves_only_where_two_decide() -> None:
    assert clashes([Role.AUDITOR, Role.CUSTODIAN], two_persons=True)
    assert not clashes([Role.AUDITOR], two_persons=True)
    for approving in (Role.APPROVER, Role.OFFICER):
        assert not clashes([Role.OPERATOR, approving], two_persons=True)
        assert clashes([Role.OPERATOR, approving], two_persons=False)
    planned = replace(OFFICER, coming=Coming(frozenset({Role.OFFICER, Role.AUDITOR}), date(2199, 1, 1)))
    with pytest.raises(RolesClash):
        refuse_clash(planned, two_persons=True)
