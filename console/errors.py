"""The errors of the console.

    ConsoleError
    ├── HomeFault                the custodian names another directory, or mends it
    │   └── HomeMissing, HomeExposed, HomeNotEmpty, HomeUnwritable
    ├── SettingsFault            the custodian mends renkei.toml
    │   └── SettingsMissing, SettingsUnreadable, SettingsUnknown, SettingsInvalid
    ├── OutputFileFault          a file that was asked for cannot be written there: the person names another
    │   └── FileExists, FileUnwritable
    ├── BackupFault              a backup cannot be restored by this program
    │   └── BackupUnreadable, BackupUnfit
    ├── AccessFault              the person is not (yet) allowed
    │   ├── CredentialsRefused, CredentialsMissing
    │   ├── PinFileExposed, PinFileUnreadable, PartFileExposed, PartFileUnreadable
    │   └── PinToChange, RightMissing, OwnPersonRefused
    ├── InputFault               what was given cannot be used
    │   ├── PinNotNew, RecordFaulty, RecordNotSingle, RecordUnread, ReasonTooLong, UndoneAlready
    │   ├── TimePast, SearchUnclear, PeerFileUnusable
    │   └── QueueUnshared, RequestUnfit, RequestDiffers, GrantUnfit, TerminalNameTaken, TerminalUnfit
    ├── KeyChangeFault           a change of the key has to wait for another act
    │   └── KeyChangeUnderWay, QueueShared
    ├── ItemFault                what the peer sent verified but cannot be taken in
    │   ├── ItemUnreadable, ItemReplayed, NoticeUnfit
    │   └── ResultUnfit, ResultOfAnother, ResultOfNone, ResultUnexpected
    ├── ContentSealBroken        what is kept of a message to be sent does not open
    ├── ClocksApart              nothing is signed while the clocks of both sides are apart
    ├── AgencySilent             the rehearsal's agency does not start
    ├── SmokeStuck               a step of the smoke run does not end
    └── SurroundingsFault        the terminal or the locale cannot carry the console

Each leaf has a `code`, under which the catalogue holds cause and remedy in both languages, and the `exit_status` that a
command ends with. Facts are named values for those texts; they never hold personal data.
"""

import re
from typing import ClassVar, Final

# Where a word of a class name begins, after another one.
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class ConsoleError(Exception):
    """The root of what the console itself refuses."""

    code: ClassVar[str] = "console_failed"
    exit_status: ClassVar[int] = 1
    #: The number under which the technical log has it, where it was recorded.
    incident: str | None = None

    def __init_subclass__(cls, **keywords: object) -> None:
        """Name the texts of a class after the class: `DiskFull` has those of `disk_full`."""
        super().__init_subclass__(**keywords)
        cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, **facts: str | int) -> None:
        self.facts: dict[str, str] = {name: str(value) for name, value in facts.items()}
        super().__init__(self.code, self.facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class HomeFault(ConsoleError):
    """The terminal's directory cannot be used."""


class HomeMissing(HomeFault):
    """No terminal was set up at `home`: the custodian runs `renkei init` or names the right directory."""


class HomeExposed(HomeFault):
    """Others can read `path`: the custodian narrows its mode."""

    exit_status = 7


class HomeNotEmpty(HomeFault):
    """A terminal is to be set up at `home`, where something lies already: the custodian names another directory."""


class HomeUnwritable(HomeFault):
    """Nothing can be written at `path`: the custodian looks at owner, mode and free space."""


class SettingsFault(ConsoleError):
    """The settings cannot be used."""


class SettingsMissing(SettingsFault):
    """There is no settings file at `path`: the custodian restores it."""


class SettingsUnreadable(SettingsFault):
    """The file at `path` is no TOML in UTF-8, at `line`: the custodian mends it."""


class SettingsUnknown(SettingsFault):
    """The settings hold a `setting` that does not exist: the custodian takes it out or corrects its name."""


class SettingsInvalid(SettingsFault):
    """The value of `setting` is not of the form that is `wanted`: the custodian corrects it."""


class OutputFileFault(ConsoleError):
    """A file that was asked for cannot be written."""


class FileExists(OutputFileFault):
    """A file is to be written where one lies already: the custodian names another."""


class FileUnwritable(OutputFileFault):
    """A file cannot be written: the custodian looks at owner, mode and free space."""


class BackupFault(ConsoleError):
    """A backup cannot be restored."""


class BackupUnreadable(BackupFault):
    """The file of a backup cannot be read: the custodian names another."""


class BackupUnfit(BackupFault):
    """A backup of another version of the program: the custodian restores it with that version and upgrades then."""


class AccessFault(ConsoleError):
    """The acting person may not do this, or not now."""

    exit_status = 3


class CredentialsRefused(AccessFault):
    """User ID or PIN is wrong; which of the two is never said. The person tries again."""


class CredentialsMissing(AccessFault):
    """A command was not told who acts: the script adds --as and --pin-file."""


class PinFileExposed(AccessFault):
    """Others can read the PIN file `name`: its owner sets mode 0600."""


class PinFileUnreadable(AccessFault):
    """The PIN file `name` cannot be read as one line of UTF-8: the script names the right file."""


class PartFileExposed(AccessFault):
    """Others can read the file `name` with a part of the passphrase: its owner sets mode 0600."""


class PartFileUnreadable(AccessFault):
    """The file `name` with a part of the passphrase cannot be read as one line: the script names the right file."""


class RightMissing(AccessFault):
    """The person's roles do not give the `right`: a person who has it does this."""


class PinToChange(AccessFault):
    """The PIN came from somebody else: the person chooses an own one before anything else."""


class OwnPersonRefused(AccessFault):
    """Nobody releases their own ID: another officer does."""


class InputFault(ConsoleError):
    """What was given cannot be worked on."""

    exit_status = 4


class PinNotNew(InputFault):
    """The PIN is the one that there is already: the person chooses another."""


class RecordFaulty(InputFault):
    """What was entered breaks `count` rules, first at `field`: the person corrects it."""


class RecordNotSingle(InputFault):
    """The file should hold one record and holds none or several: the person gives the one that is meant."""


class RecordUnread(InputFault):
    """Line `line` of the file holds no record, by the rule named: the person corrects it."""


class UndoneAlready(InputFault):
    """The message `reference` is cancelled or replaced by `by` already: that one is dealt with first."""


class ReasonTooLong(InputFault):
    """The reason has `length` characters, more than `most`: the person shortens it."""


class TimePast(InputFault):
    """The moment `time` lies in the past: the person names a later one."""


class PeerFileUnusable(InputFault):
    """The file `file` does not hold what a peer hands over: the custodian asks the peer for it once more."""


class AgencySilent(ConsoleError):
    """The rehearsal's agency does not begin to serve: another program may have its port, so start once more or anew."""

    exit_status = 5


class SmokeStuck(ConsoleError):
    """A step of the smoke run did not come to its end within `seconds`: the makers look at that step."""


class SearchUnclear(InputFault):
    """What was typed names no entry, time, person, message or outcome: the person types it in one of these forms."""


class QueueUnshared(InputFault):
    """The database is a file of one machine: the custodian puts the queue on PostgreSQL before others share it."""


class RequestUnfit(InputFault):
    """The file is no request to join, or of another municipality: the custodian writes it anew on the new machine."""


class RequestDiffers(InputFault):
    """The request has another fingerprint than what was said: both persons compare it with the new machine."""


class GrantUnfit(InputFault):
    """The grant is not for the request that waits here: the custodian has one written for it."""


class TerminalNameTaken(InputFault):
    """A terminal of that name works already: the custodian chooses another, or it is retired first."""


class TerminalUnfit(InputFault):
    """No other terminal of that name works here: the officer looks at the list."""


class KeyChangeFault(ConsoleError):
    """The terminal's key cannot be changed, or handed on, just now."""


class KeyChangeUnderWay(KeyChangeFault):
    """The key is being changed: the custodian ends that first."""


class QueueShared(KeyChangeFault):
    """Other terminals hold the same key: they are retired first and let in again with the new one."""


class ItemFault(ConsoleError):
    """An item of the peer's feed verified but cannot be taken in: the officer talks with the peer."""

    exit_status = 6


class ItemUnreadable(ItemFault):
    """What the peer sealed and signed is no record at all."""


class NoticeUnfit(ItemFault):
    """A notice breaks the rules of its kind, first at `field`."""


class ResultUnfit(ItemFault):
    """A result does not say what a result has to say."""


class ResultOfAnother(ItemFault):
    """A result names a message under a reference that is not that message's."""


class ResultOfNone(ItemFault):
    """A result is about a message that this terminal does not have."""


class ResultUnexpected(ItemFault):
    """A result is about the message `reference`, which waits for none: it has not left, or is decided already."""


class ItemReplayed(ItemFault):
    """An item that was taken in before came once more, at another place of the feed."""


class ContentSealBroken(ConsoleError):
    """What is kept of a message to be sent does not open: it is held alone, and the officer looks into it."""

    exit_status = 6


class ClocksApart(ConsoleError):
    """The peer's clock differs by `seconds`, more than `most`: the custodian mends ours, or an officer says why not."""

    exit_status = 5


class SurroundingsFault(ConsoleError):
    """The terminal, the locale or the environment cannot carry the console."""

    exit_status = 2
