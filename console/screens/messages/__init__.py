"""The queue, and one message with what is decided about it."""
