"""The dated register of the peer (相手先), and the terminal's own keys for the line."""
