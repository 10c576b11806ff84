"""Every way in which the store can fail.

    StoreError
    ├── DatabaseFault     the database as a whole: missing, of another version, unsafe, busy, damaged, full
    ├── KeyFileFault      a key file that cannot be used
    ├── IntegrityFault    stored data does not verify (exit status 6)
    ├── CredentialsFault  logging on (exit status 3)
    ├── RightsFault       not allowed to this person (exit status 3)
    ├── PinFault          a PIN that must not be chosen (exit status 4)
    ├── ClockAhead        the clock is far ahead of what the terminal knows (exit status 7)
    ├── PeopleFault       people and sessions as registered
    ├── PeerFault         the peer register
    ├── QueueFault        a message cannot take the step asked for
    ├── ExportFault       the log cannot be exported, checked on a medium, or pruned as asked (exit status 4)
    └── FileFault         a file offered for import cannot be read as such (exit status 4)

The sentence of a leaf says who must act. `facts` hold only codes, counts, versions, user IDs, field names, line
numbers, reference numbers and base names of files: never anything about a resident.
"""

import re
from typing import ClassVar, Final

# The places inside a class name where a new word begins.
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class StoreError(Exception):
    """The root of everything that the store refuses.

    `exit_status` is that of a command which ends with the error: 2 wrong usage, 3 not allowed, 4 bad input,
    5 the peer, 6 integrity, 7 a protection is down, 1 anything else.
    """

    code: ClassVar[str] = "store_failed"
    exit_status: ClassVar[int] = 1
    #: The number of the error in the technical log, if it was recorded there.
    incident: str | None = None

    def __init_subclass__(cls, **keywords: object) -> None:
        """Derive the code of a class from its name: the texts of `DiskFull` are those of `disk_full`."""
        super().__init_subclass__(**keywords)
        # Derived and not written, so that no class can lack its code, share one, or differ from it.
        cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, **facts: str | int) -> None:
        # Facts become texts at once: catalogues, JSON and the log then all show the same characters.
        self.facts: dict[str, str] = {name: str(value) for name, value in facts.items()}
        super().__init__(self.code, self.facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


# ── The database ──────────────────────────────────────────────────────────────────────────────────


class DatabaseFault(StoreError):
    """The database as a whole cannot be used."""


class DatabaseMissing(DatabaseFault):
    """There is no database at that place: the custodian names the right home, or makes a new terminal."""


class DatabaseExists(DatabaseFault):
    """A database exists there already and is not overwritten: the custodian chooses another place."""


class DatabaseNewer(DatabaseFault):
    """The database was made by a newer program: the custodian installs that version here."""


# No start upgrades a database by itself. An upgrade is an act of a person, and the log records it.
class DatabaseOlder(DatabaseFault):
    """The database was made by an older program: the custodian upgrades it."""


class DatabaseDamaged(DatabaseFault):
    """The file is not a database of ours, or it is broken: the custodian restores the latest backup."""

    exit_status = 6


class DatabaseUnsafe(DatabaseFault):
    """Others can reach the database, or it does not keep its promises: the custodian mends that first."""

    exit_status = 7


class DatabaseUrlUnknown(DatabaseFault):
    """The settings name a kind of database that this program cannot use: the custodian corrects them."""

    exit_status = 4


class DatabaseDriverMissing(DatabaseFault):
    """The settings name PostgreSQL, and its driver is not installed: the custodian installs that extra."""


class DatabaseUnreachable(DatabaseFault):
    """The database server does not answer, or refuses this role: the custodian checks server and settings."""


class DatabaseTurnFault(DatabaseFault):
    """The turn to write did not come in time."""


class DatabaseBusy(DatabaseTurnFault):
    """Another program held the database for too long: the operator tries again, or ends that program."""


class DatabaseHeld(DatabaseTurnFault):
    """The same, and the program is one of ours, with the number of its `process`: the custodian looks at it."""


class DatabaseFailed(DatabaseFault):
    """The disk failed during a read or write: the custodian checks the machine before anyone goes on."""

    exit_status = 7


class DiskFull(DatabaseFault):
    """The disk is full, and nothing of this step was kept: the custodian makes room."""

    exit_status = 7


class DiskFailed(DatabaseFault):
    """The disk did not take what was to be written: the custodian checks the machine before anyone goes on."""

    exit_status = 7


# Somebody mounted it so, or the kernel did after a fault of the disk: the remedy begins with a look at which it is.
class DiskReadOnly(DatabaseFault):
    """The file system takes no writes, because it is mounted read-only: the custodian finds out why."""

    exit_status = 7


# It comes before DiskFull on purpose: closing a session and exporting the log also need room.
class DiskLow(DatabaseFault):
    """The disk is nearly full: no new work begins, so that log-off and export can go on. The custodian makes room."""

    exit_status = 7


# ── Key files ─────────────────────────────────────────────────────────────────────────────────────


class KeyFileFault(StoreError):
    """A key file cannot be used."""


class KeyFileMissing(KeyFileFault):
    """A key file is not where the settings say: the custodian puts it back."""


class KeyFileExists(KeyFileFault):
    """A key file exists there already; overwriting it would lose everything that it opens."""


class KeyFileExposed(KeyFileFault):
    """Others can read a key file: the custodian sets its mode to 0400 and decides about a new key."""

    exit_status = 7


class KeyFileDamaged(KeyFileFault):
    """A key file has the wrong size or does not open what it should: the custodian restores it."""

    exit_status = 6


class KeyFileLoose(KeyFileFault):
    """A key file outside the terminal's directory has a mode other than 0400: the custodian sets it."""

    exit_status = 7


class KeyFileForeign(KeyFileFault):
    """A key file belongs to another user: the custodian gives it to the user of this program."""

    exit_status = 7


# Sealing at rest protects against the theft of the database, and only if the key was not beside it.
class KeyInDatabase(KeyFileFault):
    """The key would lie beside the database, where a single theft takes both: the custodian moves it elsewhere."""

    exit_status = 7


class KeyPathLinked(KeyFileFault):
    """The path to the key contains a symbolic link: the custodian writes the path without it."""

    exit_status = 7


class KeyPathOpen(KeyFileFault):
    """Others can replace a part of the path to the key: the custodian restricts that directory."""

    exit_status = 7


class CredentialsAbsent(KeyFileFault):
    """The program was started without systemd's credentials: the custodian starts the service, or passes them on."""


class CredentialsRelative(KeyFileFault):
    """$CREDENTIALS_DIRECTORY is not absolute, as systemd would set it: the custodian finds out who set it."""

    exit_status = 7


class CredentialMissing(KeyFileFault):
    """There is no credential with that name: the custodian corrects the unit or the setting."""


class CredentialExposed(KeyFileFault):
    """Others can read or write the credential, which systemd would not allow: the custodian finds out why."""

    exit_status = 7


class CredentialDiffers(KeyFileFault):
    """The credential is not the key that is to be restored: the custodian installs that key first."""


class KeyPartsFault(KeyFileFault):
    """The two parts of the passphrase, each known to one person, cannot be used."""

    exit_status = 3


class KeyPartsMissing(KeyPartsFault):
    """The terminal opens with two parts, which were not given: two persons type them, or a script names their files."""


# The two parts are combined before they are tried, so the program itself does not know which of them is wrong.
class KeyPartsRefused(KeyPartsFault):
    """The parts do not open the terminal, and nobody can tell whose is wrong: both persons type theirs again."""


# The wait slows down a person who knows one part and guesses the other.
class KeyPartsTooSoon(KeyPartsFault):
    """After wrong parts the next try has to wait: the persons try again later."""


class KeyPartsWeak(KeyPartsFault):
    """A new part is too easy to guess: that person chooses a longer part."""

    exit_status = 4


class KeyPartsAlike(KeyPartsFault):
    """Both new parts are the same, so that one person could open the terminal: both choose again."""

    exit_status = 4


class KeyPartsUnwanted(KeyPartsFault):
    """New parts were given where the key does not come from a passphrase: the custodian leaves them out."""

    exit_status = 2


# ── Integrity ─────────────────────────────────────────────────────────────────────────────────────


class IntegrityFault(StoreError):
    """Stored data does not verify. Nobody goes on before the officer knows."""

    exit_status = 6


# The seal binds terminal, table, column, row and version, so that opening fails in the same way in all three cases.
class SealBroken(IntegrityFault):
    """A sealed value was changed, moved to another place, or sealed by another terminal."""


class RowSealBroken(IntegrityFault):
    """A row of a `table` is not as the terminal wrote it: nobody decides on it before the officer knows why."""


class RowOutdated(IntegrityFault):
    """A row of a `table` is older than its last entry in the log: nobody decides on it before the officer knows why."""


class RowMissing(IntegrityFault):
    """A row of a `table` that the log tells of is gone: nobody decides without it before the officer knows why."""


class ApprovalUnproved(IntegrityFault):
    """The log holds no entry of another person's approval of exactly this content: the officer finds out why."""


class SealedFileBroken(IntegrityFault):
    """A sealed file was changed or cut off, or was sealed under another key."""


class DumpUnreadable(IntegrityFault):
    """A backup does not hold the tables of this program: the makers of the program examine it."""


class LogEntryRefused(IntegrityFault):
    """A log entry would have contained what no entry may contain: the makers correct the program."""


class LogBroken(IntegrityFault):
    """The log does not verify, beginning at the entry named: nobody works here before the officer knows why."""


class LadderBroken(IntegrityFault):
    """The key for the next checkpoint is not the key that the last checkpoint named: two persons decide to go on."""


# The chain of a database that was rolled back verifies by itself. The peer, which countersigned a later checkpoint, is
# the witness against it.
class LogBehind(IntegrityFault):
    """The database is older than a state seen before: somebody rolled it back, and two persons decide to go on."""


class ClockAhead(StoreError):
    """The clock is `days` ahead of the last time known, `known`: the custodian sets it right, or an officer says why.

    No new work begins meanwhile.
    """

    exit_status = 7


class TerminalNotAdmitted(IntegrityFault):
    """The log does not know this terminal, or no longer admits it: two persons admit it at another terminal."""


class NoticeConflict(IntegrityFault):
    """The peer sent other bytes under a known id: the officer asks the peer which of the two holds."""


class CursorBackwards(IntegrityFault):
    """The feed's position would have moved backwards: the officer asks the peer what happened there."""


# The peer knows a message by its id and digest. Other bytes under the same id would be an alarm there.
class ShipmentConflict(IntegrityFault):
    """A message would have left with other bytes than those kept for it: the makers correct the program."""


# ── Logging on, rights, people ────────────────────────────────────────────────────────────────────


# There is no error for an unknown ID or a wrong PIN: both are the same refusal, so that nobody learns which IDs exist.
class CredentialsFault(StoreError):
    """Somebody cannot log on."""

    exit_status = 3


class PersonLocked(CredentialsFault):
    """Ten wrong PINs were given: a second person who has the right releases the ID."""


class AttemptTooSoon(CredentialsFault):
    """Several wrong PINs were given: the person waits for the seconds named before the next try."""


class CodeExpired(CredentialsFault):
    """The one-time code was not used in time: an officer and a second person draw a new one."""


class SessionClosed(CredentialsFault):
    """The session has ended, here or elsewhere: the person logs on again."""


class RightsFault(StoreError):
    """This person may not do this."""

    exit_status = 3


class SecondPersonNeeded(RightsFault):
    """The person who entered a message may not approve it: another person does."""


class OtherPersonNeeded(RightsFault):
    """The person who was the first to confirm a deletion may not also be the second: another person confirms it."""


# The facts of these errors name rules and lengths. No part of the PIN is in them, because they reach logs and screens.
class PinFault(StoreError):
    """A PIN that must not be chosen: the person chooses another."""

    exit_status = 4


class PinTooShort(PinFault):
    """Fewer than 8 digits, or a phrase of fewer than 12 characters."""


class PinTooLong(PinFault):
    """More than 128 characters."""


class PinUntypable(PinFault):
    """The PIN has a control character, which not every keyboard can type again."""


class PinGuessable(PinFault):
    """A date, a run, a repeat, a mirror, or the person's own ID: these are the first guesses of an attacker."""


class PeopleFault(StoreError):
    """People as they are registered."""

    exit_status = 4


class PersonIdBad(PeopleFault):
    """An ID has 3 to 32 characters from a-z, 0-9 and the hyphen."""


# The log names people by their IDs for ever, so an ID must always mean the same person.
class PersonExists(PeopleFault):
    """That ID has been given already, and no ID is ever given twice."""


class PersonMissing(PeopleFault):
    """Nobody has that ID."""


class PersonIdCommon(PeopleFault):
    """An ID such as admin names nobody: each person has an ID of their own."""


class PersonNameBad(PeopleFault):
    """A name has 1 to `most` characters that can be read."""


class PersonReasonBad(PeopleFault):
    """A reason has at most `most` characters."""


class StaffNumberBad(PeopleFault):
    """A staff number has 1 to 16 digits, capital letters or hyphens; a new person has one."""


class StaffNumberShared(PeopleFault):
    """The ID `person` has the same staff number: one person has one ID."""


class RolesMissing(PeopleFault):
    """A person needs at least one role."""


class RolesClash(PeopleFault):
    """These `roles` must not be one person's: two persons get them."""


class LastKeeper(PeopleFault):
    """There would be nobody in the `roles` (officer, custodian) any more: another one is registered first."""


class ValidityBad(PeopleFault):
    """The last day would lie before the first, or a day that is to come in the past: the officer corrects it."""


class PersonStandsOtherwise(PeopleFault):
    """The ID `person` is `standing`, so this cannot be done with it."""


class PersonChanged(PeopleFault):
    """Somebody changed the ID `person` after it was shown: the officer looks at it again."""


class PersonUnchanged(PeopleFault):
    """What was asked for the ID `person` is so already."""


# ── The peer register ─────────────────────────────────────────────────────────────────────────────


class PeerFault(StoreError):
    """The register of the peer."""


class PeerMissing(PeerFault):
    """No version of the peer is in force on that day: the custodian registers it."""

    # As for a line that is down: nothing can be exchanged.
    exit_status = 5


class PeerVersionExists(PeerFault):
    """Another version of the peer begins at that very moment: the custodian chooses another moment."""

    exit_status = 4


class PeerDatesBad(PeerFault):
    """A version of the peer would end before it begins: the custodian corrects the dates."""

    exit_status = 4


# ── The queue ─────────────────────────────────────────────────────────────────────────────────────


class QueueFault(StoreError):
    """A message cannot take the step asked for."""

    exit_status = 4


class MessageMissing(QueueFault):
    """There is no message with that number."""


class ContentErased(QueueFault):
    """The retention period is over and the content was erased; its evidence remains."""


class ReferenceTaken(QueueFault):
    """A message with that kind and reference is in the queue already."""


class ImportUnderWay(QueueFault):
    """A file that `person` is taking in, `percent` of it done, holds the same reference: the person waits for its end.

    Neither of the two may get in beside the other, and nobody knows yet whether that file will.
    """


class StepRefused(QueueFault):
    """The message's present state does not allow that step."""


class MessageChanged(QueueFault):
    """Another person, whose ID is in the facts, changed the message meanwhile: the person looks at it again."""


class MessageClaimed(QueueFault):
    """Another person, whose ID is in the facts, edits or reviews the message: until they finish it can only be read."""


class WarningsUnconfirmed(QueueFault):
    """The message has warnings (アラート) that nobody has confirmed."""


class PairApart(QueueFault):
    """The other message of the same event cannot take the step, so that this one stays as it is with it."""


class ContentUnchanged(QueueFault):
    """The new content is the present one, so there is nothing to review: the operator changes it or leaves it."""


class ReasonMissing(QueueFault):
    """That step needs a reason in words."""


class ApprovalVoid(QueueFault):
    """The content is not what was approved: it is reviewed again before it leaves."""


class AlreadyReceived(QueueFault):
    """The peer has this message: a new message replaces or cancels it, and it is never sent again."""


class OutOfOrder(QueueFault):
    """An earlier message about the same person is still open: that message is dealt with first."""


class NotYetDue(QueueFault):
    """The message is held until its planned day and cannot be released before."""


class NoDayAhead(QueueFault):
    """Only a departure whose planned day lies ahead is brought forward or called off."""


class MovedInUnfit(QueueFault):
    """The day of moving in lies after today, is not before the planned day, or is more than a year past."""


# ── The log on media ──────────────────────────────────────────────────────────────────────────────


class ExportFault(StoreError):
    """The log cannot be exported, checked on a medium, or pruned as asked."""

    exit_status = 4


class NothingToExport(ExportFault):
    """Everything has been exported already."""


class BundleMissing(ExportFault):
    """There is no bundle of the log in that directory: the auditor names the right one."""


class LabelUnfit(ExportFault):
    """A label of a medium has 1 to 32 letters, digits, dots, hyphens and underscores: the officer corrects it."""


# On PostgreSQL the tables may belong to another role, so that a thief of the working role's access cannot remove
# entries.
class LogGuarded(ExportFault):
    """The working role of the database may not remove entries: the custodian prunes as the owner of the tables."""

    exit_status = 3


class NothingToPrune(ExportFault):
    """No exported part of the log is older than the time for which the log is kept."""


# ── Files offered for import ──────────────────────────────────────────────────────────────────────


class FileFault(StoreError):
    """A file offered for import cannot be read as such; nothing in it was imported."""

    exit_status = 4


class FileUnreadable(FileFault):
    """The file is missing or may not be read: the operator names another file."""


class FileSuffixUnknown(FileFault):
    """The name ends neither in .jsonl nor in .csv: the operator renames the file or exports it again."""


# It is not converted: CP932 lacks many characters of names on residence cards, so the export may have lost some
# already.
class FileShiftJis(FileFault):
    """The file is in Shift_JIS (CP932): the resident-record system exports it again, in UTF-8."""


class FileNotUtf8(FileFault):
    """The file is not in UTF-8, beginning at the line named: it is exported again."""
