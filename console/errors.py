"""The errors of the console.

    ConsoleError
    ├── HomeFault                the custodian names another directory, or puts it in order
    │   └── HomeMissing, HomeForeign, HomeExposed, HomeNotEmpty, HomeUnwritable
    ├── SettingsFault            the custodian corrects renkei.toml
    │   └── SettingsMissing, SettingsUnreadable, SettingsUnknown, SettingsInvalid, SettingAbsent,
    │       SettingFixed
    ├── OutputFileFault          a file cannot be written where it was asked for: the person names another
    │   └── FileExists, FileUnwritable, OwnDiskRefused
    ├── RewritingFault              an export of the log cannot be written once more
    │   └── ExportUnknown, ExportDiffers
    ├── BackupFault              a backup cannot be restored by this program
    │   └── BackupUnreadable, BackupUnfit
    ├── AccessFault              the person is not (yet) allowed
    │   ├── CredentialsRefused, CredentialsMissing
    │   ├── PinFileExposed, PinFileForeign, PinFileUnreadable, PinFileMisspelt
    │   ├── PartFileExposed, PartFileForeign, PartFileUnreadable
    │   └── PinToChange, RightMissing, OwnPersonRefused, SamePersonRefused, SecondPersonMissing
    ├── InputFault               what was given cannot be used
    │   ├── PinNotNew, RecordFaulty, RecordNotSingle, RecordUnread, ReasonTooLong, UndoneAlready
    │   ├── ReplacesOtherPerson, DraftMissing
    │   ├── TimePast, SearchUnclear, PeerFileUnusable, CursorNotBefore, RegistrationIncomplete, AgencyValueInvalid
    │   ├── TimersShutOut
    │   └── QueueUnshared, RequestUnfit, RequestDiffers, GrantUnfit, TerminalNameTaken, TerminalUnfit
    ├── KeyChangeFault           the key cannot be changed before something else is done
    │   └── KeyChangeUnderWay, QueueShared
    ├── ItemFault                an item of the peer verified but cannot be taken in
    │   ├── ItemUnreadable, ItemReplayed, NoticeUnfit
    │   ├── ResultUnfit, ResultOfAnother, ResultOfNone, ResultUnexpected
    │   └── MessageLost, ContentUnproved
    ├── FeedFault                the peer's feed as a whole cannot be read on: the officer talks with the peer
    │   └── FeedUnfit, FeedEndsEarly
    ├── ContentSealBroken        the stored content of a message to be sent does not open
    ├── SentBefore               a message of this kind and reference left in a time that the database has lost
    ├── RecoveryAwaited          after the database was set back, another terminal has not asked what it had sent
    ├── DrillCopy                a terminal that was restored for a drill never exchanges
    ├── ClocksApart              nothing is signed while the clocks of both sides differ too much
    ├── AgencySilent             the rehearsal's agency does not start
    ├── SmokeStuck               a step of the smoke run does not end
    └── SurroundingsFault        the terminal or the locale cannot carry the console

Each leaf has a `code`, under which the catalogues hold cause and remedy in both languages, and the `exit_status` with
which a command ends. Facts are named values for those texts; they never hold personal data. A few more leaves are
declared in the modules that raise them.
"""

import re
from typing import ClassVar, Final

# Where a word of a class name begins after another word.
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class ConsoleError(Exception):
    """The root of the errors of the console itself."""

    code: ClassVar[str] = "console_failed"
    exit_status: ClassVar[int] = 1
    #: The number under which the technical log has the error, if it was recorded there.
    incident: str | None = None

    def __init_subclass__(cls, **keywords: object) -> None:
        """Name the code of a class after the class: `DiskFull` gets `disk_full`."""
        # Derived, so that no code is misspelt or taken twice. Renaming a class therefore means renaming its texts too.
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


class HomeForeign(HomeFault):
    """The directory `path` is of user `owner`, and `account` (both are numbers) is at work: its owner does this."""

    # Whoever owns the directory could read the keys, or change the settings.
    exit_status = 7


class HomeExposed(HomeFault):
    """Others can read `path`: the custodian narrows its mode."""

    # A protection is down: others may have read the keys, or changed the settings.
    exit_status = 7


class HomeNotEmpty(HomeFault):
    """A terminal is to be set up at `home`, which is not empty: the custodian names another directory."""


class HomeUnwritable(HomeFault):
    """Nothing can be written at `path`: the custodian checks owner, mode and free space."""


class SettingsFault(ConsoleError):
    """The settings cannot be used."""


class SettingsMissing(SettingsFault):
    """There is no settings file at `path`: the custodian restores it."""


class SettingsUnreadable(SettingsFault):
    """The file at `path` is not TOML in UTF-8, at `line`: the custodian corrects it."""


class SettingsUnknown(SettingsFault):
    """At `place` the settings have a `setting` that does not exist: the custodian removes it or corrects its name."""


class SettingsInvalid(SettingsFault):
    """The `value` of `setting` at `place` is not as `wanted`; it has a `default`: the custodian corrects it."""


class SettingAbsent(SettingsFault):
    """The file at `place` does not say `setting`, which has no default: the custodian adds it."""


class SettingFixed(SettingsFault):
    """The `setting` is another than when the terminal was made (`was`, now `found`): the custodian sets it back."""


class OutputFileFault(ConsoleError):
    """A file that was asked for cannot be written."""


class FileExists(OutputFileFault):
    """A file is to be written where there is a file already: the custodian names another."""


class FileUnwritable(OutputFileFault):
    """A file cannot be written: the custodian checks owner, mode and free space."""


class OwnDiskRefused(OutputFileFault):
    """The directory `path` for an export lies on the terminal's own disk: the person mounts a medium there."""

    exit_status = 4


class RewritingFault(ConsoleError):
    """An export of the log cannot be written once more."""

    exit_status = 4


class ExportUnknown(RewritingFault):
    """No export that can be made again began at entry `first`: the person names one of `known`."""


class ExportDiffers(RewritingFault):
    """The entries `first` to `last` are not as they were exported: the officer finds out why."""

    # What cannot be is either a changed log or a changed record of the export.
    exit_status = 6


class BackupFault(ConsoleError):
    """A backup cannot be restored."""


class BackupUnreadable(BackupFault):
    """The file of a backup cannot be read: the custodian names another."""


class BackupUnfit(BackupFault):
    """The backup is from another version of the program: the custodian restores it with that one, then upgrades."""


class AccessFault(ConsoleError):
    """The acting person may not do this, or not now."""

    exit_status = 3


class CredentialsRefused(AccessFault):
    """User ID or PIN is wrong, without saying which: that would tell which IDs exist. The person tries again."""


class CredentialsMissing(AccessFault):
    """A command does not say who acts: the script adds --as and --pin-file."""


class PinFileExposed(AccessFault):
    """Others can read the PIN file `name`: its owner sets mode 0600."""


class PinFileForeign(AccessFault):
    """The PIN file `name` belongs to another account: whoever acts makes one of their own."""


class PinFileUnreadable(AccessFault):
    """The PIN file `name` cannot be read as one line of UTF-8: the script names the right file."""


class PinFileMisspelt(AccessFault):
    """The PIN file `name` holds digits with blanks around them, or full-width ones: its owner writes it again."""


class PartFileExposed(AccessFault):
    """Others can read the file `name` with a part of the passphrase: its owner sets mode 0600."""


class PartFileForeign(AccessFault):
    """The file `name` with a part of the passphrase is another account's: whoever acts makes one of their own."""


class PartFileUnreadable(AccessFault):
    """The file `name` with a part of the passphrase cannot be read as one line: the script names the right file."""


class RightMissing(AccessFault):
    """The person's roles do not give the `right`: a person who has it does this."""


class PinToChange(AccessFault):
    """The PIN was given by somebody else: the person chooses another before doing anything else."""


class OwnPersonRefused(AccessFault):
    """Nobody changes the own ID, agrees to that, or is the own second person: another one does."""


class SamePersonRefused(AccessFault):
    """The second ID has the staff number of the first, so that both are one person: somebody else agrees."""


class SecondPersonMissing(AccessFault):
    """This takes a second person, who was not named: an officer, an approver or a custodian agrees."""


class InputFault(ConsoleError):
    """What was given cannot be worked on."""

    exit_status = 4


class PinNotNew(InputFault):
    """The new PIN is the present one: the person chooses another."""


class HandinForeign(InputFault):
    """Where a system hands in, a `file` is not of its account `owner`: the custodian finds out whose it is."""


class HandinUnreadable(InputFault):
    """The hand-in directory `path` is missing or closed to the terminal's account: the custodian makes or opens it."""


class HandinOwnerless(InputFault):
    """The machine has no account `owner`, whose the files in `path` should be: the custodian makes it, or mends it."""


class HandinExposed(InputFault):
    """Every account can write in the hand-in directory `path`: the custodian lets only the system write there."""


class TimersShutOut(InputFault):
    """No timer can open a terminal that two persons open: the custodian lets people do that work, or moves the key."""


class AccountNameless(InputFault):
    """The terminal's directory `path` belongs to the number `owner`, which no account has: the custodian makes one."""


class RootShutOut(InputFault):
    """The terminal at `path` is root's, whom the rules would shut in: the custodian gives it an account of its own."""


class CredentialShutOut(InputFault):
    """No credential of systemd reaches a session of sshd: the custodian moves the key, or people come here."""


class RecordFaulty(InputFault):
    """What was entered breaks `count` rules, first at `field`: the person corrects it."""


class RecordNotSingle(InputFault):
    """The file should hold exactly one record: the person gives only the one that is meant."""


class RecordUnread(InputFault):
    """Line `line` of the file breaks a rule and holds no record: the person corrects it."""


class ImportStopped(InputFault):
    """The person stopped the import of `file`, of which nothing was taken in: they begin it again when they want."""


class UndoneAlready(InputFault):
    """The message `reference` is already cancelled or replaced by `by`: the person deals with that message first."""


class DraftMissing(InputFault):
    """The draft was registered or discarded on another screen: there is nothing to go on with."""


class ReplacesOtherPerson(InputFault):
    """It would undo `reference`, a message about another person: the person confirms that, or mends the 宛名番号."""


class NoSubject(InputFault):
    """The message states no 宛名番号, so that nobody can be protected by it: another message of the person does."""


class AddressHidden(InputFault):
    """The address of that person is hidden: whoever needs it in a file asks for it, and the log has who did."""


class NoPair(InputFault):
    """The message has no other one of the same event beside it: it is cancelled or withdrawn by itself."""


class ReasonTooLong(InputFault):
    """The reason has `length` characters, more than `most`: the person shortens it."""


class TimePast(InputFault):
    """The moment `time` lies in the past: the person names a later one."""


class PeerFileUnusable(InputFault):
    """The file `file` is not what a peer hands over: the custodian asks the peer for it again."""


class RegistrationIncomplete(InputFault):
    """Neither the options nor the file nor a version in force says what is `missing`: the person names it."""


class AgencyValueInvalid(InputFault):
    """An agency cannot be made, or register a terminal, with that value of `field`: the person gives another."""


class AgencySilent(ConsoleError):
    """The agency of a rehearsal does not start, perhaps because its port is taken: the person tries again."""

    exit_status = 5


class SmokeStuck(ConsoleError):
    """A step of the smoke run did not end within `seconds`: the makers look at that step."""


class SearchUnclear(InputFault):
    """The text typed names no entry, time, person, message or outcome: the person types one of these."""


class CursorNotBefore(InputFault):
    """The feed cannot be set to `position`, which does not lie before the `cursor`: the officer names another."""


class QueueUnshared(InputFault):
    """The database is a file of one machine: the custodian puts the queue on PostgreSQL before others share it."""


class RequestUnfit(InputFault):
    """The file is not a request of this municipality to join: the custodian writes it again on the new machine."""


class RequestDiffers(InputFault):
    """The request does not have the fingerprint that was given: both persons compare it with the new machine."""


class GrantUnfit(InputFault):
    """The grant is not for the request that waits here: the custodian has one written for it."""


class TerminalNameTaken(InputFault):
    """A terminal of that name is in use already: the custodian chooses another name, or it is retired first."""


class TerminalUnfit(InputFault):
    """No other terminal of that name is in use: the officer looks at the list."""


class KeyChangeFault(ConsoleError):
    """The terminal's key cannot be changed or handed on at present."""


class KeyChangeUnderWay(KeyChangeFault):
    """The key is being changed: the custodian finishes that first."""


class QueueShared(KeyChangeFault):
    """Other terminals have the same key: they are retired first, and let in again with the new key."""


class ItemFault(ConsoleError):
    """An item of the peer's feed verified but cannot be taken in: the officer talks with the peer."""

    # Integrity: the signature holds, so the peer itself made something wrong, or somebody in its name.
    exit_status = 6


class ItemUnreadable(ItemFault):
    """The content that the peer sealed and signed is not a record at all."""


class NoticeUnfit(ItemFault):
    """A notice breaks the rules of its kind, first at `field`."""


class ResultUnfit(ItemFault):
    """A result lacks something that a result has to say."""


class ResultOfAnother(ItemFault):
    """A result names a message with a reference that is not that message's."""


class ResultOfNone(ItemFault):
    """A result is about a message that this terminal does not have."""


class ResultUnexpected(ItemFault):
    """A result is about the message `reference`, which waits for none: it has not left, or was decided before."""


class MessageLost(ItemFault):
    """The peer has the message `reference` (its `id`, received at `received_at`), which this database has lost."""


class ContentUnproved(ItemFault):
    """The peer has the message `reference`, but perhaps with another content than is here: both sides compare it."""


class ItemReplayed(ItemFault):
    """An item that was taken in before came again, at another position of the feed."""


class FeedFault(ConsoleError):
    """The peer's feed as a whole cannot be read on: the officer talks with the peer."""

    exit_status = 6


class FeedUnfit(FeedFault):
    """`count` items in a row were rejected, the last at `position`: nothing more is fetched."""


class FeedEndsEarly(FeedFault):
    """The peer has no item at the position `cursor`, up to which its feed was read before."""


class ContentSealBroken(ConsoleError):
    """The stored content of a message to be sent does not open: only it is held, and the officer looks into it."""

    exit_status = 6


class SentBefore(ConsoleError):
    """The peer has a message `reference` that was sent in a time which the database has lost: this one is held."""

    exit_status = 6


class RecoveryAwaited(ConsoleError):
    """Since the database was set back, `terminals` did not yet ask the peer what they had sent: they do so first."""

    exit_status = 6


class DrillCopy(ConsoleError):
    """The terminal was restored from a backup for a drill, so it never exchanges: people use the real one."""

    exit_status = 3


class ClocksApart(ConsoleError):
    """The peer's clock differs by `seconds`, over `most`: the custodian corrects ours, or an officer overrules it."""

    exit_status = 5


class SurroundingsFault(ConsoleError):
    """The terminal, the locale or the environment cannot carry the console."""

    # Wrong usage: nothing has begun, and a command would do where the screens cannot.
    exit_status = 2
