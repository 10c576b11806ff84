"""The queue, one message, entry and correction."""
