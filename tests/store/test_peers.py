"""The peer in dated versions."""

from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database
from store.errors import PeerDatesBad, PeerMissing, PeerVersionExists, RowMissing, RowSealBroken
from store.log import Event, Log
from store.peers import PeerDraft, peer_in_force, peer_versions, register
from store.sealing.row_seals import RowSeals

# Midnight in Japan, when the Minister of Justice handed over to the agency.
HANDOVER = datetime(2019, 3, 31, 15, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SEALS = RowSeals(b"k" * 32, "t-131041-01")


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
        before = register(tx, SEALS, draft("法務大臣", datetime(2012, 7, 8, 15, 0, tzinfo=UTC)))
        after = register(tx, SEALS, draft("出入国在留管理庁長官", HANDOVER))
        assert peer_in_force(tx, SEALS, HANDOVER - MOMENT) == before
        assert peer_in_force(tx, SEALS, HANDOVER) == after
        assert peer_versions(tx, SEALS) == [after, before]


def test_nobody_before_the_first_or_after_an_end(database: Database) -> None:
    with database.writing() as tx:
        register(tx, SEALS, draft("相手先", HANDOVER, HANDOVER + timedelta(days=1)))
        assert peer_in_force(tx, SEALS, HANDOVER + timedelta(days=1) - MOMENT).name == "相手先"
        for moment in (HANDOVER - MOMENT, HANDOVER + timedelta(days=1)):
            with pytest.raises(PeerMissing):
                peer_in_force(tx, SEALS, moment)


def test_two_versions_do_not_begin_at_once(database: Database) -> None:
    with database.writing() as tx:
        register(tx, SEALS, draft("一", HANDOVER))
        with pytest.raises(PeerVersionExists):
            register(tx, SEALS, draft("二", HANDOVER))


def test_version_does_not_end_before_it_begins(database: Database) -> None:
    with pytest.raises(PeerDatesBad), database.writing() as tx:
        register(tx, SEALS, draft("一", HANDOVER, HANDOVER))


def test_a_version_that_was_edited_or_taken_away_is_told(database: Database, log: Log) -> None:
    with database.writing() as tx:
        for name, begins in (("一", HANDOVER), ("二", HANDOVER + timedelta(days=1))):
            added = register(tx, SEALS, draft(name, begins))
            detail: dict[str, str | int] = {"peer": "agency", "version": added.id}
            log.append(tx, Event.PEER_REGISTERED, actor=None, session=None, detail=detail)
        tx.exec_driver_sql("DELETE FROM peer_version WHERE id = 2")
        with pytest.raises(RowMissing) as missing:
            peer_in_force(tx, SEALS, HANDOVER)
        assert missing.value.facts == {"table": "peer_version", "row": "2"}
        tx.exec_driver_sql("UPDATE peer_version SET address = '127.0.0.2'")
        with pytest.raises(RowSealBroken):
            peer_versions(tx, SEALS)
