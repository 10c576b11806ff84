"""The people of the terminal: who they are, what they may do, how they log on, and the sessions they open."""

from store.people.attempts import (
    ATTEMPTS,
    Attempt,
    Outcome,
    begin_attempt,
    failures_of,
    finish_attempt,
    is_locked,
    unlock,
)
from store.people.drafts import DRAFTS
from store.people.persons import (
    PERSONS,
    Person,
    add_person,
    hash_new_pin,
    kept_pin,
    person,
    persons,
    rebind_pin,
    set_active,
    set_pin,
    set_roles,
)
from store.people.pins import Pepper, check_pin_policy, draw_pin
from store.people.sessions import (
    LEASE,
    SESSIONS,
    OpenSession,
    abandoned_sessions,
    close_session,
    open_session,
    touch_session,
)
from store.rights import RIGHTS, Right, Role, rights_of

TABLES = (PERSONS, ATTEMPTS, SESSIONS, DRAFTS)

__all__ = [
    "LEASE",
    "RIGHTS",
    "TABLES",
    "Attempt",
    "OpenSession",
    "Outcome",
    "Pepper",
    "Person",
    "Right",
    "Role",
    "abandoned_sessions",
    "add_person",
    "begin_attempt",
    "check_pin_policy",
    "close_session",
    "draw_pin",
    "failures_of",
    "finish_attempt",
    "hash_new_pin",
    "is_locked",
    "kept_pin",
    "open_session",
    "person",
    "persons",
    "rebind_pin",
    "rights_of",
    "set_active",
    "set_pin",
    "set_roles",
    "touch_session",
    "unlock",
]
