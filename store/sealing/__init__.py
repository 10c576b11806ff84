"""Sealing at rest: the vault, key files, sealed files, and the sources of the terminal's key."""
