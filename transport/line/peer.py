"""The peer (相手先) as the register has it: where it is reached, for which municipality, and who it is and was."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from transport import wire
from transport.errors import EndpointInvalid, PeerNotInForce
from transport.evidence.envelope import Opener, Purpose, Sealer
from transport.parties.identity import DatedIdentity, Identity, newest_in_force

#: What the peer may send to a terminal.
FROM_PEER: Final = frozenset({Purpose.NOTICE, Purpose.RESULT})


@dataclass(frozen=True, slots=True)
class PeerEndpoint:
    """The peer in force: its name on the wire, address and port, our municipality, and all its dated identities.

    `address` is an IP address: a DNS name would let somebody else decide whom we talk with. `versions` holds past and
    coming identities as well, since receipts verify for ever and keys overlap when they change.
    """

    name: str
    address: str
    port: int
    municipality: str
    versions: tuple[DatedIdentity, ...]

    def __post_init__(self) -> None:
        """Raise EndpointInvalid unless the address is an IP address and everything can travel."""
        try:
            ipaddress.ip_address(self.address)
            wire.whole(self.port, "port", least=1, most=65535)
            wire.name(self.name, "name")
            wire.municipality(self.municipality)
        except ValueError as error:
            raise EndpointInvalid from error

    def in_force(self, at: datetime) -> DatedIdentity:
        """Return the identity to send to at the moment `at`. Raises PeerNotInForce."""
        named = [one for one in self.versions if one.public.name == self.name]
        found = newest_in_force(named, at)
        if found is None:
            raise PeerNotInForce
        return found

    def certificates_in_force(self, at: datetime) -> list[str]:
        """Return the certificates (PEM) that are trusted on the line at the moment `at`. Raises PeerNotInForce."""
        trusted = [one.public.certificate_pem for one in self.versions if one.in_force(at)]
        if not trusted:
            raise PeerNotInForce
        return trusted

    def sealer(self, identity: Identity, at: datetime) -> Sealer:
        """Return what seals messages of the terminal `identity` for the peer in force `at`. Raises PeerNotInForce."""
        now = self.in_force(at)
        return Sealer(identity, now.public, self.municipality, now.version)

    def opener(self, identity: Identity, *, others: Sequence[Identity] = ()) -> Opener:
        """Return what opens the peer's notices and results for the terminal `identity`, and its `others` in time."""
        return Opener(identity, self.versions, self.municipality, FROM_PEER, others)
