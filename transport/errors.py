"""The errors of the transport.

    TransportError
    ├── IdentityError            the custodian mends keys or certificates of this side
    │   ├── IdentityMissing, IdentityExposed, IdentityDamaged, IdentityMismatch, IdentityExists, IdentityPending
    │   └── CertificateExpired, CertificateNotYetValid
    ├── LineError                nothing was agreed with the peer; try again, or the custodian looks at the line
    │   ├── EndpointInvalid, LineUnreachable, LineTimeout, LineCancelled, PeerNotInForce
    │   ├── PeerNotTrusted, PeerCertificateExpired, PeerCertificateNotYetValid, PeerCertificateMisused
    │   ├── PeerNotSecured, PeerTlsTooOld, TerminalNotTrusted
    │   ├── PeerIsAnother, PeerServesAnother, ProtocolUnknown
    │   └── AnswerCut, AnswerTimeout, AnswerCancelled, AnswerMalformed, AnswerTooLarge, AnswerRedirects,
    │       RequestRefused, PeerFailed
    ├── EnvelopeError            an envelope is not what it has to be: it is set aside, its sender is asked
    │   ├── EnvelopeMalformed, EnvelopeTruncated, EnvelopeTooLarge, EnvelopeProtocolUnknown
    │   ├── SuiteUnknown, SuiteRetired, EnvelopeMisaddressed, RecipientKeyUnknown, SenderUnknown, SenderKeyUnknown,
    │   │   SenderKeyNotInForce
    │   └── MunicipalityForeign, PurposeForeign, EnvelopeFromFuture, SignatureBroken, SealBroken, ContentChanged
    ├── ReceiptError             a receipt proves nothing: the message stays without one
    │   └── ReceiptMalformed, ReceiptOfAnother, ReceiptKeyUnknown, ReceiptKeyNotInForce, ReceiptSignatureBroken,
    │       ReceiptTimeImplausible
    ├── WitnessError             the peer's word about the log proves nothing
    │   └── WitnessBroken
    ├── MediaError               nothing is on the medium: the officer takes another one
    │   └── MediumMissing, MediumOccupied, MediumFull, MediumReadOnly, MediumFailed, MediumLies
    └── AgencyError              who runs the reference agency mends its directory or what was posted
        ├── AgencyMissing, AgencyExists, AgencyUnsafe, AgencyVersionUnknown, AgencyPortTaken, AgencyBusy
        └── TerminalUnknown, TerminalKnown, NoticeMalformed, NoticeChanged, RefusalUnknown

Each leaf has a `code`, under which the catalogue holds cause and remedy in both languages, and the `exit_status` that a
command ends with. Facts are named values for those texts; they never hold personal data.
"""

from typing import ClassVar


class TransportError(Exception):
    """The root of what the transport refuses."""

    code: ClassVar[str] = "transport_failed"
    exit_status: ClassVar[int] = 1
    #: Whether the request may have reached the peer all the same. Who sent messages then marks them unknown and asks.
    may_have_arrived: bool = False
    #: The number under which the technical log of this side has it, where it was recorded.
    incident: str | None = None

    def __init__(self, **facts: str) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({told})" if told else self.code


class IdentityError(TransportError):
    """The keys or the certificate of this side cannot be used."""


class IdentityMissing(IdentityError):
    """The file `name` of the identity is not there: the custodian restores it."""

    code = "identity_missing"


class IdentityExposed(IdentityError):
    """Others can read `name`, or it belongs to someone else: the custodian narrows its mode and renews the key."""

    code = "identity_exposed"
    exit_status = 7


class IdentityDamaged(IdentityError):
    """The file `name` of the identity cannot be read as what it has to be: the custodian restores it."""

    code = "identity_damaged"


class IdentityMismatch(IdentityError):
    """Certificate and private key do not belong together: the custodian restores the pair."""

    code = "identity_mismatch"


class IdentityExists(IdentityError):
    """There is an identity in the directory `name` already: the custodian never writes over keys."""

    code = "identity_exists"


class IdentityPending(IdentityError):
    """The next keys were made already and take over on `since`: the custodian waits until then."""

    code = "identity_pending"


class CertificateExpired(IdentityError):
    """The certificate of this side ended on `until`: the custodian has a new one registered."""

    code = "certificate_expired"
    exit_status = 5


class CertificateNotYetValid(IdentityError):
    """The certificate of this side begins on `since`: the custodian checks the clock or waits."""

    code = "certificate_not_yet_valid"
    exit_status = 5


class LineError(TransportError):
    """The line to the peer did not carry what it should."""

    exit_status = 5


class EndpointInvalid(LineError):
    """The peer's address is no IP address with a port: the custodian corrects the register."""

    code = "endpoint_invalid"


class LineUnreachable(LineError):
    """Nobody answers at `address`, port `port` (`reason`): the operator tries later, the custodian checks the line."""

    code = "line_unreachable"


class LineTimeout(LineError):
    """No connection with `address`, port `port`, within `seconds`: the operator tries later."""

    code = "line_timeout"


class LineCancelled(LineError):
    """The operator stopped before anything was sent."""

    code = "line_cancelled"


class PeerNotInForce(LineError):
    """No registered version of the peer is in force now: the custodian registers one."""

    code = "peer_not_in_force"


class PeerNotTrusted(LineError):
    """Who answers has no registered certificate: the custodian and the peer compare fingerprints. Nothing was sent."""

    code = "peer_not_trusted"


class PeerCertificateExpired(LineError):
    """The peer's certificate has ended: the custodian asks the peer. Nothing was sent."""

    code = "peer_certificate_expired"


class PeerCertificateNotYetValid(LineError):
    """The peer's certificate has not begun: the custodian checks the clock and asks the peer. Nothing was sent."""

    code = "peer_certificate_not_yet_valid"


class PeerCertificateMisused(LineError):
    """The peer's certificate is not for a server: the custodian asks the peer. Nothing was sent."""

    code = "peer_certificate_misused"


class PeerNotSecured(LineError):
    """Who answers does not speak TLS: the custodian checks address and port. Nothing was sent."""

    code = "peer_not_secured"


class PeerTlsTooOld(LineError):
    """Who answers offers no TLS 1.3: the custodian asks the peer. Nothing was sent."""

    code = "peer_tls_too_old"


class TerminalNotTrusted(LineError):
    """The peer does not admit this terminal's certificate: the custodian has it registered there."""

    code = "terminal_not_trusted"


class PeerIsAnother(LineError):
    """The peer calls itself `found`, not `wanted`: the custodian checks the register. No message was sent."""

    code = "peer_is_another"


class PeerServesAnother(LineError):
    """The peer takes this terminal for one of municipality `found`, not `wanted`. No message was sent."""

    code = "peer_serves_another"


class ProtocolUnknown(LineError):
    """The peer speaks `found`, this program `wanted`: the custodian installs the version agreed. Nothing was sent."""

    code = "protocol_unknown"


class AnswerCut(LineError):
    """The connection ended before the answer was whole: what was sent may have arrived; the operator asks."""

    code = "answer_cut"
    may_have_arrived = True


class AnswerTimeout(LineError):
    """No answer within `seconds`: what was sent may have arrived; the operator asks."""

    code = "answer_timeout"
    may_have_arrived = True


class AnswerCancelled(LineError):
    """The operator stopped while an answer was due: what was sent may have arrived; the operator asks."""

    code = "answer_cancelled"
    may_have_arrived = True


class AnswerMalformed(LineError):
    """The answer breaks the protocol at `place`: what was sent may have arrived; the custodian tells the peer."""

    code = "answer_malformed"
    may_have_arrived = True


class AnswerTooLarge(LineError):
    """The answer is larger than `most` bytes: what was sent may have arrived; the custodian tells the peer."""

    code = "answer_too_large"
    may_have_arrived = True


class AnswerRedirects(LineError):
    """The peer points elsewhere, which is never followed: the custodian asks the peer."""

    code = "answer_redirects"


class RequestRefused(LineError):
    """The peer refused the whole request, with its code `problem` and incident number `incident`. It kept nothing."""

    code = "request_refused"


class PeerFailed(LineError):
    """The peer failed (status `status`, incident number `incident`): what was sent may have arrived; ask later."""

    code = "peer_failed"
    may_have_arrived = True


class EnvelopeError(TransportError):
    """An envelope is not what it has to be. It is set aside and counts as not received."""

    exit_status = 6


class EnvelopeMalformed(EnvelopeError):
    """The bytes are no envelope (`place`): the sender is told."""

    code = "envelope_malformed"


class EnvelopeTruncated(EnvelopeError):
    """The envelope ends too early or too late: the sender is told."""

    code = "envelope_truncated"


class EnvelopeTooLarge(EnvelopeError):
    """The envelope has more than `most` bytes: the sender is told."""

    code = "envelope_too_large"


class EnvelopeProtocolUnknown(EnvelopeError):
    """The envelope is of another protocol: both sides agree on a version."""

    code = "envelope_protocol_unknown"


class SuiteUnknown(EnvelopeError):
    """The envelope is sealed by a suite that this program does not know: both sides agree on one."""

    code = "envelope_suite_unknown"


class SuiteRetired(EnvelopeError):
    """The envelope is sealed by a suite that is no longer admitted: the sender seals anew."""

    code = "envelope_suite_retired"


class EnvelopeMisaddressed(EnvelopeError):
    """The envelope is for someone else: the sender is told."""

    code = "envelope_misaddressed"


class RecipientKeyUnknown(EnvelopeError):
    """The envelope is sealed to a key that this side does not have: both compare what is registered."""

    code = "envelope_recipient_key_unknown"


class SenderUnknown(EnvelopeError):
    """The envelope names a sender other than the registered one: the custodian reports it."""

    code = "envelope_sender_unknown"


class SenderKeyUnknown(EnvelopeError):
    """The envelope is signed by a key that is not registered: both compare what is registered."""

    code = "envelope_sender_key_unknown"


class SenderKeyNotInForce(EnvelopeError):
    """The signing key was not in force when the envelope was made: both compare what is registered."""

    code = "envelope_sender_key_not_in_force"


class MunicipalityForeign(EnvelopeError):
    """The envelope is for another municipality: the sender is told."""

    code = "envelope_municipality_foreign"


class PurposeForeign(EnvelopeError):
    """An envelope of this purpose does not belong here: the sender is told."""

    code = "envelope_purpose_foreign"


class EnvelopeFromFuture(EnvelopeError):
    """The envelope was made later than now: the custodian compares both clocks."""

    code = "envelope_from_future"


class SignatureBroken(EnvelopeError):
    """The signature does not fit: something was changed on the way; the custodian reports it."""

    code = "envelope_signature_broken"


class EnvelopeSealBroken(EnvelopeError):
    """The seal cannot be opened with the key that the envelope names: the sender is told."""

    code = "envelope_seal_broken"


class ContentChanged(EnvelopeError):
    """The content is not the one that was signed for: the sender is told."""

    code = "envelope_content_changed"


class ReceiptError(TransportError):
    """A receipt does not prove that the message was received."""

    exit_status = 6


class ReceiptMalformed(ReceiptError):
    """The bytes are no receipt (`place`): the peer is told."""

    code = "receipt_malformed"


class ReceiptOfAnother(ReceiptError):
    """The receipt is about something else: its `field` differs. The custodian reports it."""

    code = "receipt_of_another"


class ReceiptKeyUnknown(ReceiptError):
    """The receipt is signed by a key that is not registered: both compare what is registered."""

    code = "receipt_key_unknown"


class ReceiptKeyNotInForce(ReceiptError):
    """The signing key was not in force at the time of receipt: both compare what is registered."""

    code = "receipt_key_not_in_force"


class ReceiptSignatureBroken(ReceiptError):
    """The signature of the receipt does not fit: the custodian reports it."""

    code = "receipt_signature_broken"


class ReceiptTimeImplausible(ReceiptError):
    """The receipt is dated before its envelope was made: the custodian compares both clocks."""

    code = "receipt_time_implausible"


class WitnessError(TransportError):
    """The peer's word about the log proves nothing."""

    exit_status = 6


class WitnessBroken(WitnessError):
    """What the peer says it saw of the log does not verify (`field`): the custodian asks the peer."""

    code = "witness_broken"


class MediaError(TransportError):
    """A medium does not take what is to be written; nothing half-done is left on it."""

    exit_status = 7


class MediumMissing(MediaError):
    """The path is no directory, or a link to one: the officer names the medium's own."""

    code = "medium_missing"
    exit_status = 4


class MediumOccupied(MediaError):
    """Something of that name is on the medium: the officer takes another medium."""

    code = "medium_occupied"
    exit_status = 4


class MediumFull(MediaError):
    """There is not enough room: the officer takes another medium."""

    code = "medium_full"


class MediumReadOnly(MediaError):
    """The medium may not be written: the officer takes its protection off."""

    code = "medium_read_only"


class MediumFailed(MediaError):
    """The medium broke, or was pulled out: the officer takes another one."""

    code = "medium_failed"


class MediumLies(MediaError):
    """The medium gives back other bytes than it took: the officer destroys it and takes another one."""

    code = "medium_lies"
    exit_status = 6


class AgencyError(TransportError):
    """The reference agency cannot do what was asked."""


class AgencyMissing(AgencyError):
    """There is no agency in the directory: it has to be prepared first."""

    code = "agency_missing"


class AgencyExists(AgencyError):
    """There is an agency in the directory already: another directory is named."""

    code = "agency_exists"


class AgencyUnsafe(AgencyError):
    """The agency's database is not durable (`setting`): it lies on an unsuitable file system."""

    code = "agency_unsafe"


class AgencyVersionUnknown(AgencyError):
    """The agency's database has version `found`, this program knows `known`: a fresh agency is prepared."""

    code = "agency_version_unknown"


class AgencyPortTaken(AgencyError):
    """Port `port` at `address` is in use: who uses it is ended, or the agency gets another port."""

    code = "agency_port_taken"


class AgencyBusy(AgencyError):
    """Another agency runs on the same directory: one of them is ended."""

    code = "agency_busy"


class TerminalUnknown(AgencyError):
    """No terminal of municipality `municipality` is registered in force: it is registered first."""

    code = "agency_terminal_unknown"


class AgencyTerminalKnown(AgencyError):
    """The certificate is registered for another terminal already: each terminal has its own."""

    code = "agency_terminal_known"


class NoticeMalformed(AgencyError):
    """Notice number `line` is none: its `field` is missing or wrong."""

    code = "agency_notice_malformed"
    exit_status = 4


class NoticeChanged(AgencyError):
    """Notice `reference` was posted before with another content: a new reference is given."""

    code = "agency_notice_changed"
    exit_status = 4


class RefusalUnknown(AgencyError):
    """There is no refusal `refusal` in the agency's texts: a known one is named."""

    code = "agency_refusal_unknown"
    exit_status = 4
