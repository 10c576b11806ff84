"""The line to the peer: connection, client, answers, and the worker that seals and verifies in bulk."""
