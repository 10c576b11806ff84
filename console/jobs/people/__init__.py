"""Logging on and off, PINs, and the register of people (利用者)."""
