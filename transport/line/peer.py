"""The peer (相手先) as registered: its address, our municipality, and its present, former and coming identities."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from transport import wire
from transport.errors import EndpointInvalid, PeerNotInForce
from transport.evidence.envelope import Opener, Purpose, Sealer
from transport.parties.identity import DatedIdentity, Identity, newest_in_force

#: What the peer's feed may bring. An envelope of any other purpose is refused unopened.
FROM_PEER: Final = frozenset({Purpose.NOTICE, Purpose.RESULT})


@dataclass(frozen=True, slots=True)
class PeerEndpoint:
    """The peer in force: its name on the wire, address and port, our municipality, and all its dated identities.

    `address` is an IP address: a DNS name would let somebody else decide whom we talk with. `versions` also holds past
    and coming identities, since receipts verify for ever and keys overlap when they change.
    """

    name: str
    address: str
    port: int
    municipality: str
    versions: tuple[DatedIdentity, ...]

    def __post_init__(self) -> None:
        """Raise EndpointInvalid unless the address is an IP address and all values fit the wire."""
        try:
            wire.address(self.address)
            wire.whole(self.port, "port", least=1, most=65535)
            wire.name(self.name, "name")
            wire.municipality(self.municipality)
        except ValueError as error:
            raise EndpointInvalid from error

    def in_force(self, at: datetime) -> DatedIdentity:
        """Return the identity to send to at the moment `at`. Raises PeerNotInForce."""
        # Only versions of the name that the greeting has to show: the peer would refuse an envelope for another name.
        named = [version for version in self.versions if version.public.name == self.name]
        newest = newest_in_force(named, at)
        if newest is None:
            raise PeerNotInForce
        return newest

    def certificates_in_force(self, at: datetime) -> list[str]:
        """Return the certificates (PEM) that are trusted on the line at the moment `at`. Raises PeerNotInForce."""
        # All of them, not only the newest: the peer chooses when it begins to use its next keys (PROTOCOL.md, 2).
        trusted = [version.public.certificate_pem for version in self.versions if version.in_force(at)]
        if not trusted:
            raise PeerNotInForce
        return trusted

    def sealer(self, identity: Identity, at: datetime) -> Sealer:
        """Return a sealer of the terminal `identity` for the peer in force at `at`. Raises PeerNotInForce."""
        version = self.in_force(at)
        return Sealer(identity, version.public, self.municipality, version.version)

    def opener(
        self, identity: Identity, *, others: Sequence[Identity] = (), purposes: Collection[Purpose] = FROM_PEER
    ) -> Opener:
        """Return an opener of what the peer sends to the terminal `identity`: items of its feed, or other `purposes`.

        `others` are former and coming identities of the terminal: what was sealed to them opens as well.
        """
        return Opener(identity, self.versions, self.municipality, purposes, others)
