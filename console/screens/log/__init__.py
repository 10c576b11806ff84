"""The log's screens."""
