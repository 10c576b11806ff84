"""The errors of the console.

    ConsoleError
    ├── SettingsError            the custodian mends renkei.toml or the directory
    │   ├── HomeMissing, HomeExposed, HomeNotEmpty, HomeUnwritable
    │   ├── FileExists, FileUnwritable, BackupUnreadable, BackupUnfit
    │   └── SettingsMissing, SettingsUnreadable, SettingsUnknown, SettingsInvalid
    ├── AccessError              the person is not (yet) allowed
    │   ├── CredentialsRefused, CredentialsMissing
    │   ├── PinFileExposed, PinFileUnreadable, PartFileExposed, PartFileUnreadable
    │   └── PinToChange, RightMissing, OwnPersonRefused
    ├── InputError               what was given cannot be used
    │   ├── PinNotNew, RecordFaulty, RecordNotSingle, RecordUnread, ReasonTooLong, UndoneAlready
    │   ├── TimePast, SearchUnclear, PeerFileUnusable
    │   └── QueueUnshared, RequestUnfit, RequestDiffers, GrantUnfit, TerminalKnown, TerminalUnfit
    ├── KeyChangeError           a change of the key has to wait for another act
    │   └── KeyChangeUnderWay, QueueShared
    ├── ItemError                what the peer sent verified but cannot be taken in
    │   ├── ItemUnreadable, ItemReplayed, NoticeUnfit
    │   └── ResultUnfit, ResultOfAnother, ResultOfNone, ResultUnexpected
    ├── ContentSealBroken        what is kept of a message to be sent does not open
    ├── ClocksApart              nothing is signed while the clocks of both sides are apart
    ├── AgencySilent             the rehearsal's agency does not start
    ├── SmokeStuck               a step of the smoke run does not end
    └── UnusableSurroundings     the terminal or the locale cannot carry the console

Each leaf has a `code`, under which the catalogue holds cause and remedy in both languages, and the `exit_status` that a
command ends with. Facts are named values for those texts; they never hold personal data.
"""

from typing import ClassVar


class ConsoleError(Exception):
    """The root of what the console itself refuses."""

    code: ClassVar[str] = "console_failed"
    exit_status: ClassVar[int] = 1
    #: The number under which the technical log has it, where it was recorded.
    incident: str | None = None

    def __init__(self, **facts: str) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class SettingsError(ConsoleError):
    """The terminal's directory or its settings cannot be used."""


class HomeMissing(SettingsError):
    """No terminal was set up at `home`: the custodian runs `renkei init` or names the right directory."""

    code = "home_missing"


class HomeExposed(SettingsError):
    """Others can read `path`: the custodian narrows its mode."""

    code = "home_exposed"
    exit_status = 7


class HomeNotEmpty(SettingsError):
    """A terminal is to be set up at `home`, where something lies already: the custodian names another directory."""

    code = "home_not_empty"


class FileExists(SettingsError):
    """A file is to be written where one lies already: the custodian names another."""

    code = "file_exists"


class FileUnwritable(SettingsError):
    """A file cannot be written: the custodian looks at owner, mode and free space."""

    code = "file_unwritable"


class BackupUnreadable(SettingsError):
    """The file of a backup cannot be read: the custodian names another."""

    code = "backup_unreadable"


class BackupUnfit(SettingsError):
    """A backup of another version of the program: the custodian restores it with that version and upgrades then."""

    code = "backup_unfit"


class HomeUnwritable(SettingsError):
    """Nothing can be written at `path`: the custodian looks at owner, mode and free space."""

    code = "home_unwritable"


class SettingsMissing(SettingsError):
    """There is no settings file at `path`: the custodian restores it."""

    code = "settings_missing"


class SettingsUnreadable(SettingsError):
    """The file at `path` is no TOML in UTF-8, at `line`: the custodian mends it."""

    code = "settings_unreadable"


class SettingsUnknown(SettingsError):
    """The settings hold a `setting` that does not exist: the custodian takes it out or corrects its name."""

    code = "settings_unknown"


class SettingsInvalid(SettingsError):
    """The value of `setting` is not of the form that is `wanted`: the custodian corrects it."""

    code = "settings_invalid"


class AccessError(ConsoleError):
    """The acting person may not do this, or not now."""

    exit_status = 3


class CredentialsRefused(AccessError):
    """User ID or PIN is wrong; which of the two is never said. The person tries again."""

    code = "credentials_refused"


class CredentialsMissing(AccessError):
    """A command was not told who acts: the script adds --as and --pin-file."""

    code = "credentials_missing"


class PinFileExposed(AccessError):
    """Others can read the PIN file `name`: its owner sets mode 0600."""

    code = "pin_file_exposed"


class PinFileUnreadable(AccessError):
    """The PIN file `name` cannot be read as one line of UTF-8: the script names the right file."""

    code = "pin_file_unreadable"


class PartFileExposed(AccessError):
    """Others can read the file `name` with a part of the passphrase: its owner sets mode 0600."""

    code = "part_file_exposed"


class PartFileUnreadable(AccessError):
    """The file `name` with a part of the passphrase cannot be read as one line: the script names the right file."""

    code = "part_file_unreadable"


class RightMissing(AccessError):
    """The person's roles do not give the `right`: a person who has it does this."""

    code = "right_missing"


class PinToChange(AccessError):
    """The PIN came from somebody else: the person chooses an own one before anything else."""

    code = "pin_to_change"


class OwnPersonRefused(AccessError):
    """Nobody releases their own ID: another officer does."""

    code = "own_person_refused"


class InputError(ConsoleError):
    """What was given cannot be worked on."""

    exit_status = 4


class PinNotNew(InputError):
    """The PIN is the one that there is already: the person chooses another."""

    code = "pin_not_new"


class RecordFaulty(InputError):
    """What was entered breaks `count` rules, first at `field`: the person corrects it."""

    code = "record_faulty"


class RecordNotSingle(InputError):
    """The file should hold one record and holds none or several: the person gives the one that is meant."""

    code = "record_not_single"


class RecordUnread(InputError):
    """Line `line` of the file holds no record, by the rule named: the person corrects it."""

    code = "record_unread"


class UndoneAlready(InputError):
    """The message `reference` is cancelled or replaced by `by` already: that one is dealt with first."""

    code = "undone_already"


class ReasonTooLong(InputError):
    """The reason has `length` characters, more than `most`: the person shortens it."""

    code = "reason_too_long"


class TimePast(InputError):
    """The moment `time` lies in the past: the person names a later one."""

    code = "time_past"


class PeerFileUnusable(InputError):
    """The file `file` does not hold what a peer hands over: the custodian asks the peer for it once more."""

    code = "peer_file_unusable"


class AgencySilent(ConsoleError):
    """The rehearsal's agency does not begin to serve: another program may have its port, so start once more or anew."""

    code = "agency_silent"
    exit_status = 5


class SmokeStuck(ConsoleError):
    """A step of the smoke run did not come to its end within `seconds`: the makers look at that step."""

    code = "smoke_stuck"


class SearchUnclear(InputError):
    """What was typed names no entry, time, person, message or outcome: the person types it in one of these forms."""

    code = "search_unclear"


class QueueUnshared(InputError):
    """The database is a file of one machine: the custodian puts the queue on PostgreSQL before others share it."""

    code = "queue_unshared"


class RequestUnfit(InputError):
    """The file is no request to join, or of another municipality: the custodian writes it anew on the new machine."""

    code = "request_unfit"


class RequestDiffers(InputError):
    """The request has another fingerprint than what was said: both persons compare it with the new machine."""

    code = "request_differs"


class GrantUnfit(InputError):
    """The grant is not for the request that waits here: the custodian has one written for it."""

    code = "grant_unfit"


class TerminalNameTaken(InputError):
    """A terminal of that name works already: the custodian chooses another, or it is retired first."""

    code = "terminal_name_taken"


class TerminalUnfit(InputError):
    """No other terminal of that name works here: the officer looks at the list."""

    code = "terminal_unfit"


class KeyChangeError(ConsoleError):
    """The terminal's key cannot be changed, or handed on, just now."""


class KeyChangeUnderWay(KeyChangeError):
    """The key is being changed: the custodian ends that first."""

    code = "key_change_under_way"


class QueueShared(KeyChangeError):
    """Other terminals hold the same key: they are retired first and let in again with the new one."""

    code = "queue_shared"


class ItemError(ConsoleError):
    """An item of the peer's feed verified but cannot be taken in: the officer talks with the peer."""

    exit_status = 6


class ItemUnreadable(ItemError):
    """What the peer sealed and signed is no record at all."""

    code = "item_unreadable"


class NoticeUnfit(ItemError):
    """A notice breaks the rules of its kind, first at `field`."""

    code = "notice_unfit"


class ResultUnfit(ItemError):
    """A result does not say what a result has to say."""

    code = "result_unfit"


class ResultOfAnother(ItemError):
    """A result names a message under a reference that is not that message's."""

    code = "result_of_another"


class ResultOfNone(ItemError):
    """A result is about a message that this terminal does not have."""

    code = "result_of_none"


class ResultUnexpected(ItemError):
    """A result is about the message `reference`, which waits for none: it has not left, or is decided already."""

    code = "result_unexpected"


class ItemReplayed(ItemError):
    """An item that was taken in before came once more, at another place of the feed."""

    code = "item_replayed"


class ContentSealBroken(ConsoleError):
    """What is kept of a message to be sent does not open: it is held alone, and the officer looks into it."""

    code = "content_seal_broken"
    exit_status = 6


class ClocksApart(ConsoleError):
    """The peer's clock differs by `seconds`, more than `most`: the custodian mends ours, or an officer says why not."""

    code = "clocks_apart"
    exit_status = 5


class UnusableSurroundings(ConsoleError):
    """The terminal, the locale or the environment cannot carry the console."""

    exit_status = 2
