"""Who may do what: the roles, the rights, and the single table that joins them.

The keys of the screens and the commands read this table, and the jobs check it again. The module imports nothing heavy,
so that a screen can use it before the heavy libraries are loaded.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a person is at this terminal. A person may have several roles."""

    OPERATOR = "operator"  # 操作者
    APPROVER = "approver"  # 決裁者
    OFFICER = "officer"  # 情報セキュリティ責任者
    AUDITOR = "auditor"  # 監査者
    CUSTODIAN = "custodian"  # システム管理者


class Right(StrEnum):
    """One thing that a person may be allowed to do."""

    READ = "read"  # see the contents of messages
    ENTER = "enter"  # take in files, enter and correct messages
    APPROVE = "approve"  # approve, return, hold, release
    WITHDRAW = "withdraw"
    EXCHANGE = "exchange"  # send and receive
    CONFIRM = "confirm"  # confirm received notices and hand them on
    LOG = "log"  # see and verify the log
    EXPORT_LOG = "export_log"
    PEOPLE = "people"
    AGREE_PEOPLE = "agree_people"  # agree to a change of the register as the second person
    PEER = "peer"
    SETTINGS = "settings"  # see and check the terminal's settings
    PROTECTIONS = "protections"  # bring a changed setting that carries a protection into force
    AGREE_PROTECTIONS = "agree_protections"  # see those settings, and agree to a change as the second person
    INSTRUCT = "instruct"  # instruct the operators (protection measure 8)
    OUTAGE = "outage"  # declare that the line cannot be used
    FEED = "feed"  # set back how far the peer's feed was read
    CLOCK = "clock"  # let an exchange go on although the clocks of both sides are apart


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        # No role may both enter and approve: the two-person rule would otherwise be one role wide. A test says so.
        Role.OPERATOR: frozenset({Right.READ, Right.ENTER, Right.EXCHANGE, Right.CONFIRM}),
        Role.APPROVER: frozenset(
            {
                Right.READ,
                Right.APPROVE,
                Right.WITHDRAW,
                Right.EXCHANGE,
                Right.CONFIRM,
                Right.LOG,
                Right.AGREE_PEOPLE,
            }
        ),
        Role.OFFICER: frozenset(
            {
                Right.READ,
                Right.APPROVE,
                Right.EXCHANGE,
                Right.LOG,
                Right.EXPORT_LOG,
                Right.PEOPLE,
                Right.AGREE_PEOPLE,
                Right.INSTRUCT,
                Right.OUTAGE,
                Right.CLOCK,
                Right.FEED,
                Right.PROTECTIONS,
                Right.AGREE_PROTECTIONS,
            }
        ),
        # The auditor judges the work by its log, and takes no part in it.
        Role.AUDITOR: frozenset({Right.LOG, Right.EXPORT_LOG}),
        # The custodian keeps the machine running and sees no personal data.
        Role.CUSTODIAN: frozenset({Right.PEER, Right.SETTINGS, Right.AGREE_PROTECTIONS, Right.AGREE_PEOPLE}),
    }
)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return all rights of a person with these roles."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def clashes(roles: Iterable[Role], *, two_persons: bool) -> bool:
    """Tell whether these roles must not be one person's.

    Who judges the work takes no part in it. And who enters approves nothing, unless another person decides each time
    (`two_persons`, the setting): then whoever entered a message can never approve that one.
    """
    several, rights = frozenset(roles), rights_of(roles)
    judges = Role.AUDITOR in several and len(several) > 1
    return judges or (not two_persons and {Right.ENTER, Right.APPROVE} <= rights)
