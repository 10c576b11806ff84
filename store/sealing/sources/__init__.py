"""The sources of the terminal's key (setting `keys.source`): a file, a credential of systemd, or two persons.

KeySource              what the vault needs from any of them
├── KeyFile            a file in the terminal's own directory (`home`)
│   └── KeyElsewhere   a file anywhere outside the database's directory (`file`)
├── Credential         handed to the service by systemd (`credential`)
└── Passphrase         wrapped under two parts, each known to one person (`passphrase`)
"""

from store.sealing.sources.parts import PassphraseParts
from store.sealing.sources.source import KEY_BYTES, Keys, KeySource

__all__ = ["KEY_BYTES", "KeySource", "Keys", "PassphraseParts"]
