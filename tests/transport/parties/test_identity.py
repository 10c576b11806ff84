from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from transport import wire
from transport.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    IdentityDamaged,
    IdentityExists,
    IdentityExposed,
    IdentityFault,
    IdentityMismatch,
    IdentityMissing,
)
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import (
    SEALING_COVERED,
    SEALING_SEED,
    SIGNING_KEY,
    TLS_CERTIFICATE,
    TLS_KEY,
    DatedIdentity,
    Identity,
    PublicIdentity,
    newest_in_force,
)
from transport.parties.sealing import PUBLIC_BYTES, NotOpened, seal_for

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FILES = (TLS_KEY, TLS_CERTIFICATE, SIGNING_KEY, SEALING_SEED)


@pytest.fixture
def made(tmp_path: Path) -> Identity:
    return Identity.create(tmp_path / "identity", "131041-01", Use.TERMINAL)


def test_what_was_made_is_loaded_again_and_nobody_else_may_read_it(made: Identity) -> None:
    again = Identity.load(made.directory)

    assert again.public == made.public
    assert made.directory.stat().st_mode & 0o777 == 0o700
    assert {(made.directory / name).stat().st_mode & 0o777 for name in FILES} == {0o400}


def test_the_public_side_survives_being_handed_over(made: Identity) -> None:
    answer = made.public.to_json()

    assert PublicIdentity.from_json(answer) == made.public
    assert "PRIVATE" not in answer
    assert len(made.public.fingerprint) == 64


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name":"a"}', "\ud800"])
def test_what_is_no_public_identity_is_refused(text: str) -> None:
    with pytest.raises(wire.WireError):
        PublicIdentity.from_json(text)


@pytest.mark.parametrize("name", ["", "端末", "a b", "x" * 65, "../a"])
def test_names_that_cannot_travel_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(wire.WireError):
        Identity.create(tmp_path / "identity", name, Use.TERMINAL)
    assert not (tmp_path / "identity").exists()


def test_keys_are_never_written_over(made: Identity) -> None:
    before = (made.directory / SEALING_SEED).read_bytes()
    with pytest.raises(IdentityExists):
        Identity.create(made.directory, "131041-01", Use.TERMINAL)
    assert (made.directory / SEALING_SEED).read_bytes() == before


@pytest.mark.parametrize("name", FILES)
def test_missing_exposed_and_damaged_files_are_told_by_name(made: Identity, name: str) -> None:
    path = made.directory / name
    content = path.read_bytes()
    cases: list[tuple[bytes | None, int, type[IdentityFault]]] = [
        (content, 0o440, IdentityExposed),
        (content, 0o404, IdentityExposed),
        (b"\x00" * 40, 0o400, IdentityDamaged),
        (b"", 0o400, IdentityDamaged),
        (None, 0, IdentityMissing),
    ]
    for written, mode, expected in cases:
        path.unlink(missing_ok=True)
        if written is not None:
            path.write_bytes(written)
            path.chmod(mode)
        with pytest.raises(expected) as caught:
            Identity.load(made.directory)
        assert caught.value.facts == {"name": name}


def test_links_are_not_followed(made: Identity, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    (made.directory / TLS_KEY).rename(moved)
    (made.directory / TLS_KEY).symlink_to(moved)
    with pytest.raises(IdentityDamaged):
        Identity.load(made.directory)


def test_key_and_certificate_of_different_pairs_are_noticed(made: Identity, tmp_path: Path) -> None:
    other = Identity.create(tmp_path / "other", "131041-01", Use.TERMINAL)
    other.certificate_file.replace(made.certificate_file)
    with pytest.raises(IdentityMismatch):
        Identity.load(made.directory)


def test_a_certificate_is_used_within_its_dates_alone(tmp_path: Path) -> None:
    made = Identity.create(tmp_path / "identity", "131041-01", Use.TERMINAL, authority=RehearsalAuthority())
    made.check_dates(datetime.now(UTC))
    with pytest.raises(CertificateExpired):
        made.check_dates(made.certificate_until + timedelta(seconds=1))
    with pytest.raises(CertificateNotYetValid):
        made.check_dates(datetime.now(UTC) - timedelta(days=1))


def test_versions_are_in_force_from_their_first_moment_to_before_their_last(made: Identity) -> None:
    dated = DatedIdentity("1", made.public, NOW, NOW + timedelta(days=1))

    assert not dated.in_force(NOW - timedelta(microseconds=1))
    assert dated.in_force(NOW)
    assert dated.in_force(NOW + timedelta(days=1, microseconds=-1))
    assert not dated.in_force(NOW + timedelta(days=1))


def test_during_an_overlap_the_newer_version_counts(made: Identity) -> None:
    old = DatedIdentity("old", made.public, NOW - timedelta(days=9))
    new = DatedIdentity("new", made.public, NOW)

    assert newest_in_force([new, old], NOW) is new
    assert newest_in_force([new, old], NOW - timedelta(days=1)) is old
    assert newest_in_force([new, old], NOW - timedelta(days=10)) is None


class Covering:
    """A cover that anybody could lift, which is not what is tested here."""

    def close(self, plain: bytes) -> bytes:
        return b"covered" + plain[::-1]

    def open(self, covered: bytes) -> bytes | None:
        return covered.removeprefix(b"covered")[::-1] if covered.startswith(b"covered") else None


def test_a_covered_sealing_key_opens_under_its_cover_alone(tmp_path: Path) -> None:
    made = Identity.create(tmp_path / "covered", "131041-01", Use.TERMINAL, cover=Covering())
    sealed = seal_for(made.public.sealing_key, b"x", b"info")
    assert not (made.directory / SEALING_SEED).exists()
    assert Identity.load(made.directory, Covering()).open(sealed, b"info") == b"x"
    bare = Identity.load(made.directory)
    assert bare.public == made.public
    with pytest.raises(NotOpened):
        bare.open(sealed, b"info")


@pytest.mark.parametrize("change", ["cover", "public", "cut"])
def test_a_covered_sealing_key_that_was_changed_is_found_out(tmp_path: Path, change: str) -> None:
    made = Identity.create(tmp_path / "covered", "131041-01", Use.TERMINAL, cover=Covering())
    other = Identity.create(tmp_path / "other", "131041-01", Use.TERMINAL, cover=Covering())
    file = made.directory / SEALING_COVERED
    good = file.read_bytes()
    changed = {
        "cover": good.replace(b"covered", b"uncover"),
        "public": (other.directory / SEALING_COVERED).read_bytes()[:PUBLIC_BYTES] + good[PUBLIC_BYTES:],
        "cut": good[:-1],
    }
    file.unlink()
    file.write_bytes(changed[change])
    file.chmod(0o400)
    with pytest.raises(IdentityDamaged):
        Identity.load(made.directory, Covering())
