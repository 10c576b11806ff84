"""Leaf certificates serve one side of TLS and nothing else, whoever signed them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from transport.parties.authority import LIFETIME, RehearsalAuthority, Use, Validity, sign_own

KEY = ec.generate_private_key(ec.SECP256R1())
MADE = {
    "by an authority": RehearsalAuthority().issue("131041-01", KEY.public_key(), Use.TERMINAL),
    "by its own key": sign_own("131041-01", KEY, Use.TERMINAL),
}


def _common_name(name: x509.Name) -> str | bytes:
    return name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


@pytest.fixture(params=list(MADE))
def certificate(request: pytest.FixtureRequest) -> x509.Certificate:
    return MADE[request.param]


def test_a_certificate_names_its_holder_and_holds_its_key(certificate: x509.Certificate) -> None:
    assert _common_name(certificate.subject) == "131041-01"
    assert certificate.public_key() == KEY.public_key()


def test_a_certificate_issues_no_others_and_its_key_only_signs(certificate: x509.Certificate) -> None:
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)

    assert (constraints.critical, constraints.value.ca) == (True, False)
    assert (usage.critical, usage.value.digital_signature) == (True, True)
    assert not any((usage.value.key_cert_sign, usage.value.key_agreement, usage.value.key_encipherment))


@pytest.mark.parametrize(
    ("use", "purpose"),
    [(Use.TERMINAL, ExtendedKeyUsageOID.CLIENT_AUTH), (Use.AGENCY, ExtendedKeyUsageOID.SERVER_AUTH)],
)
def test_each_use_is_one_side_of_tls(use: Use, purpose: x509.ObjectIdentifier) -> None:
    for certificate in (RehearsalAuthority().issue("a", KEY.public_key(), use), sign_own("a", KEY, use)):
        extension = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        assert (extension.critical, list(extension.value)) == (True, [purpose])


def test_a_certificate_is_valid_for_two_years_and_already_a_little_before_now(certificate: x509.Certificate) -> None:
    since, until, now = certificate.not_valid_before_utc, certificate.not_valid_after_utc, datetime.now(UTC)

    assert since < now - timedelta(minutes=5)
    assert until - since == LIFETIME


def test_a_period_may_be_asked_for() -> None:
    period = Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC))
    certificate = RehearsalAuthority().issue("a", KEY.public_key(), Use.TERMINAL, period=period)

    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (period.since, period.until)


def test_certificates_of_one_authority_carry_its_name_and_different_numbers() -> None:
    authority = RehearsalAuthority("Invented authority")
    first, second = (authority.issue("a", KEY.public_key(), Use.TERMINAL) for _ in range(2))

    assert _common_name(first.issuer) == _common_name(second.issuer) == "Invented authority"
    assert first.serial_number != second.serial_number


def test_a_certificate_of_its_own_key_verifies_with_that_key_only() -> None:
    own = MADE["by its own key"]
    own.verify_directly_issued_by(own)

    # The authority's certificate has the same subject and key, but another issuer and signature.
    with pytest.raises(ValueError, match="Issuer"):
        MADE["by an authority"].verify_directly_issued_by(own)
    other = sign_own("131041-01", ec.generate_private_key(ec.SECP256R1()), Use.TERMINAL)
    with pytest.raises(InvalidSignature):
        own.verify_directly_issued_by(other)
