"""Every way in which the store can fail.

    StoreError
    ├── DatabaseFault     the database as a whole: missing, of another version, unsafe, busy, damaged, full
    ├── KeyFileFault      a key file that cannot be used
    ├── IntegrityFault    something kept does not verify (exit status 6)
    ├── CredentialsFault  logging on (exit status 3)
    ├── RightsFault       not allowed to this person (exit status 3)
    ├── PinFault          a PIN that must not be chosen (exit status 4)
    ├── ClockAhead        the clock is far ahead of what the terminal knows (exit status 7)
    ├── PeopleFault       people and sessions as registered
    ├── PeerFault         the peer register
    ├── QueueFault        a message cannot take the step that was asked of it
    ├── ExportFault       the log cannot be exported, checked on a medium, or pruned as asked (exit status 4)
    └── FileFault         a file offered for import cannot be read as one (exit status 4)

A leaf's sentence says who must act. `facts` hold only codes, counts, versions, field names, line
numbers, reference numbers and base names of files: never anything personal.
"""

import re
from typing import ClassVar, Final

# Where a word of a class name begins, after another one.
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class StoreError(Exception):
    """The root of what the store refuses."""

    code: ClassVar[str] = "store_failed"
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


# ── The database ──────────────────────────────────────────────────────────────────────────────────


class DatabaseFault(StoreError):
    """The database as a whole cannot be used."""


class DatabaseMissing(DatabaseFault):
    """There is no database at that place: the custodian names the right home, or makes a new terminal."""


class DatabaseExists(DatabaseFault):
    """A database stands there already and is not overwritten: the custodian chooses another place."""


class DatabaseNewer(DatabaseFault):
    """The database was made by a newer program: the custodian installs that version here."""


class DatabaseOlder(DatabaseFault):
    """The database was made by an older program: the custodian upgrades it."""


class DatabaseDamaged(DatabaseFault):
    """The file is no database of ours, or is broken: the custodian restores the latest backup."""

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
    """The database server does not answer, or not to this role: the custodian looks at server and settings."""


class DatabaseBusy(DatabaseFault):
    """Another program kept the database for too long: the operator tries again, or ends that program."""


class DatabaseFailed(DatabaseFault):
    """The disk did not do what it was told: the custodian looks at the machine before anyone goes on."""

    exit_status = 7


class DiskFull(DatabaseFault):
    """The disk is full and nothing of this step was kept: the custodian makes room."""

    exit_status = 7


class DiskFailed(DatabaseFault):
    """The disk did not take what was to be written: the custodian looks at the machine before anyone goes on."""

    exit_status = 7


class DiskLow(DatabaseFault):
    """The disk is nearly full: no new work begins, so that log-off and export still can; the custodian makes room."""

    exit_status = 7


# ── Key files ─────────────────────────────────────────────────────────────────────────────────────


class KeyFileFault(StoreError):
    """A key file cannot be used."""


class KeyFileMissing(KeyFileFault):
    """A key file is not where the settings say: the custodian puts it back."""


class KeyFileExists(KeyFileFault):
    """A key file stands there already; overwriting it would lose all that it opens."""


class KeyFileExposed(KeyFileFault):
    """Others can read a key file: the custodian sets its mode to 0400 and decides about a new key."""

    exit_status = 7


class KeyFileDamaged(KeyFileFault):
    """A key file has not the right size or does not open what it should: the custodian restores it."""

    exit_status = 6


class KeyFileLoose(KeyFileFault):
    """A key file outside the terminal's directory has another mode than 0400: the custodian sets it."""

    exit_status = 7


class KeyFileForeign(KeyFileFault):
    """A key file belongs to somebody else: the custodian gives it to the user of this program."""

    exit_status = 7


class KeyInDatabase(KeyFileFault):
    """The key is to lie in the database's directory, where one theft takes both: the custodian moves it elsewhere."""

    exit_status = 7


class KeyPathLinked(KeyFileFault):
    """The way to the key leads over a symbolic link: the custodian writes the way without it."""

    exit_status = 7


class KeyPathOpen(KeyFileFault):
    """Others can put something else in the way to the key: the custodian narrows that directory."""

    exit_status = 7


class CredentialsAbsent(KeyFileFault):
    """The program was started without systemd's credentials: the custodian starts the service, or passes them on."""


class CredentialsRelative(KeyFileFault):
    """$CREDENTIALS_DIRECTORY is no absolute path, as systemd sets it: the custodian finds out who set it."""

    exit_status = 7


class CredentialMissing(KeyFileFault):
    """There is no credential of that name: the custodian corrects the unit or the setting."""


class CredentialExposed(KeyFileFault):
    """Others can write or read the credential: it is not as systemd hands it out, and the custodian sees why."""

    exit_status = 7


class CredentialDiffers(KeyFileFault):
    """The credential is another key than the one to be restored: the custodian installs that one first."""


class KeyPartsFault(KeyFileFault):
    """The two parts of the passphrase, each known to one person, do not do."""

    exit_status = 3


class KeyPartsMissing(KeyPartsFault):
    """The terminal opens with two parts, which were not given: two persons type them, or a script names their files."""


class KeyPartsRefused(KeyPartsFault):
    """The parts do not open the terminal; whose was wrong nobody knows. Both persons type them again."""


class KeyPartsTooSoon(KeyPartsFault):
    """After wrong parts the next try has to wait: the persons come back then."""


class KeyPartsWeak(KeyPartsFault):
    """A part that is to be chosen is too easily guessed: that person chooses a longer one."""

    exit_status = 4


class KeyPartsAlike(KeyPartsFault):
    """Both parts that are to be chosen are the same: one person would open the terminal alone. They choose again."""

    exit_status = 4


class KeyPartsUnwanted(KeyPartsFault):
    """New parts were given where the key does not come from a passphrase: the custodian leaves them out."""

    exit_status = 2


# ── Integrity ─────────────────────────────────────────────────────────────────────────────────────


class IntegrityFault(StoreError):
    """Something that was kept does not verify. Nobody goes on before the officer knows."""

    exit_status = 6


class SealBroken(IntegrityFault):
    """A sealed value was changed, moved to another place, or sealed by another terminal."""


class SealedFileBroken(IntegrityFault):
    """A sealed file was changed or cut off, or was sealed under another key."""


class DumpUnreadable(IntegrityFault):
    """A backup holds something else than the tables of this program: the makers look at it."""


class LogEntryRefused(IntegrityFault):
    """A log entry would have held something that no entry may hold: the makers mend the program."""


class LogBroken(IntegrityFault):
    """The log does not verify from the entry named on: nobody works here before the officer knows why."""


class LadderBroken(IntegrityFault):
    """The key for the log's next checkpoint is not the one that the last one named: two persons decide to go on."""


class LogBehind(IntegrityFault):
    """The database is older than what it was seen to be: somebody rolled it back, and two persons decide to go on."""


class ClockAhead(StoreError):
    """The clock is `days` ahead of the last time known, `known`: the custodian sets it right, or an officer says why.

    No new work begins meanwhile.
    """

    exit_status = 7


class TerminalNotAdmitted(IntegrityFault):
    """The log does not know this terminal, or not any more: two persons let it in at another one."""


class NoticeConflict(IntegrityFault):
    """The peer sent other bytes under an id that is known: the officer asks the peer which one holds."""


class CursorBackwards(IntegrityFault):
    """The feed's position would have moved backwards: the officer asks the peer what happened there."""


class ShipmentConflict(IntegrityFault):
    """A message would have left with other bytes than those kept for it: the makers mend the program."""


# ── Logging on, rights, people ────────────────────────────────────────────────────────────────────


class CredentialsFault(StoreError):
    """Somebody cannot log on."""

    exit_status = 3


class PersonLocked(CredentialsFault):
    """Ten wrong PINs: a second person with that right releases the ID."""


class AttemptTooSoon(CredentialsFault):
    """Several wrong PINs: the person waits the seconds named before the next try."""


class SessionClosed(CredentialsFault):
    """The session has ended, here or elsewhere: the person logs on again."""


class RightsFault(StoreError):
    """This person may not do this."""

    exit_status = 3


class SecondPersonNeeded(RightsFault):
    """Who entered a message may not approve it: another person does."""


class OtherPersonNeeded(RightsFault):
    """Who has confirmed a deletion first may not confirm it again: another person does."""


class PinFault(StoreError):
    """A PIN that must not be chosen: the person chooses another."""

    exit_status = 4


class PinTooShort(PinFault):
    """Fewer than 8 digits, or a phrase of fewer than 12 characters."""


class PinTooLong(PinFault):
    """More than 128 characters."""


class PinUntypable(PinFault):
    """It holds a control character, which not every keyboard can type again."""


class PinGuessable(PinFault):
    """A date, a run, a repeat, a mirror, or the person's own ID: the first things that are tried."""


class PeopleFault(StoreError):
    """People as they are registered."""

    exit_status = 4


class PersonIdBad(PeopleFault):
    """An ID has 3 to 32 characters out of a-z, 0-9 and the hyphen."""


class PersonExists(PeopleFault):
    """That ID is given already, and IDs are never given twice."""


class PersonMissing(PeopleFault):
    """Nobody has that ID."""


class RolesMissing(PeopleFault):
    """A person needs at least one role."""


# ── The peer register ─────────────────────────────────────────────────────────────────────────────


class PeerFault(StoreError):
    """The register of the peer."""


class PeerMissing(PeerFault):
    """No version of the peer is in force on that day: the custodian registers it."""


class PeerVersionExists(PeerFault):
    """A version of the peer begins at that very moment already: the custodian chooses another."""

    exit_status = 4


class PeerDatesBad(PeerFault):
    """A version of the peer would end before it begins: the custodian corrects the dates."""

    exit_status = 4


# ── The queue ─────────────────────────────────────────────────────────────────────────────────────


class QueueFault(StoreError):
    """A message cannot take the step that was asked of it."""

    exit_status = 4


class MessageMissing(QueueFault):
    """There is no message with that number."""


class ContentErased(QueueFault):
    """The content's retention is over and it was erased; its evidence is still there."""


class ReferenceTaken(QueueFault):
    """A message of that kind and reference is in the queue already."""


class StepRefused(QueueFault):
    """The message's present state does not allow that step."""


class MessageChanged(QueueFault):
    """Somebody else, whose ID is told, changed the message in between: the person looks at it anew."""


class MessageClaimed(QueueFault):
    """Somebody, whose ID is told, edits or reviews the message: the person only reads it until that one lets go."""


class WarningsUnconfirmed(QueueFault):
    """The message has warnings (アラート) that nobody has confirmed."""


class ReasonMissing(QueueFault):
    """That step needs a reason in words."""


class ApprovalVoid(QueueFault):
    """The content is not what was approved: it is reviewed anew before it leaves."""


class AlreadyReceived(QueueFault):
    """The peer has this message: it is put right by a new one that replaces or cancels it, never sent anew."""


class OutOfOrder(QueueFault):
    """An earlier message of the same person is still open: it is dealt with first."""


class NotYetDue(QueueFault):
    """The message is held until its planned day and cannot be released before it."""


# ── The log on media ──────────────────────────────────────────────────────────────────────────────


class ExportFault(StoreError):
    """The log cannot be exported, checked on a medium, or pruned as asked."""

    exit_status = 4


class NothingToExport(ExportFault):
    """Everything was exported already."""


class BundleMissing(ExportFault):
    """There is no bundle of the log in that directory: the auditor names the right one."""


class LabelUnfit(ExportFault):
    """A medium's label has 1 to 32 letters, digits, dots, hyphens and underscores: the officer writes it so."""


class LogGuarded(ExportFault):
    """The role that works on the database may not remove entries: the custodian prunes as the tables' owner."""

    exit_status = 3


class NothingToPrune(ExportFault):
    """No exported part of the log is older than what is to be kept."""


# ── Files offered for import ──────────────────────────────────────────────────────────────────────


class FileFault(StoreError):
    """A file offered for import cannot be read as one; nothing of it was taken in."""

    exit_status = 4


class FileUnreadable(FileFault):
    """The file is missing, or may not be read: the operator names another."""


class FileSuffixUnknown(FileFault):
    """The name ends neither in .jsonl nor in .csv: the operator renames or exports anew."""


class FileShiftJis(FileFault):
    """The file is in Shift_JIS (CP932): the resident-record system exports it anew in UTF-8."""


class FileNotUtf8(FileFault):
    """The file is not in UTF-8 from the line named on: it is exported anew."""
