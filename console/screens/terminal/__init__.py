"""The state of the terminal, for whoever keeps it running."""
