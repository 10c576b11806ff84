"""The peer in dated versions."""

from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database
from store.errors import PeerDatesBad, PeerMissing, PeerVersionExists
from store.peers import PeerDraft, peer_in_force, peer_version, peer_versions, register

# Midnight in Japan, when the Minister of Justice handed over to the agency.
HANDOVER = datetime(2019, 3, 31, 15, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def draft(name: str, valid_from: datetime, valid_to: datetime | None = None) -> PeerDraft:
    return PeerDraft(
        name=name,
        address="127.0.0.1",
        port=8443,
        certificates_pem="-----BEGIN CERTIFICATE-----",
        signing_key=b"s" * 32,
        sealing_key=b"x" * 1216,
        municipality="131041",
        legal_basis="immigration-61-8-2",
        valid_from=valid_from,
        valid_to=valid_to,
    )


def test_next_version_takes_over_by_itself(database: Database) -> None:
    with database.writing() as tx:
        before = register(tx, draft("法務大臣", datetime(2012, 7, 8, 15, 0, tzinfo=UTC)))
        after = register(tx, draft("出入国在留管理庁長官", HANDOVER))
        assert peer_in_force(tx, HANDOVER - MOMENT) == before
        assert peer_in_force(tx, HANDOVER) == after
        assert peer_versions(tx) == [after, before]
        assert peer_version(tx, before.id) == before, "old receipts verify for ever"


def test_nobody_before_the_first_or_after_an_end(database: Database) -> None:
    with database.writing() as tx:
        register(tx, draft("相手先", HANDOVER, HANDOVER + timedelta(days=1)))
        assert peer_in_force(tx, HANDOVER + timedelta(days=1) - MOMENT).name == "相手先"
        for moment in (HANDOVER - MOMENT, HANDOVER + timedelta(days=1)):
            with pytest.raises(PeerMissing):
                peer_in_force(tx, moment)
        with pytest.raises(PeerMissing):
            peer_version(tx, 99)


def test_two_versions_do_not_begin_at_once(database: Database) -> None:
    with database.writing() as tx:
        register(tx, draft("一", HANDOVER))
        with pytest.raises(PeerVersionExists):
            register(tx, draft("二", HANDOVER))


def test_version_does_not_end_before_it_begins(database: Database) -> None:
    with pytest.raises(PeerDatesBad), database.writing() as tx:
        register(tx, draft("一", HANDOVER, HANDOVER))
