"""The closed list of what the log can say. Texts for people are in console/words/events.toml."""

from enum import StrEnum
from typing import Final


class EventClass(StrEnum):
    """The classes of the resident-record standard (住民記録システム標準仕様書, 証跡)."""

    AUTHENTICATION = "authentication"  # 認証
    OPERATION = "operation"  # 操作
    EVENT = "event"  # イベント
    COMMUNICATION = "communication"  # 通信
    EXPORT = "export"  # 印刷・出力
    SETTINGS = "settings"  # 設定変更
    ERROR = "error"  # エラー


class Event(StrEnum):
    """One kind of entry. The part before the dot is what it is about."""

    # Authentication.
    OPERATOR_LOGGED_ON = "operator.logged_on"
    OPERATOR_REFUSED = "operator.refused"
    OPERATOR_LOCKED = "operator.locked"
    OPERATOR_LOGGED_OFF = "operator.logged_off"
    KEY_REFUSED = "key.refused"
    # Operations on messages and notices.
    MESSAGE_IMPORTED = "message.imported"
    MESSAGE_ENTERED = "message.entered"
    MESSAGE_REVISED = "message.revised"
    MESSAGE_READ = "message.read"
    MESSAGE_SEARCHED = "message.searched"
    MESSAGE_APPROVED = "message.approved"
    MESSAGE_RETURNED = "message.returned"
    MESSAGE_HELD = "message.held"
    MESSAGE_RELEASED = "message.released"
    MESSAGE_WITHDRAWN = "message.withdrawn"
    MESSAGE_RESEALED = "message.resealed"
    NOTICE_READ = "notice.read"
    NOTICE_HELD = "notice.held"
    NOTICE_TAKEN_UP = "notice.taken_up"
    NOTICE_CONFIRMED = "notice.confirmed"
    NOTICE_APPLIED = "notice.applied"
    NOTICE_NOT_APPLIED = "notice.not_applied"
    NOTICE_SUPERSEDED = "notice.superseded"
    LOG_VERIFIED = "log.verified"
    LOG_READ = "log.read"
    LOG_PRUNED = "log.pruned"
    LOG_RESUMED = "log.resumed"
    ACCESS_DENIED = "access.denied"
    # Communication.
    MESSAGE_SENDING = "message.sending"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_UNKNOWN = "message.unknown"
    MESSAGE_REQUEUED = "message.requeued"
    MESSAGE_ACCEPTED = "message.accepted"
    MESSAGE_REFUSED = "message.refused"
    MESSAGE_CONFLICT = "message.conflict"
    NOTICE_RECEIVED = "notice.received"
    NOTICE_ACKNOWLEDGED = "notice.acknowledged"
    NOTICE_REJECTED = "notice.rejected"
    NOTICE_CONFLICT = "notice.conflict"
    LINE_OPENED = "line.opened"
    LINE_FAILED = "line.failed"
    CLOCK_DIFFERS = "clock.differs"
    CLOCK_OVERRULED = "clock.overruled"
    # Events of the terminal itself.
    TERMINAL_CREATED = "terminal.created"
    TERMINAL_STARTED = "terminal.started"
    TERMINAL_STOPPED = "terminal.stopped"
    TERMINAL_UPGRADED = "terminal.upgraded"
    TERMINAL_ADMITTED = "terminal.admitted"
    TERMINAL_RETIRED = "terminal.retired"
    BACKUP_RESTORED = "backup.restored"
    MESSAGE_ERASED = "message.erased"
    # Export.
    BACKUP_MAKING = "backup.making"
    BACKUP_MADE = "backup.made"
    MESSAGE_EXPORTED = "message.exported"
    NOTICE_EXPORTED = "notice.exported"
    LOG_EXPORTING = "log.exporting"
    LOG_EXPORTED = "log.exported"
    # Changes of settings, people and the peer.
    PERSON_ADDED = "person.added"
    PERSON_UNLOCKED = "person.unlocked"
    PIN_CHANGED = "pin.changed"
    PEER_REGISTERED = "peer.registered"
    KEYS_PREPARED = "keys.prepared"
    KEY_CHANGING = "key.changing"
    KEY_CHANGED = "key.changed"
    SETTINGS_CHANGED = "settings.changed"
    # Errors.
    FILE_REFUSED = "file.refused"
    PROTECTION_FAILED = "protection.failed"
    PROGRAM_FAILED = "program.failed"

    @property
    def event_class(self) -> EventClass:
        """The class of the standard that this event belongs to."""
        return _CLASS_OF[self]


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"  # A rule or a right said no.
    FAILED = "failed"  # It was allowed and did not work.


_CLASSES: Final[dict[EventClass, tuple[Event, ...]]] = {
    EventClass.AUTHENTICATION: (
        Event.OPERATOR_LOGGED_ON,
        Event.OPERATOR_REFUSED,
        Event.OPERATOR_LOCKED,
        Event.OPERATOR_LOGGED_OFF,
        Event.KEY_REFUSED,
    ),
    EventClass.OPERATION: (
        Event.MESSAGE_IMPORTED,
        Event.MESSAGE_ENTERED,
        Event.MESSAGE_REVISED,
        Event.MESSAGE_READ,
        Event.MESSAGE_SEARCHED,
        Event.MESSAGE_APPROVED,
        Event.MESSAGE_RETURNED,
        Event.MESSAGE_HELD,
        Event.MESSAGE_RELEASED,
        Event.MESSAGE_WITHDRAWN,
        Event.MESSAGE_RESEALED,
        Event.NOTICE_READ,
        Event.NOTICE_HELD,
        Event.NOTICE_TAKEN_UP,
        Event.NOTICE_CONFIRMED,
        Event.NOTICE_APPLIED,
        Event.NOTICE_NOT_APPLIED,
        Event.NOTICE_SUPERSEDED,
        Event.LOG_VERIFIED,
        Event.LOG_READ,
        Event.LOG_PRUNED,
        Event.LOG_RESUMED,
        Event.ACCESS_DENIED,
    ),
    EventClass.COMMUNICATION: (
        Event.MESSAGE_SENDING,
        Event.MESSAGE_DELIVERED,
        Event.MESSAGE_UNKNOWN,
        Event.MESSAGE_REQUEUED,
        Event.MESSAGE_ACCEPTED,
        Event.MESSAGE_REFUSED,
        Event.MESSAGE_CONFLICT,
        Event.NOTICE_RECEIVED,
        Event.NOTICE_ACKNOWLEDGED,
        Event.NOTICE_REJECTED,
        Event.NOTICE_CONFLICT,
        Event.LINE_OPENED,
        Event.LINE_FAILED,
        Event.CLOCK_DIFFERS,
        Event.CLOCK_OVERRULED,
    ),
    EventClass.EVENT: (
        Event.TERMINAL_CREATED,
        Event.TERMINAL_STARTED,
        Event.TERMINAL_STOPPED,
        Event.TERMINAL_UPGRADED,
        Event.TERMINAL_ADMITTED,
        Event.TERMINAL_RETIRED,
        Event.BACKUP_RESTORED,
        Event.MESSAGE_ERASED,
    ),
    EventClass.EXPORT: (
        Event.BACKUP_MAKING,
        Event.BACKUP_MADE,
        Event.MESSAGE_EXPORTED,
        Event.NOTICE_EXPORTED,
        Event.LOG_EXPORTING,
        Event.LOG_EXPORTED,
    ),
    EventClass.SETTINGS: (
        Event.PERSON_ADDED,
        Event.PERSON_UNLOCKED,
        Event.PIN_CHANGED,
        Event.PEER_REGISTERED,
        Event.KEYS_PREPARED,
        Event.KEY_CHANGING,
        Event.KEY_CHANGED,
        Event.SETTINGS_CHANGED,
    ),
    EventClass.ERROR: (Event.FILE_REFUSED, Event.PROTECTION_FAILED, Event.PROGRAM_FAILED),
}
_CLASS_OF: Final = {member: cls for cls, members in _CLASSES.items() for member in members}
