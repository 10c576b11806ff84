"""Who may do what: no role is two persons in one, and asking takes nothing heavy.

It shows `store.endings` as well, which has to be as light.
"""

import subprocess
import sys
from itertools import combinations

import pytest

from store.endings import Ending
from store.rights import RIGHTS, Right, Role, rights_of


def test_every_role_has_rights_and_every_right_has_a_role() -> None:
    assert set(RIGHTS) == set(Role)
    assert rights_of(Role) == set(Right)
    assert all(RIGHTS.values())


def test_no_role_both_enters_and_approves() -> None:
    assert not [role for role in Role if {Right.ENTER, Right.APPROVE} <= RIGHTS[role]]


def test_the_auditor_and_the_custodian_see_no_message() -> None:
    for role in (Role.AUDITOR, Role.CUSTODIAN):
        assert not RIGHTS[role] & {Right.READ, Right.ENTER, Right.APPROVE, Right.EXCHANGE, Right.CONFIRM}


def test_several_roles_add_up() -> None:
    assert rights_of([]) == frozenset()
    for first, second in combinations(Role, 2):
        assert rights_of([first, second]) == RIGHTS[first] | RIGHTS[second]


@pytest.mark.parametrize("module", ["store.rights", "store.endings"])
def test_the_login_screen_waits_for_nothing_heavy(module: str) -> None:
    heavy = f"import sys, {module}; print(*sorted({{'sqlalchemy', 'cryptography', 'pydantic'}} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"


def test_endings_keep_the_names_that_the_log_has() -> None:
    assert [ending.value for ending in Ending] == [
        "log_off",
        "idle",
        "hang_up",
        "signal",
        "taken_away",
        "elsewhere",
        "crash",
    ]
