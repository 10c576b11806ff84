"""`peer` and `keys`: the dated register of the peer (相手先), and the terminal's own keys for the line."""

from console.commands.group import LazyGroup

peer = LazyGroup(
    "peer", {"show": "console.commands.peers.register:show", "register": "console.commands.peers.register:register"}
)
keys = LazyGroup(
    "keys", {"show": "console.commands.peers.line_keys:show", "renew": "console.commands.peers.line_keys:renew"}
)
