"""The line to the peer: connection, client, and the process that seals and verifies in bulk."""
