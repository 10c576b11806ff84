"""Logging on, the locked screen, and the choice of a PIN."""
