"""The errors of the transport.

    TransportError
    ├── IdentityFault            the custodian repairs keys or certificates of this side
    │   ├── IdentityMissing, IdentityExposed, IdentityDamaged, IdentityMismatch, IdentityExists, IdentityPending
    │   └── CertificateExpired, CertificateNotYetValid
    ├── LineFault                the exchange failed: the operator tries again, or the custodian checks the line
    │   ├── EndpointInvalid, LineUnreachable, LineTimeout, LineCancelled, PeerNotInForce
    │   ├── PeerNotTrusted, PeerCertificateExpired, PeerCertificateNotYetValid, PeerCertificateMisused
    │   ├── PeerNotSecured, PeerTlsTooOld, TerminalNotTrusted
    │   ├── PeerIsAnother, PeerServesAnother, ProtocolUnknown
    │   └── AnswerCut, AnswerTimeout, AnswerCancelled, AnswerMalformed, AnswerTooLarge, AnswerRedirects,
    │       RequestRefused, PeerFailed
    ├── EnvelopeFault            an envelope is not as it has to be: it is set aside, and its sender is asked
    │   ├── EnvelopeMalformed, EnvelopeTruncated, EnvelopeTooLarge, EnvelopeProtocolUnknown
    │   ├── EnvelopeSuiteUnknown, EnvelopeSuiteRetired, EnvelopeMisaddressed, EnvelopeRecipientKeyUnknown
    │   ├── EnvelopeSenderUnknown, EnvelopeSenderKeyUnknown, EnvelopeSenderKeyNotInForce
    │   ├── EnvelopeMunicipalityForeign, EnvelopePurposeForeign, EnvelopeFromFuture
    │   └── EnvelopeSignatureBroken, EnvelopeSealBroken, EnvelopeContentChanged
    ├── ReceiptFault             a receipt proves nothing: the message stays without one
    │   └── ReceiptMalformed, ReceiptOfAnother, ReceiptKeyUnknown, ReceiptKeyNotInForce, ReceiptSignatureBroken,
    │       ReceiptTimeImplausible
    ├── WitnessFault             the peer's statement about the log proves nothing
    │   └── WitnessBroken
    ├── MediaFault               nothing was left on the medium: the officer takes another one
    │   └── MediumMissing, MediumOccupied, MediumFull, MediumReadOnly, MediumFailed, MediumLies
    └── AgencyFault              the person who runs the reference agency corrects its directory or the notices
        ├── AgencyMissing, AgencyExists, AgencyUnsafe, AgencyVersionUnknown, AgencyPortTaken, AgencyBusy
        └── AgencyTerminalUnknown, AgencyTerminalKnown, AgencyNoticeMalformed, AgencyNoticeChanged, AgencyRefusalUnknown

Each leaf has a `code`, under which the catalogue has cause and remedy in both languages, and the `exit_status` with
which a command ends. Facts are named values for those texts; they never hold personal data.
"""

import re
from typing import ClassVar, Final

# The boundary between two words of a class name.
_WORD_START: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class TransportError(Exception):
    """The root of all errors of the transport."""

    code: ClassVar[str] = "transport_failed"
    exit_status: ClassVar[int] = 1
    #: The number under which the technical log has this error, if it was recorded.
    incident: str | None = None
    #: Whether the request may have reached the peer nevertheless. A sender then marks its messages unknown and asks.
    may_have_arrived: bool = False

    def __init_subclass__(cls, **keywords: object) -> None:
        """Derive the code of a class from its name: `DiskFull` has the code `disk_full`."""
        # Derived, not written down: code and class name can never differ. The codes of envelopes and receipts are also
        # those on the wire (PROTOCOL.md, 4 and 5), so these classes cannot be renamed freely.
        super().__init_subclass__(**keywords)
        cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, **facts: str | int) -> None:
        # Texts only: facts are put into the sentences of the catalogue, and into logs as they are.
        self.facts: dict[str, str] = {name: str(value) for name, value in facts.items()}
        super().__init__(self.code, self.facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class IdentityFault(TransportError):
    """The keys or the certificate of this side cannot be used."""


class IdentityMissing(IdentityFault):
    """The file `name` of the identity is missing: the custodian restores it."""


class IdentityExposed(IdentityFault):
    """Others can read `name`, or it belongs to someone else: the custodian narrows its mode and renews the key."""

    exit_status = 7


class IdentityDamaged(IdentityFault):
    """The file `name` of the identity has no valid content: the custodian restores it."""


class IdentityMismatch(IdentityFault):
    """Certificate and private key do not belong together: the custodian restores the pair."""


class IdentityExists(IdentityFault):
    """The directory `name` already has an identity: the custodian never overwrites keys."""


class IdentityPending(IdentityFault):
    """The next keys exist already and take over on `since`: the custodian waits until then."""


class CertificateExpired(IdentityFault):
    """The certificate of this side ended on `until`: the custodian has a new one registered."""

    exit_status = 5


class CertificateNotYetValid(IdentityFault):
    """The certificate of this side begins on `since`: the custodian checks the clock or waits."""

    exit_status = 5


class LineFault(TransportError):
    """An exchange with the peer failed on the line."""

    exit_status = 5


class EndpointInvalid(LineFault):
    """The peer's address is no IP address with a port: the custodian corrects the register."""


class LineUnreachable(LineFault):
    """Nothing answers at `address`, port `port` (`reason`): the operator tries later, the custodian checks the line."""


class LineTimeout(LineFault):
    """No connection to `address`, port `port`, within `seconds`: the operator tries later."""


class LineCancelled(LineFault):
    """The operator stopped before anything was sent."""


class PeerNotInForce(LineFault):
    """No registered version of the peer is in force now: the custodian registers one."""


class PeerNotTrusted(LineFault):
    """The server's certificate is not registered: custodian and peer compare fingerprints. Nothing was sent."""


class PeerCertificateExpired(LineFault):
    """The peer's certificate has ended: the custodian asks the peer. Nothing was sent."""


class PeerCertificateNotYetValid(LineFault):
    """The peer's certificate is not valid yet: the custodian checks the clock and asks the peer. Nothing was sent."""


class PeerCertificateMisused(LineFault):
    """The peer's certificate is not for a server: the custodian asks the peer. Nothing was sent."""


class PeerNotSecured(LineFault):
    """The server does not speak TLS: the custodian checks address and port. Nothing was sent."""


class PeerTlsTooOld(LineFault):
    """The server offers no TLS 1.3: the custodian asks the peer. Nothing was sent."""


class TerminalNotTrusted(LineFault):
    """The peer does not admit this terminal's certificate: the custodian has it registered there."""


class PeerIsAnother(LineFault):
    """The peer calls itself `found`, not `wanted`: the custodian checks the register. No message was sent."""


class PeerServesAnother(LineFault):
    """The peer has this terminal registered for municipality `found`, not `wanted`. No message was sent."""


class ProtocolUnknown(LineFault):
    """The peer speaks `found`, this program `wanted`: the custodian installs the agreed version. Nothing was sent."""


class AnswerCut(LineFault):
    """The connection ended before the answer was complete: what was sent may have arrived; the operator asks."""

    may_have_arrived = True


class AnswerTimeout(LineFault):
    """No answer within `seconds`: what was sent may have arrived; the operator asks."""

    may_have_arrived = True


class AnswerCancelled(LineFault):
    """The operator stopped while waiting for an answer: what was sent may have arrived; the operator asks."""

    may_have_arrived = True


class AnswerMalformed(LineFault):
    """The answer breaks the protocol at `place`: what was sent may have arrived; the custodian tells the peer."""

    may_have_arrived = True


class AnswerTooLarge(LineFault):
    """The answer is larger than `most` bytes: what was sent may have arrived; the custodian tells the peer."""

    may_have_arrived = True


class AnswerRedirects(LineFault):
    """The peer redirects to another address, which is never followed: the custodian asks the peer."""


class RequestRefused(LineFault):
    """The peer refused the whole request, with the code `problem` and incident number `incident`. It kept nothing."""


class PeerFailed(LineFault):
    """The peer failed (status `status`, incident number `incident`): what was sent may have arrived; ask later."""

    may_have_arrived = True


class EnvelopeFault(TransportError):
    """An envelope is not as it has to be. It is set aside and counts as not received."""

    exit_status = 6


class EnvelopeMalformed(EnvelopeFault):
    """The bytes are no envelope (`place`): the sender is informed."""


class EnvelopeTruncated(EnvelopeFault):
    """The envelope ends too early or too late: the sender is informed."""


class EnvelopeTooLarge(EnvelopeFault):
    """The envelope has more than `most` bytes: the sender is informed."""


class EnvelopeProtocolUnknown(EnvelopeFault):
    """The envelope is of another protocol: both sides agree on a version."""


class EnvelopeSuiteUnknown(EnvelopeFault):
    """The envelope is sealed with a suite that this program does not know: both sides agree on a suite."""


class EnvelopeSuiteRetired(EnvelopeFault):
    """The envelope is sealed with a suite that is no longer admitted: the sender seals it again."""


class EnvelopeMisaddressed(EnvelopeFault):
    """The envelope is for someone else: the sender is informed."""


class EnvelopeRecipientKeyUnknown(EnvelopeFault):
    """The envelope is sealed to a key that this side does not have: both compare what is registered."""


class EnvelopeSenderUnknown(EnvelopeFault):
    """The envelope names a sender other than the registered one: the custodian reports it."""


class EnvelopeSenderKeyUnknown(EnvelopeFault):
    """The envelope is signed by a key that is not registered: both compare what is registered."""


class EnvelopeSenderKeyNotInForce(EnvelopeFault):
    """The signing key was not in force when the envelope was made: both compare what is registered."""


class EnvelopeMunicipalityForeign(EnvelopeFault):
    """The envelope is for another municipality: the sender is informed."""


class EnvelopePurposeForeign(EnvelopeFault):
    """An envelope of this purpose does not belong here: the sender is informed."""


class EnvelopeFromFuture(EnvelopeFault):
    """The envelope is dated in the future: the custodian compares both clocks."""


class EnvelopeSignatureBroken(EnvelopeFault):
    """The signature does not verify: something was changed on the way; the custodian reports it."""


class EnvelopeSealBroken(EnvelopeFault):
    """The seal does not open with the key that the envelope names: the sender is informed."""


class EnvelopeContentChanged(EnvelopeFault):
    """The content is not the one that was signed for: the sender is informed."""


class ReceiptFault(TransportError):
    """A receipt does not prove that the message was received."""

    exit_status = 6


class ReceiptMalformed(ReceiptFault):
    """The bytes are no receipt (`place`): the peer is informed."""


class ReceiptOfAnother(ReceiptFault):
    """The receipt is about something else: its `field` differs. The custodian reports it."""


class ReceiptKeyUnknown(ReceiptFault):
    """The receipt is signed by a key that is not registered: both compare what is registered."""


class ReceiptKeyNotInForce(ReceiptFault):
    """The signing key was not in force at the time of receipt: both compare what is registered."""


class ReceiptSignatureBroken(ReceiptFault):
    """The signature of the receipt does not verify: the custodian reports it."""


class ReceiptTimeImplausible(ReceiptFault):
    """The receipt is dated before its envelope was made: the custodian compares both clocks."""


class WitnessFault(TransportError):
    """The peer's statement about the log proves nothing."""

    exit_status = 6


class WitnessBroken(WitnessFault):
    """The peer's statement about the log does not verify (`field`): the custodian asks the peer."""


class MediaFault(TransportError):
    """A medium cannot be written. Nothing incomplete is left on it."""

    exit_status = 7


class MediumMissing(MediaFault):
    """The path is no directory, or is a link to one: the officer gives the directory of the medium itself."""

    exit_status = 4


class MediumOccupied(MediaFault):
    """Something of that name is on the medium: the officer takes another medium."""

    exit_status = 4


class MediumFull(MediaFault):
    """There is not enough room: the officer takes another medium."""


class MediumReadOnly(MediaFault):
    """The medium is write-protected: the officer removes the protection."""


class MediumFailed(MediaFault):
    """The medium broke, or was pulled out: the officer takes another one."""


class MediumLies(MediaFault):
    """The medium returns other bytes than were written: the officer destroys it and takes another one."""

    exit_status = 6


class AgencyFault(TransportError):
    """The reference agency cannot do what was asked."""


class AgencyMissing(AgencyFault):
    """There is no agency in the directory: it has to be prepared first."""


class AgencyExists(AgencyFault):
    """Something lies in the directory already: another directory is chosen."""


class AgencyUnsafe(AgencyFault):
    """The agency's database is not durable (`setting`): it lies on an unsuitable file system."""


class AgencyVersionUnknown(AgencyFault):
    """The agency's database has version `found`, this program knows `known`: a new agency is prepared."""


class AgencyPortTaken(AgencyFault):
    """Port `port` at `address` is in use: the other program is ended, or the agency gets another port."""


class AgencyBusy(AgencyFault):
    """Another agency runs on the same directory: one of them is ended."""


class AgencyTerminalUnknown(AgencyFault):
    """No terminal of municipality `municipality` is registered in force: it is registered first."""


class AgencyTerminalKnown(AgencyFault):
    """The certificate is registered for another terminal already: each terminal has its own."""


class AgencyNoticeMalformed(AgencyFault):
    """Notice number `line` is not valid: its `field` is missing or wrong and is corrected."""

    exit_status = 4


class AgencyNoticeChanged(AgencyFault):
    """Notice `reference` was posted before with another content: a new reference is given."""

    exit_status = 4


class AgencyRefusalUnknown(AgencyFault):
    """There is no refusal `refusal` in the agency's texts: a known one is chosen."""

    exit_status = 4
