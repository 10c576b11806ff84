"""Sealing at rest: the vault, key files, and where the terminal's key comes from."""
