"""Keys over time: the next ones are complete or not there, and take over by themselves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from transport.errors import IdentityDamaged, IdentityExposed, IdentityPending
from transport.parties.authority import Use
from transport.parties.identity import OVERLAP, DatedIdentity, Identity, bounded
from transport.parties.keyring import USED_FROM, KeyRing

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    Identity.create(tmp_path / "keys" / "line", "131041-01", Use.TERMINAL)
    return KeyRing(tmp_path / "keys" / "line")


def test_the_next_generation_takes_over_at_its_moment(ring: KeyRing) -> None:
    first = ring.in_use(NOW).public
    made = ring.prepare(Use.TERMINAL, used_from=NOW + HOUR, now=NOW)

    assert (made.number, made.identity.name) == (2, first.name)
    assert ring.in_use(NOW).public == first
    assert ring.coming(NOW) == made
    assert ring.in_use(NOW + HOUR).public == made.identity.public
    assert ring.coming(NOW + HOUR) is None
    assert [identity.public for identity in ring.identities()] == [first, made.identity.public]
    keys = {
        name for identity in ring.identities() for name in (identity.public.signing_key, identity.public.sealing_key)
    }
    assert len(keys) == 4


def test_another_process_sees_what_was_made(ring: KeyRing, tmp_path: Path) -> None:
    other = KeyRing(tmp_path / "keys" / "line")
    before = other.in_use(NOW).public
    ring.prepare(Use.TERMINAL, used_from=NOW - HOUR, now=NOW - 2 * HOUR)
    assert other.in_use(NOW).public != before


def test_one_generation_waits_at_a_time(ring: KeyRing) -> None:
    ring.prepare(Use.TERMINAL, used_from=NOW + HOUR, now=NOW)
    with pytest.raises(IdentityPending) as caught:
        ring.prepare(Use.TERMINAL, used_from=NOW + 2 * HOUR, now=NOW)
    assert caught.value.facts == {"since": "2026-11-23 08:15Z"}
    assert ring.prepare(Use.TERMINAL, used_from=NOW + 3 * HOUR, now=NOW + 2 * HOUR).number == 3


def test_what_a_crash_left_half_made_is_no_generation(ring: KeyRing, tmp_path: Path) -> None:
    Identity.create(tmp_path / "keys" / ".line.2.0a1b2c3d", "131041-01", Use.TERMINAL)
    (tmp_path / "keys" / "line.bak").mkdir()
    assert len(ring.generations()) == 1
    assert ring.prepare(Use.TERMINAL, used_from=NOW, now=NOW).number == 2


def test_a_failed_making_leaves_nothing(ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("transport.parties.keyring._write_through", fail)
    with pytest.raises(OSError, match="No space"):
        ring.prepare(Use.TERMINAL, used_from=NOW, now=NOW)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["line"]


@pytest.mark.parametrize("content", ["", "tomorrow", "2026-11-23", "2026-11-23T07:15:00Z"])
def test_a_moment_that_is_none_is_damage(ring: KeyRing, tmp_path: Path, content: str) -> None:
    ring.prepare(Use.TERMINAL, used_from=NOW, now=NOW)
    path = tmp_path / "keys" / "line.2" / USED_FROM
    path.chmod(0o600)
    path.write_text(content)
    with pytest.raises(IdentityDamaged) as caught:
        KeyRing(tmp_path / "keys" / "line").in_use(NOW)
    assert caught.value.facts == {"name": "line.2/used_from"}


def test_every_generation_is_kept_from_others(ring: KeyRing, tmp_path: Path) -> None:
    ring.prepare(Use.TERMINAL, used_from=NOW, now=NOW)
    (tmp_path / "keys" / "line.2" / "tls.key").chmod(0o440)
    with pytest.raises(IdentityExposed):
        KeyRing(tmp_path / "keys" / "line").in_use(NOW)


def _dated(identity: Identity, since: datetime, until: datetime | None = None) -> DatedIdentity:
    return DatedIdentity("v", identity.public, since, until)


def test_versions_without_an_end_get_it_from_the_next(ring: KeyRing, tmp_path: Path) -> None:
    own = ring.in_use(NOW)
    other = Identity.create(tmp_path / "other", "131041-02", Use.TERMINAL)
    first, second = _dated(own, NOW), _dated(own, NOW + HOUR)
    third, fourth = _dated(other, NOW + 2 * HOUR), _dated(other, NOW + 3 * HOUR, NOW + 9 * HOUR)

    ends = [item.valid_to for item in bounded([fourth, first, third, second])]

    assert ends == [NOW + 9 * HOUR, NOW + HOUR + OVERLAP, NOW + 3 * HOUR + OVERLAP, NOW + 2 * HOUR]
