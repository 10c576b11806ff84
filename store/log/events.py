"""The closed list of events that the log can record. Their texts for people are in console/words/events.toml."""

from enum import StrEnum
from typing import Self

from store.message.states import InState, OutState, State


class EventClass(StrEnum):
    """The classes of the resident-record standard (住民記録システム標準仕様書, 証跡)."""

    AUTHENTICATION = "authentication"  # 認証
    OPERATION = "operation"  # 操作
    EVENT = "event"  # イベント
    COMMUNICATION = "communication"  # 通信
    EXPORT = "export"  # 印刷・出力
    SETTINGS = "settings"  # 設定変更
    ERROR = "error"  # エラー


class InDetail(StrEnum):
    """What only the detail of an entry tells. The value is its name there."""

    STATE = "to"


class Event(StrEnum):
    """One kind of entry, with the class that the standard puts it in. The part before the dot is what it is about.

    An event that changes the row of a message names the state after it: the rows of messages are held against that
    (`store.queue.proofs`). Where the same event leads to several states, the entry's detail tells which.
    """

    event_class: EventClass
    after: State | InDetail | None

    # The class has a default for type checkers only, to which the look-up `Event("message.read")` is a call like this.
    def __new__(cls, value: str, event_class: EventClass | None = None, after: State | InDetail | None = None) -> Self:
        """Make a member from its value, which is what entries hold, and from what is stored nowhere."""
        assert event_class is not None, f"{value} has no class"
        member = str.__new__(cls, value)
        member._value_ = value
        member.event_class = event_class
        member.after = after
        return member

    OPERATOR_LOGGED_ON = "operator.logged_on", EventClass.AUTHENTICATION
    OPERATOR_REFUSED = "operator.refused", EventClass.AUTHENTICATION
    OPERATOR_LOCKED = "operator.locked", EventClass.AUTHENTICATION
    # A right PIN that opened no session: to unlock the screen, or as the second person of an act.
    PIN_CONFIRMED = "pin.confirmed", EventClass.AUTHENTICATION
    OPERATOR_LOGGED_OFF = "operator.logged_off", EventClass.AUTHENTICATION
    # Somebody tried a wrong passphrase for the terminal's key. The log is closed then, so the entry follows later.
    KEY_REFUSED = "key.refused", EventClass.AUTHENTICATION

    MESSAGE_IMPORTED = "message.imported", EventClass.OPERATION, OutState.REVIEW
    # A file that takes several transactions: what its session imports in between is in the queue only once it is done.
    FILE_IMPORTING = "file.importing", EventClass.OPERATION
    FILE_IMPORTED = "file.imported", EventClass.OPERATION
    MESSAGE_ENTERED = "message.entered", EventClass.OPERATION, OutState.REVIEW
    MESSAGE_REVISED = "message.revised", EventClass.OPERATION, OutState.REVIEW
    MESSAGE_READ = "message.read", EventClass.OPERATION
    MESSAGE_SEARCHED = "message.searched", EventClass.OPERATION
    MESSAGE_APPROVED = "message.approved", EventClass.OPERATION, InDetail.STATE
    MESSAGE_RETURNED = "message.returned", EventClass.OPERATION, OutState.RETURNED
    MESSAGE_HELD = "message.held", EventClass.OPERATION, OutState.HELD
    MESSAGE_RELEASED = "message.released", EventClass.OPERATION, InDetail.STATE
    MESSAGE_BROUGHT_FORWARD = "message.brought_forward", EventClass.OPERATION, OutState.APPROVED
    MESSAGE_CALLED_OFF = "message.called_off", EventClass.OPERATION, OutState.WITHDRAWN
    MESSAGE_EVENT_CANCELLED = "message.event_cancelled", EventClass.OPERATION, OutState.WITHDRAWN
    MESSAGE_WITHDRAWN = "message.withdrawn", EventClass.OPERATION, OutState.WITHDRAWN
    MESSAGE_RESEALED = "message.resealed", EventClass.OPERATION, OutState.APPROVED
    NOTICE_READ = "notice.read", EventClass.OPERATION
    NOTICE_HELD = "notice.held", EventClass.OPERATION, InState.ON_HOLD
    NOTICE_TAKEN_UP = "notice.taken_up", EventClass.OPERATION, InState.RECEIVED
    NOTICE_CONFIRMED = "notice.confirmed", EventClass.OPERATION, InDetail.STATE
    NOTICE_APPLIED = "notice.applied", EventClass.OPERATION, InState.APPLIED
    NOTICE_NOT_APPLIED = "notice.not_applied", EventClass.OPERATION, InState.RETURNED
    NOTICE_SUPERSEDED = "notice.superseded", EventClass.OPERATION, InState.SUPERSEDED
    # Everything about one person on one page: the object is the pseudonym of the person, or the uid of a notice.
    RESIDENT_READ = "resident.read", EventClass.OPERATION
    # 支援措置: the object is the pseudonym of the person.
    RESIDENT_PROTECTED = "resident.protected", EventClass.OPERATION
    RESIDENT_UNPROTECTED = "resident.unprotected", EventClass.OPERATION
    # 下書き: the object is the draft. One that is registered ends with the entries about its messages.
    DRAFT_KEPT = "draft.kept", EventClass.OPERATION
    DRAFT_DISCARDED = "draft.discarded", EventClass.OPERATION
    ADDRESS_SHOWN = "address.shown", EventClass.OPERATION
    # Work on the log is itself in the log: an auditor sees who looked at it and who removed old entries.
    LOG_VERIFIED = "log.verified", EventClass.OPERATION
    LOG_READ = "log.read", EventClass.OPERATION
    LOG_PRUNED = "log.pruned", EventClass.OPERATION
    LOG_RESUMED = "log.resumed", EventClass.OPERATION
    ACCESS_DENIED = "access.denied", EventClass.OPERATION

    # Written before a batch leaves. If nothing follows it, the peer may or may not have the message.
    MESSAGE_SENDING = "message.sending", EventClass.COMMUNICATION, OutState.SENDING
    MESSAGE_DELIVERED = "message.delivered", EventClass.COMMUNICATION, OutState.DELIVERED
    MESSAGE_UNKNOWN = "message.unknown", EventClass.COMMUNICATION, OutState.UNKNOWN
    MESSAGE_REQUEUED = "message.requeued", EventClass.COMMUNICATION, OutState.APPROVED
    MESSAGE_ACCEPTED = "message.accepted", EventClass.COMMUNICATION, OutState.ACCEPTED
    MESSAGE_REFUSED = "message.refused", EventClass.COMMUNICATION, OutState.REFUSED
    MESSAGE_CONFLICT = "message.conflict", EventClass.COMMUNICATION, OutState.HELD
    # After the database was set back: the peer proves that it has a message that is here, or one that is not.
    MESSAGE_RECOVERED = "message.recovered", EventClass.COMMUNICATION, OutState.DELIVERED
    MESSAGE_LOST = "message.lost", EventClass.COMMUNICATION
    LOST_DECIDED = "lost.decided", EventClass.COMMUNICATION
    RECOVERY_DONE = "recovery.done", EventClass.COMMUNICATION
    NOTICE_RECEIVED = "notice.received", EventClass.COMMUNICATION, InState.RECEIVED
    NOTICE_ACKNOWLEDGED = "notice.acknowledged", EventClass.COMMUNICATION
    NOTICE_REJECTED = "notice.rejected", EventClass.COMMUNICATION
    NOTICE_CONFLICT = "notice.conflict", EventClass.COMMUNICATION
    FEED_ENDED_EARLY = "feed.ended_early", EventClass.COMMUNICATION
    FEED_SET_BACK = "feed.set_back", EventClass.COMMUNICATION
    LINE_OPENED = "line.opened", EventClass.COMMUNICATION
    LINE_FAILED = "line.failed", EventClass.COMMUNICATION
    CLOCK_DIFFERS = "clock.differs", EventClass.COMMUNICATION
    CLOCK_OVERRULED = "clock.overruled", EventClass.COMMUNICATION

    TERMINAL_CREATED = "terminal.created", EventClass.EVENT
    TERMINAL_STARTED = "terminal.started", EventClass.EVENT
    TERMINAL_STOPPED = "terminal.stopped", EventClass.EVENT
    TERMINAL_UPGRADED = "terminal.upgraded", EventClass.EVENT
    TERMINAL_ADMITTED = "terminal.admitted", EventClass.EVENT
    TERMINAL_RETIRED = "terminal.retired", EventClass.EVENT
    BACKUP_RESTORED = "backup.restored", EventClass.EVENT
    # A backup was restored for a drill. While this entry stands, the terminal is a copy and never exchanges.
    BACKUP_DRILLED = "backup.drilled", EventClass.EVENT
    # The clock was set back since the entry before. From here on, times are what the clock says now.
    CLOCK_STEPPED = "clock.stepped", EventClass.EVENT
    MESSAGE_ERASED = "message.erased", EventClass.EVENT
    # The report of a file that was taken in: the object is the pseudonym of the file.
    REPORT_ERASED = "report.erased", EventClass.EVENT

    # What ends in -ING is an intent: it is durable before the first byte leaves the terminal. So even an export that a
    # crash cuts off is on record.
    BACKUP_MAKING = "backup.making", EventClass.EXPORT
    BACKUP_MADE = "backup.made", EventClass.EXPORT
    MESSAGE_EXPORTED = "message.exported", EventClass.EXPORT
    NOTICE_EXPORTED = "notice.exported", EventClass.EXPORT, InState.EXPORTED
    REPORT_EXPORTED = "report.exported", EventClass.EXPORT
    LOG_EXPORTING = "log.exporting", EventClass.EXPORT
    LOG_EXPORTED = "log.exported", EventClass.EXPORT

    PERSON_ADDED = "person.added", EventClass.SETTINGS
    PERSON_CHANGED = "person.changed", EventClass.SETTINGS
    ROLES_CHANGED = "roles.changed", EventClass.SETTINGS
    PERSON_SUSPENDED = "person.suspended", EventClass.SETTINGS
    PERSON_RESUMED = "person.resumed", EventClass.SETTINGS
    PERSON_ENDED = "person.ended", EventClass.SETTINGS
    # A new one-time code in the place of the PIN; wrong PINs before are forgotten.
    PERSON_RESET = "person.reset", EventClass.SETTINGS
    PERSON_UNLOCKED = "person.unlocked", EventClass.SETTINGS
    PIN_CHANGED = "pin.changed", EventClass.SETTINGS
    PEER_REGISTERED = "peer.registered", EventClass.SETTINGS
    KEYS_PREPARED = "keys.prepared", EventClass.SETTINGS
    KEY_CHANGING = "key.changing", EventClass.SETTINGS
    KEY_CHANGED = "key.changed", EventClass.SETTINGS
    SETTINGS_CHANGED = "settings.changed", EventClass.SETTINGS
    # A setting that carries a protection came into force: as the file has it, or as two persons decided.
    SETTINGS_TAKEN = "settings.taken", EventClass.SETTINGS
    SETTINGS_CONFIRMED = "settings.confirmed", EventClass.SETTINGS

    FILE_REFUSED = "file.refused", EventClass.ERROR
    # The clock is far ahead of the last time known, and no new work begins until an officer has said why or it is set.
    CLOCK_AHEAD = "clock.ahead", EventClass.ERROR
    PROTECTION_FAILED = "protection.failed", EventClass.ERROR
    PROGRAM_FAILED = "program.failed", EventClass.ERROR


class Result(StrEnum):
    """How the act ended."""

    DONE = "done"
    REFUSED = "refused"  # A rule or a missing right forbade it.
    FAILED = "failed"  # It was allowed and did not work.
