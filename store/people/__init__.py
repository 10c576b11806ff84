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
from store.people.details import DETAILS, Details, details_of
from store.people.drafts import DRAFTS
from store.people.persons import (
    PERSONS,
    Coming,
    IdStanding,
    Person,
    Terms,
    add_person,
    hash_new_pin,
    kept_pin,
    person,
    persons,
    rebind_pin,
    set_details,
    set_pin,
    set_roles,
    set_standing,
    set_validity,
)
from store.people.pins import Pepper, check_pin_policy, draw_pin
from store.people.sessions import (
    LEASE,
    SESSIONS,
    OpenSession,
    abandoned_sessions,
    close_session,
    open_session,
    open_sessions_of,
    touch_session,
)
from store.rights import RIGHTS, Right, Role, rights_of

TABLES = (PERSONS, DETAILS, ATTEMPTS, SESSIONS, DRAFTS)

__all__ = [
    "LEASE",
    "RIGHTS",
    "TABLES",
    "Attempt",
    "Coming",
    "Details",
    "IdStanding",
    "OpenSession",
    "Outcome",
    "Pepper",
    "Person",
    "Right",
    "Role",
    "Terms",
    "abandoned_sessions",
    "add_person",
    "begin_attempt",
    "check_pin_policy",
    "close_session",
    "details_of",
    "draw_pin",
    "failures_of",
    "finish_attempt",
    "hash_new_pin",
    "is_locked",
    "kept_pin",
    "open_session",
    "open_sessions_of",
    "person",
    "persons",
    "rebind_pin",
    "rights_of",
    "set_details",
    "set_pin",
    "set_roles",
    "set_standing",
    "set_validity",
    "touch_session",
    "unlock",
]
