"""Entering messages by hand: what people type, and what the form proposes."""
